"""The small world of one look-alike: a few accounts, a few dates, and the records that come of them."""

from datetime import datetime, timedelta, timezone
from random import Random
from typing import Final

from models.records import AccountEvent, AccountEventType, ArrivalMode, Channel, Terminal, Transaction
from models.units import time_us
from stream.simulator.cast import YUAN, Account, Cast
from stream.simulator.ledger import Ledger
from stream.simulator.plan import DAY_US, Happening, Move, Step, between

DEFAULT_DAY: Final = datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=8)))
"""The day on which the look-alikes happen unless told otherwise: a Monday in China's zone."""


class Scene:
    """A look-alike being written; `records` is the result. Days count back from the day of the scene, 0 = that day."""

    def __init__(self, name: str, seed: int, start: datetime) -> None:
        """name and seed decide all chance. start: with offset; its local midnight begins the day."""
        self.rng = Random(f"{name}:{seed}")
        self.cast = Cast(self.rng, start.date())
        self.day_us = time_us(start.replace(hour=0, minute=0, second=0, microsecond=0))
        self._prefix = f"{name}-{seed}-"
        self.steps: list[Step] = []

    def records(self) -> list[Transaction | AccountEvent]:
        """Return all records in the order of event time."""
        ledger = Ledger(self.rng, self.day_us, self._prefix)
        ledger.plan(self.steps)
        return [entry.record for entry in ledger.run()]  # type: ignore[misc] # a scene has no notices

    def at(self, days_ago: int, hour: float, spread_min: float = 20.0) -> int:
        """Return a moment of a local day, up to `spread_min` minutes after the hour (9.5 = half past nine)."""
        return self.day_us - days_ago * DAY_US + int(hour * 3600) * 1_000_000 + between(self.rng, 0, spread_min * 60)

    def months(self, count: int) -> list[int]:
        """Return the distances of the same day in so many months, the earliest first and this month's (0) last."""
        return [30 * ago for ago in range(count - 1, -1, -1)]

    def person(self, age: int | None = None, yuan: int | None = None, region: str | None = None) -> Account:
        """Return a customer of whom the bank sends every fact, with a long-held account and a machine near home."""
        found = self.cast.person(age=age, account_age_d=(800, 6_000), opening_yuan=yuan, region=region, complete=True)
        found.machines = [self.machine()]
        return found

    def machine(self) -> Terminal:
        """Return a cash machine."""
        return self.cast.machine()

    def persons(self, count: int, yuan: int = 20_000) -> list[Account]:
        """Return so many customers with some money."""
        return [self.person(yuan=self.rng.randint(yuan // 2, yuan * 2)) for _ in range(count)]

    def staff(self, employer: Account, count: int) -> list[Account]:
        """Return people employed by a firm."""
        employer.cohort = f"e-{employer.account[2:]}"
        found = self.persons(count, 6_000)
        for worker in found:
            worker.cohort = employer.cohort
        return found

    def pay(
        self,
        at_us: int,
        payer: Account,
        payee: Account,
        yuan: float = 0.0,
        *,
        share: float | None = None,
        channel: Channel = "MOBILE",
        purpose: str | None = None,
        reversed_after_us: int | None = None,
        arrival_mode: ArrivalMode = "REALTIME",
    ) -> None:
        """Add a transfer of so many yuan, or of a share of the payer's money in whole yuan."""
        move = Move(at_us, "TRANSFER", channel, payer, payee, round(yuan * YUAN), share, YUAN)
        move.purpose, move.arrival_mode, move.reversed_after_us = purpose, arrival_mode, reversed_after_us
        self.steps.append(move)

    def buy(self, at_us: int, payer: Account, shop: Account, yuan: float, *, refunded_after_us: int | None = None) -> None:
        """Add a purchase by telephone, paid back after a while if so asked."""
        move = Move(at_us, "PURCHASE", "MOBILE", payer, shop, round(yuan * YUAN))
        move.reversed_after_us = refunded_after_us
        self.steps.append(move)

    def draw(self, at_us: int, holder: Account, machine: Terminal, yuan: int) -> None:
        """Add cash drawn at a machine."""
        self.steps.append(Move(at_us, "CASH_WITHDRAWAL", "ATM", holder, None, yuan * YUAN, terminal=machine))

    def pay_in(self, at_us: int, holder: Account, machine: Terminal, yuan: int) -> None:
        """Add cash paid in at a machine."""
        self.steps.append(Move(at_us, "CASH_DEPOSIT", "ATM", None, holder, yuan * YUAN, terminal=machine))

    def happen(self, at_us: int, account: Account, type_: AccountEventType, payee: Account | None = None) -> None:
        """Add something done to an account without money."""
        self.steps.append(Happening(at_us, account, type_, payee))
