"""A look-alike among the days of a living bank, with as much of its history as those days hold.

Who takes part is known to the bank as well or as badly as anybody, and uses the machines that there are. How often each pattern
comes is invented; source: ours.
"""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Final

from models.records import Terminal
from models.units import instant
from stream.simulator.cast import Account
from stream.simulator.lookalikes import LOOKALIKES
from stream.simulator.plan import DAY_US, Happening, Move, Step
from stream.simulator.scene import Scene
from stream.simulator.town import Town

PER_10K_ACCOUNTS_AND_30_DAYS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "N1": 3,
        "N2": 6,
        "N3": 2,
        "N4": 4,
        "N5": 3,
        "N6": 1.5,
        "N7": 1.5,
        "N8": 10,
        "N9": 6,
        "N10": 8,
        "N11": 20,
        "N12": 4,
        "N13": 4,
        "N14": 10,
        "N15": 6,
        "N16": 5,
        "N17": 2,
        "N18": 10,
        "N19": 1.5,
        "N20": 4,
    }
)
"""Look-alike -> scenes beside those that daily life brings of itself."""


class TownScene(Scene):
    """A scene whose day is one of a town's."""

    def __init__(self, name: str, rng: Random, town: Town, number: int, from_us: int) -> None:
        """number: of the day on which it happens. Writes the scene at once; `steps` holds what of it lies from `from_us` on."""
        self.rng = rng
        self.cast = town.cast
        self.day_us = town.calendar.day(number).start_us
        self.steps = []
        self._machines = town.people.machines[2:]
        LOOKALIKES[name](self)
        later = [step for step in self.steps if step.at_us >= from_us]
        self.steps = self._known(from_us) + later

    def _known(self, from_us: int) -> list[Step]:
        """Return for each pair that dealt before `from_us` and will again the last such payment, moved between the two.

        So a short past still knows who has long paid whom, though not how long.
        """
        before: dict[tuple[Account | None, Account | None], Move] = {}
        after: dict[tuple[Account | None, Account | None], int] = {}
        for step in sorted(self.steps, key=lambda step: step.at_us):
            if isinstance(step, Move):
                pair = step.payer, step.payee
                if step.at_us < from_us:
                    before[pair] = step
                else:
                    after.setdefault(pair, step.at_us)
        for pair, step in before.items():
            if pair in after:
                step.at_us = from_us + int((after[pair] - from_us) * self.rng.uniform(0.05, 0.8)) // 1_000 * 1_000
                step.reversed_after_us = None
        return [step for pair, step in before.items() if after.get(pair, 0) - from_us > DAY_US]

    def machine(self) -> Terminal:
        """Return one of the bank's machines."""
        return self.rng.choice(self._machines)

    def person(self, age: int | None = None, yuan: int | None = None, region: str | None = None) -> Account:
        """Return a customer with a long-held account and a machine near home."""
        found = self.cast.person(age=age, account_age_d=(400, 6_000), opening_yuan=yuan, region=region)
        found.machines = [self.machine()]
        return found

    def case(self, case: str, name: str) -> dict[str, Any]:
        """Return what the file of cases says of the scene."""
        accounts = dict.fromkeys(account.account for step in self.steps for account in _accounts(step))
        today = [step.at_us for step in self.steps if step.at_us >= self.day_us]
        return {
            "case": case,
            "kind": "LOOKALIKE",
            "lookalike": name,
            "starts_at": instant(min(today, default=self.day_us)),
            "accounts": list(accounts),
        }


def _accounts(step: Step) -> list[Account]:
    if isinstance(step, Move):
        return [account for account in (step.payer, step.payee) if account is not None]
    return [step.account] if isinstance(step, Happening) else []
