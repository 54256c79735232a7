"""Lets plans happen in the order of time and keeps every balance right.

Only an APPROVED move changes balances, a REVERSED one gives the whole sum back, nobody's balance falls below zero: who has too
little is declined, unless the move is forced. Each record carries the balance of the moment. Balances lie on the accounts and
steps not yet due in a heap, so what is kept does not grow with the days. Source of all figures: ours.
"""

import heapq
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from connectors.contract_json import encode
from models.records import AccountEvent, Status
from models.units import instant
from stream.simulator.booked import Booked
from stream.simulator.cast import Account
from stream.simulator.plan import DAY_US, SECOND_US, Happening, Move, Notice, Plot, Step, between
from stream.simulator.record_text import TerminalTexts, TimeText, party_text, session_text

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
_GIVES_UP_SHARE = 0.75
"""Of those who have too little: share that knows it and does not try."""

_Due = tuple[int, int, Step, Status, int | None, str | None]
"""What the heap orders: time, sequence, step; for an answer or a reversal its status, the sum and the event it refers to."""


class Ledger:
    """Balances, and the records of all that was done."""

    def __init__(self, rng: Random, day_zero_us: int, prefix: str, *, tells_all: bool = True) -> None:
        """day_zero_us: some local midnight, for daily caps. prefix: what every event id begins with.

        tells_all: moves of a fraud carry every fact their story claims; otherwise a bank sends them as seldom as of any move.
        """
        self._rng = rng
        self._day_zero_us = day_zero_us
        self._prefix = prefix
        self._tells_all = tells_all
        self._heap: list[_Due] = []
        self._sequence = 0
        self._count = 0
        self._now_us = 0
        self._time = TimeText()
        self._terminal = TerminalTexts()
        self.ended: list[Plot] = []

    @property
    def waiting(self) -> int:
        """Return how many steps are not yet due."""
        return len(self._heap)

    def plan(self, steps: Iterable[Step]) -> None:
        """Add steps; one that lies before what was already carried out happens at once."""
        for step in steps:
            self._push(max(step.at_us, self._now_us), step)

    def run(self, until_us: int | None = None) -> Iterator[Booked]:
        """Yield the records of all steps before a moment (None: of all there are) in the order of event time.

        Plots of which nothing is left to do are added to `ended`.
        """
        heap = self._heap
        while heap and (until_us is None or heap[0][0] < until_us):
            at_us, _, step, status, amount_minor, original = heapq.heappop(heap)
            self._now_us = at_us
            if isinstance(step, Move):
                if status == "REVERSED":
                    booked = self._reverse(at_us, step, amount_minor or 0, original or "")
                elif step.asked and original is None:
                    booked = self._ask(at_us, step)
                else:
                    booked = self._answer(at_us, step, amount_minor, original)
            elif isinstance(step, Happening):
                booked = self._happen(at_us, step)
            else:
                booked = self._say(at_us, step)
            if booked is not None:
                yield booked
            if not isinstance(step, Happening) and step.plot is not None:
                step.plot.pending -= 1
                if step.plot.pending == 0:
                    self.ended.append(step.plot)

    def _push(
        self, at_us: int, step: Step, status: Status = "APPROVED", amount_minor: int | None = None, original: str | None = None
    ) -> None:
        if not isinstance(step, Happening) and step.plot is not None:
            step.plot.pending += 1
        self._sequence += 1
        heapq.heappush(self._heap, (at_us, self._sequence, step, status, amount_minor, original))

    def _next_id(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count:07d}"

    def _say(self, at_us: int, notice: Notice) -> Booked | None:
        record = notice.make(at_us)
        return None if record is None else Booked(at_us, notice.topic, "", encode(record).decode())

    def _happen(self, at_us: int, step: Happening) -> Booked:
        account, event_id = step.account, self._next_id()
        party = account.party()
        record = AccountEvent(
            event_id=event_id,
            event_time=instant(at_us),
            account=account.account,
            type=step.type,
            customer=party.customer,
            device=step.device or account.device_at(at_us),
            ip=account.ip if self._rng.random() < 0.8 else None,
            payee_account=step.payee.account if step.payee is not None else None,
            region=step.region or party.region,
        )
        return Booked(at_us, "account-events", event_id, encode(record).decode())

    def _wanted(self, move: Move) -> int | None:
        if move.share is None or move.payer is None:
            return move.amount_minor
        part = int(move.payer.balance_minor * move.share) // move.step_minor * move.step_minor
        return part if part >= move.floor_minor else None

    def _ask(self, at_us: int, move: Move) -> Booked | None:
        wanted = self._wanted(move)
        if wanted is None:
            return None
        event_id = self._next_id()
        self._push(at_us + between(self._rng, 2, 9), move, "APPROVED", wanted, event_id)
        return self._booked(event_id, at_us, move, "REQUESTED", wanted)

    def _answer(self, at_us: int, move: Move, asked_minor: int | None, original: str | None) -> Booked | None:
        wanted = asked_minor if asked_minor is not None else self._wanted(move)
        if wanted is None:
            return None
        status: Status = "DECLINED" if move.refused or not self._affordable(at_us, move, wanted) else "APPROVED"
        if status == "DECLINED" and not move.refused and original is None and self._rng.random() < _GIVES_UP_SHARE:
            return None
        event_id = self._next_id()
        if status == "APPROVED":
            self._transfer(at_us, move, wanted)
            if move.reversed_after_us is not None:
                self._push(at_us + move.reversed_after_us, move, "REVERSED", wanted, event_id)
        return self._booked(event_id, at_us, move, status, wanted, original)

    def _reverse(self, at_us: int, move: Move, given: int, original: str) -> Booked | None:
        payer, payee = move.payer, move.payee
        if payee is not None and payee.on_us and payee.balance_minor < given:
            return None
        if payee is not None and payee.on_us:
            payee.balance_minor -= given
        if payer is not None and payer.on_us:
            payer.balance_minor += given
        return self._booked(self._next_id(), at_us, move, "REVERSED", given, original)

    def _affordable(self, at_us: int, move: Move, wanted: int) -> bool:
        payer = move.payer
        if payer is None or not payer.on_us or move.forced:
            return True
        if move.kind == "CASH_WITHDRAWAL" and move.channel == "ATM":
            drawn = payer.cash_drawn_minor if payer.cash_day == self._day_of(at_us) else 0
            if drawn + wanted > ATM_DAY_CAP_MINOR:
                return False
        return payer.balance_minor >= wanted

    def _day_of(self, at_us: int) -> int:
        return (at_us - self._day_zero_us) // DAY_US

    def _transfer(self, at_us: int, move: Move, moved: int) -> None:
        payer, payee = move.payer, move.payee
        if payer is not None and payer.on_us:
            payer.balance_minor -= moved
            if move.kind == "CASH_WITHDRAWAL" and move.channel == "ATM":
                day = self._day_of(at_us)
                payer.cash_drawn_minor = moved + (payer.cash_drawn_minor if payer.cash_day == day else 0)
                payer.cash_day = day
        if payee is not None and payee.on_us:
            payee.balance_minor += moved

    def _booked(self, event_id: str, at_us: int, move: Move, status: Status, moved: int, original: str | None = None) -> Booked:
        """Return the record of a move, its members in the order the contract declares them."""
        settled = status in ("APPROVED", "REVERSED")
        text = (
            f'{{"event_id":"{event_id}","event_time":"{self._time(at_us)}","kind":"{move.kind}","status":"{status}",'
            f'"channel":"{move.channel}","amount_minor":{moved},"currency":"{CURRENCY}"'
        )
        if move.payer is not None:
            text = f'{text},"payer":{self._party(move.payer, move, settled, _PAYER_BALANCE_SENT, is_payee=False)}'
        if move.payee is not None:
            text = f'{text},"payee":{self._party(move.payee, move, settled, _PAYEE_BALANCE_SENT, is_payee=True)}'
        card = _card(move)
        if card is not None:
            text = f'{text},"card":"{card}"'
        if move.terminal is not None:
            text = f'{text},"terminal":{self._terminal(move.terminal)}'
        session = self._session(at_us, move)
        if session is not None:
            text = f'{text},"session":{session}'
        if move.purpose is not None:
            text = f'{text},"purpose":"{move.purpose}"'
        if move.arrival_mode is not None:
            text = f'{text},"arrival_mode":"{move.arrival_mode}"'
        if original is not None:
            text = f'{text},"original_event_id":"{original}"'
        return Booked(at_us, "transactions", event_id, text + "}", status, moved, move)

    def _party(self, account: Account, move: Move, settled: bool, sent_share: float, *, is_payee: bool) -> str:
        rng = self._rng
        balance, name_match = None, None
        if settled and account.on_us and (rng.random() < sent_share or (self._tells_all and move.plot is not None)):
            balance = account.balance_minor
        is_compared = is_payee and move.kind == "TRANSFER" and move.channel != "BATCH"
        if is_compared and (rng.random() < _NAME_MATCH_SENT or (self._tells_all and move.name_match is not None)):
            name_match = move.name_match or "MATCH"
        return party_text(account, balance, name_match)

    def _session(self, at_us: int, move: Move) -> str | None:
        rng, payer = self._rng, move.payer
        if (move.channel != "MOBILE" and move.channel != "WEB") or payer is None or not payer.on_us:
            return None
        tells = self._tells_all and move.plot is not None
        if not tells and rng.random() >= _SESSION_SENT:
            return None
        otp_count, call_active, remote_access = move.otp_count, move.call_active, move.remote_access
        if not (tells and otp_count is not None):
            drawn = rng.random()
            usual = 1 if drawn < 0.68 * _OTP_SENT else 0 if drawn < 0.98 * _OTP_SENT else 2
            otp_count = None if drawn >= _OTP_SENT else otp_count if otp_count is not None else usual
        if not (tells and call_active is not None):
            drawn = rng.random()
            usual_call = drawn < 0.02 * _CALL_SENT
            call_active = None if drawn >= _CALL_SENT else call_active if call_active is not None else usual_call
        if not (tells and remote_access is not None):
            remote_access = bool(remote_access) if rng.random() < _REMOTE_SENT else None
        return session_text(
            f"n-{at_us // SECOND_US % 100_000_000:08d}{int(rng.random() * 1000):03d}",
            move.device or payer.device_at(at_us),
            payer.ip if rng.random() < 0.9 else None,
            otp_count,
            call_active,
            remote_access,
        )


def _card(move: Move) -> str | None:
    """Return the card used: the payer's at a machine or till, the depositor's at a machine."""
    if move.channel not in ("ATM", "POS"):
        return None
    holder = move.payer or move.payee
    return holder.card if holder is not None else None
