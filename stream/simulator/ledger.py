"""Lets plans happen in the order of time and keeps every balance right.

Only an APPROVED move changes balances, a REVERSED one gives the whole sum back, nobody's balance falls below zero: who has too
little is declined. Each record carries the balance of the moment. Fields a bank does not always send are left out at the shares
below; a move of a fraud keeps its balances, so that what a story claims can be checked. Source of all figures: ours.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from models.records import AccountEvent, Party, Session, Status, Transaction
from models.units import instant
from stream.simulator.cast import Account
from stream.simulator.plan import DAY_US, SECOND_US, Happening, Move, Plot, Step, between

ATM_DAY_CAP_MINOR: Final = 2_000_000
"""Cash per account and local day. Source: China policy pack, 20,000 yuan."""
CURRENCY: Final = "CNY"

_PAYER_BALANCE_SENT = 0.97
_PAYEE_BALANCE_SENT = 0.80
_SESSION_SENT = 0.95
_OTP_SENT = 0.6
_CALL_SENT = 0.3
_REMOTE_SENT = 0.15
_NAME_MATCH_SENT = 0.7
_GIVES_UP_SHARE = 0.5
"""Of those who have too little: share that knows it and does not try."""


@dataclass(slots=True, eq=False)
class Booked:
    """One record with the moment it stands for, and the fraud it is part of, if any."""

    at_us: int
    record: Transaction | AccountEvent
    move: Move | None = None

    @property
    def plot(self) -> Plot | None:
        """Return the planted fraud this record belongs to."""
        return self.move.plot if self.move is not None else None


@dataclass(slots=True, eq=False)
class _Due:
    """What the heap orders: a step, and for an answer or a reversal the sum and the event it refers to."""

    step: Step
    status: Status = "APPROVED"
    amount_minor: int | None = None
    original: str | None = None


class Ledger:
    """Balances, and the records of all that was done."""

    def __init__(self, rng: Random, day_zero_us: int, prefix: str) -> None:
        """day_zero_us: some local midnight, for daily caps. prefix: what every event id begins with."""
        self._rng = rng
        self._day_zero_us = day_zero_us
        self._prefix = prefix
        self._balances: dict[Account, int] = {}
        self._cash: dict[tuple[Account, int], int] = {}
        self._heap: list[tuple[int, int, _Due]] = []
        self._sequence = 0
        self._booked: list[Booked] = []

    def run(self, steps: Iterable[Step]) -> list[Booked]:
        """Return the records of all steps in the order of event time."""
        for step in steps:
            self._push(step.at_us, _Due(step))
        while self._heap:
            at_us, _, due = heapq.heappop(self._heap)
            if isinstance(due.step, Happening):
                self._happen(at_us, due.step)
            elif due.status == "REVERSED":
                self._reverse(at_us, due.step, due)
            elif due.step.asked and due.original is None:
                self._ask(at_us, due.step)
            else:
                self._answer(at_us, due.step, due)
        return self._booked

    def balance_minor(self, account: Account) -> int:
        """Return what an own account holds now."""
        return self._balances.get(account, account.opening_minor)

    def _push(self, at_us: int, due: _Due) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (at_us, self._sequence, due))

    def _book(self, at_us: int, record: Transaction | AccountEvent, move: Move | None = None) -> None:
        self._booked.append(Booked(at_us, record, move))

    def _next_id(self) -> str:
        return f"{self._prefix}{len(self._booked):07d}"

    def _happen(self, at_us: int, step: Happening) -> None:
        account = step.account
        self._book(
            at_us,
            AccountEvent(
                event_id=self._next_id(),
                event_time=instant(at_us),
                account=account.account,
                type=step.type,
                customer=account.party().customer,
                device=step.device or account.device_at(at_us),
                ip=account.ip if self._rng.random() < 0.8 else None,
                payee_account=step.payee.account if step.payee is not None else None,
                region=step.region or account.party().region,
            ),
        )

    def _wanted(self, move: Move) -> int | None:
        if move.share is None or move.payer is None:
            return move.amount_minor
        part = int(self.balance_minor(move.payer) * move.share) // move.step_minor * move.step_minor
        return part if part >= move.floor_minor else None

    def _ask(self, at_us: int, move: Move) -> None:
        wanted = self._wanted(move)
        if wanted is None:
            return
        event_id = self._next_id()
        self._book(at_us, self._record(event_id, at_us, move, "REQUESTED", wanted), move)
        self._push(at_us + between(self._rng, 2, 9), _Due(move, amount_minor=wanted, original=event_id))

    def _answer(self, at_us: int, move: Move, due: _Due) -> None:
        wanted = due.amount_minor if due.amount_minor is not None else self._wanted(move)
        if wanted is None:
            return
        status: Status = "DECLINED" if move.refused or not self._affordable(at_us, move, wanted) else "APPROVED"
        if status == "DECLINED" and not move.refused and due.original is None and self._rng.random() < _GIVES_UP_SHARE:
            return
        if status == "APPROVED":
            self._transfer(at_us, move, wanted)
        event_id = self._next_id()
        self._book(at_us, self._record(event_id, at_us, move, status, wanted, due.original), move)
        if status == "APPROVED" and move.reversed_after_us is not None:
            self._push(at_us + move.reversed_after_us, _Due(move, "REVERSED", wanted, event_id))

    def _reverse(self, at_us: int, move: Move, due: _Due) -> None:
        payer, payee, given = move.payer, move.payee, due.amount_minor or 0
        if payee is not None and payee.on_us and self.balance_minor(payee) < given:
            return
        self._add(payee, -given)
        self._add(payer, given)
        self._book(at_us, self._record(self._next_id(), at_us, move, "REVERSED", given, due.original), move)

    def _cash_key(self, at_us: int, account: Account) -> tuple[Account, int]:
        return account, (at_us - self._day_zero_us) // DAY_US

    def _affordable(self, at_us: int, move: Move, wanted: int) -> bool:
        payer = move.payer
        if payer is None or not payer.on_us:
            return True
        if move.kind == "CASH_WITHDRAWAL" and move.channel == "ATM":
            drawn = self._cash.get(self._cash_key(at_us, payer), 0)
            if drawn + wanted > ATM_DAY_CAP_MINOR:
                return False
        return self.balance_minor(payer) >= wanted

    def _transfer(self, at_us: int, move: Move, moved: int) -> None:
        self._add(move.payer, -moved)
        self._add(move.payee, moved)
        if move.kind == "CASH_WITHDRAWAL" and move.channel == "ATM" and move.payer is not None:
            key = self._cash_key(at_us, move.payer)
            self._cash[key] = self._cash.get(key, 0) + moved

    def _add(self, account: Account | None, change: int) -> None:
        if account is not None and account.on_us:
            self._balances[account] = self.balance_minor(account) + change

    def _record(
        self, event_id: str, at_us: int, move: Move, status: Status, moved: int, original: str | None = None
    ) -> Transaction:
        payer, payee = move.payer, move.payee
        settled = status in ("APPROVED", "REVERSED")
        return Transaction(
            event_id=event_id,
            event_time=instant(at_us),
            kind=move.kind,
            status=status,
            channel=move.channel,
            amount_minor=moved,
            currency=CURRENCY,
            payer=self._party(payer, move, settled, _PAYER_BALANCE_SENT) if payer is not None else None,
            payee=self._party(payee, move, settled, _PAYEE_BALANCE_SENT) if payee is not None else None,
            card=_card(move),
            terminal=move.terminal,
            session=self._session(at_us, move),
            purpose=move.purpose,
            arrival_mode=move.arrival_mode,
            original_event_id=original,
        )

    def _party(self, account: Account, move: Move, settled: bool, sent_share: float) -> Party:
        party = account.party()
        balance, name_match = None, None
        if account.on_us and settled and (move.plot is not None or self._rng.random() < sent_share):
            balance = self.balance_minor(account)
        if account is move.payee and move.kind == "TRANSFER" and move.channel != "BATCH":
            name_match = move.name_match or ("MATCH" if self._rng.random() < _NAME_MATCH_SENT else None)
        if balance is None and name_match is None:
            return party
        return Party(
            account=party.account,
            bank=party.bank,
            on_us=party.on_us,
            type=party.type,
            customer=party.customer,
            holder_age=party.holder_age,
            opened_on=party.opened_on,
            region=party.region,
            cohort=party.cohort,
            balance_after_minor=balance,
            name_match=name_match,
        )

    def _session(self, at_us: int, move: Move) -> Session | None:
        rng, payer = self._rng, move.payer
        if move.channel not in ("MOBILE", "WEB") or payer is None or not payer.on_us:
            return None
        if move.plot is None and rng.random() >= _SESSION_SENT:
            return None
        otp_count, call_active, remote_access = move.otp_count, move.call_active, move.remote_access
        if otp_count is None and rng.random() < _OTP_SENT:
            otp_count = rng.choices((0, 1, 2), (30, 68, 2))[0]
        if call_active is None and rng.random() < _CALL_SENT:
            call_active = rng.random() < 0.02
        if remote_access is None and rng.random() < _REMOTE_SENT:
            remote_access = False
        return Session(
            id=f"n-{at_us // SECOND_US % 100_000_000:08d}{rng.randrange(1000):03d}",
            device=move.device or payer.device_at(at_us),
            ip=payer.ip if rng.random() < 0.9 else None,
            otp_count_10m=otp_count,
            call_active=call_active,
            remote_access=remote_access,
        )


def _card(move: Move) -> str | None:
    """Return the card used: the payer's at a machine or till, the depositor's at a machine."""
    if move.channel not in ("ATM", "POS"):
        return None
    holder = move.payer or move.payee
    return holder.card if holder is not None else None
