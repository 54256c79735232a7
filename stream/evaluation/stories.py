"""The planted stories of a simulated bank, `cases.jsonl`: what truly happened, fraud or look-alike."""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from connectors.table_files import ReplayFileError
from models.units import time_us

TAIL_US = 24 * 3_600 * 1_000_000
"""How long after its last movement an alert still belongs to a story. Source: ours; most windows are at most a day."""
LEAD_US = 12 * 3_600 * 1_000_000
"""How long before its first booked payment an alert may be about a story: devices are bound the night before. Source: ours."""


class EvaluationError(ReplayFileError):
    """What should be evaluated cannot be read; the text names the file and what to do."""


class Mule(msgspec.Struct, frozen=True):
    """An account that took stolen money. hop 1: paid by the victim."""

    account: str
    hop: int = 1
    on_us: bool = True


class Theft(msgspec.Struct, frozen=True):
    """A payment by which a victim lost money; no payee: cash handed over."""

    event_id: str
    payer_account: str
    amount_minor: int
    booked_at: datetime
    payee_account: str | None = None


class Move(msgspec.Struct, frozen=True):
    """What a mule did with the money. leaves: "CASH", "OFF_US", or "" while it stays within reach."""

    event_id: str
    payer_account: str
    amount_minor: int
    booked_at: datetime
    payee_account: str | None = None
    hop: int = 1
    leaves: str = ""


class PlantedStory(msgspec.Struct, frozen=True):
    """One line of `cases.jsonl`."""

    case: str
    kind: Literal["FRAUD", "LOOKALIKE"]
    starts_at: datetime
    typology: str = ""
    typologies: tuple[str, ...] = ()
    lookalike: str = ""
    is_hard: bool = False
    victims: tuple[str, ...] = ()
    mules: tuple[Mule, ...] = ()
    terminals: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    thefts: tuple[Theft, ...] = ()
    moves: tuple[Move, ...] = ()
    stolen_minor: int = 0
    currency: str = ""
    cash_out_complete_at: datetime | None = None
    reported_at: datetime | None = None

    @property
    def is_fraud(self) -> bool:
        """Return whether it is a crime, not a look-alike."""
        return self.kind == "FRAUD"

    @property
    def starts_us(self) -> int:
        """Return when it begins."""
        return time_us(self.starts_at)

    @property
    def gone_us(self) -> int | None:
        """Return when the last reachable part left the bank; None: some stayed."""
        return None if self.cash_out_complete_at is None else time_us(self.cash_out_complete_at)

    @property
    def ends_us(self) -> int:
        """Return until when an alert about its people is about this story: a day after the last that happened."""
        told = [at for at in (self.cash_out_complete_at, self.reported_at, self.starts_at) if at is not None]
        return TAIL_US + max(map(time_us, (*told, *(move.booked_at for move in self.movements))))

    @property
    def movements(self) -> "tuple[Theft | Move, ...]":
        """Return every payment of the story, thefts first."""
        return (*self.thefts, *self.moves)

    @property
    def subjects(self) -> frozenset[tuple[str, str]]:
        """Return (kind, id) of everyone and every machine an alert may rightly name; of a look-alike, whom it would wrong."""
        accounts = (*self.victims, *self.accounts, *(mule.account for mule in self.mules))
        pairs = {("ACCOUNT", account) for account in accounts}
        pairs |= {("TERMINAL", terminal) for terminal in self.terminals}
        return frozenset(pairs | {("DEVICE", device) for device in self.devices})

    def departures(self) -> list[tuple[int, int]]:
        """Return (moment, amount) of what went out of reach: cash and other banks, the victim's own hand included.

        A theft without payee, or to an account elsewhere, is gone when it is booked, unless a move says the same.
        """
        elsewhere = {mule.account for mule in self.mules if not mule.on_us}
        moved = {move.event_id for move in self.moves}
        gone = [(time_us(move.booked_at), move.amount_minor) for move in self.moves if move.leaves]
        for theft in self.thefts:
            is_gone = theft.payee_account is None or theft.payee_account in elsewhere
            if is_gone and theft.event_id not in moved:
                gone.append((time_us(theft.booked_at), theft.amount_minor))
        return sorted(gone)

    def reachable_minor(self, at_us: int) -> int:
        """Return how much of the stolen sum could still be stopped just after a moment; what is not yet stolen could be."""
        gone_minor = sum(amount for left_us, amount in self.departures() if left_us <= at_us)
        return max(0, self.stolen_minor - gone_minor)

    def first_credit_us(self) -> int | None:
        """Return when a mule was first credited; None: no account took the money."""
        credits = [time_us(theft.booked_at) for theft in self.thefts if theft.payee_account is not None]
        return min(credits, default=None)


_decode = msgspec.json.Decoder(PlantedStory).decode


def read_stories(path: Path) -> list[PlantedStory]:
    """Return the stories in the order of the file.

    Errors: EvaluationError naming the line.
    """
    stories: list[PlantedStory] = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    stories.append(_decode(line))
                except msgspec.MsgspecError as error:
                    raise EvaluationError(f"{path.name}: line {number} is no planted story: {error}") from error
    twice = {story.case for story in stories}
    if len(twice) != len(stories):
        raise EvaluationError(f"{path.name}: a case is named twice")
    return stories
