"""What was planted, told afterwards: labels, and stories with their sums."""

from collections.abc import Iterable
from dataclasses import dataclass

from stream.simulator.booked import Booked
from stream.simulator.cases import OpenCase


@dataclass(frozen=True, slots=True)
class Label:
    """One row of a label file. label: 1 = part of a fraud; case and typology only then."""

    event_id: str
    label: int
    case: str | None = None
    typology: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of a story that moved. payer None: never; payee None: cash."""

    at_us: int
    event_id: str
    payer: str
    payee: str | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Story:
    """One planted fraud.

    mules: accounts at this bank that took the money; elsewhere: such accounts at other banks. stolen_minor: what the victims
    paid. first_credit_us: when a mule was first credited. reported_us: when the police or the bank is told, None = never.
    """

    story: str
    typology: str
    victims: tuple[str, ...]
    mules: tuple[str, ...]
    elsewhere: tuple[str, ...]
    terminals: tuple[str, ...]
    stolen_minor: int
    first_credit_us: int
    reported_us: int | None
    movements: tuple[Movement, ...]

    def left_minor(self, at_us: int) -> int:
        """Return how much of the stolen money still lies on mule accounts of this bank just after a moment.

        Counts what the story moved into them less what it moved out, never below zero: a mule may add a little of its own.
        """
        mules, left = set(self.mules), 0
        for movement in self.movements:
            if movement.at_us <= at_us:
                left += movement.amount_minor if movement.payee in mules else 0
                left -= movement.amount_minor if movement.payer in mules else 0
        return max(0, left)


def label_of(booked: Booked) -> Label:
    """Return the label of a transaction."""
    plot = booked.plot
    if booked.move is None or plot is None:
        return Label(booked.event_id, 0)
    return Label(booked.event_id, 1, plot.story, booked.move.typology)


def labels_of(booked: Iterable[Booked]) -> tuple[Label, ...]:
    """Return one label for each transaction, in the order of event time."""
    return tuple(label_of(entry) for entry in booked if entry.move is not None)


def story_of(case: OpenCase) -> Story:
    """Return what became of a plot."""
    plot, thefts = case.plot, case.thefts
    credited = {entry.move.payee for entry in case.booked if entry.move is not None and entry.move.payee is not None}
    return Story(
        story=plot.story,
        typology=plot.typology,
        victims=tuple(account.account for account in plot.victims),
        mules=tuple(account.account for account in plot.mules if account.on_us and account in credited),
        elsewhere=tuple(account.account for account in plot.mules if not account.on_us and account in credited),
        terminals=tuple(machine.id for machine in plot.terminals),
        stolen_minor=sum(entry.amount_minor for entry in thefts),
        first_credit_us=min(entry.at_us for entry in thefts),
        reported_us=case.reported_us,
        movements=tuple(_movement(entry) for entry in case.booked),
    )


def _movement(entry: Booked) -> Movement:
    payer = entry.move.payer if entry.move is not None else None
    payee = entry.move.payee if entry.move is not None else None
    payer_account = payer.account if payer is not None else ""
    return Movement(entry.at_us, entry.event_id, payer_account, payee.account if payee is not None else None, entry.amount_minor)
