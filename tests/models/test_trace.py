"""Tracing equals, to the fen, one look over all accounts at once in order of time, whatever the order in which accounts hear."""

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.entry import Entry
from models.policy import Method, TraceLimits
from models.trace import Left, Taint, Traced, trace
from models.trace_ledger import Followed, Told, TraceLedger, follow_money, hear, take_entries
from tests.bank import shipped_rulebook

START_US = 1_772_380_800_000_000
IN = e.TRANSFER | e.MONEY | e.APPROVED | e.CREDIT
OUT = e.TRANSFER | e.MONEY | e.APPROVED
CASH = e.CASH | e.MONEY | e.APPROVED
LIMITS = msgspec.structs.replace(shipped_rulebook().trace, floor_minor=1)
METHODS: tuple[Method, Method] = ("FIFO_TIMESTAMP", "PRO_RATA")


def entry(at_s: int, code: int, minor: int, other: str = "x", balance: int | None = None, event_id: str = "") -> Entry:
    return Entry(START_US + at_s * 1_000_000, event_id or f"e{at_s}", code, minor, other, balance)


def taint(event_id: str, minor: int, source: str = "r1", hop: int = 1) -> Taint:
    return Taint(event_id, source, hop, minor, minor)


def still(traced: Traced) -> int:
    return sum(traced.still.values())


# ---- the example of the handbook, and each way out ---------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "gone", "left"), [("FIFO_TIMESTAMP", 3_000, 6_000), ("PRO_RATA", 3_600, 5_400)])
def test_of_1000_clean_and_9000_reported_4000_leave(method: Method, gone: int, left: int) -> None:
    traced = trace([entry(0, IN, 9_000), entry(1, OUT, 4_000)], [taint("e0", 9_000)], 1_000, LIMITS, method)

    assert traced.left == [Left("e1", "r1", 1, gone, "TRANSFER")]
    assert traced.still == {("r1", 1): left}


@pytest.mark.parametrize(
    ("code", "hop", "minor", "way"),
    [
        (OUT, 1, 5_000, "TRANSFER"),
        (CASH, 1, 5_000, "CASH"),
        (e.PURCHASE | e.MONEY | e.APPROVED, 1, 5_000, "FAIR_TRADE"),
        (OUT | e.MERCHANT, 1, 5_000, "FAIR_TRADE"),
        (OUT | e.PUBLIC, 1, 5_000, "FAIR_TRADE"),
        (OUT | e.PAYROLL | e.BATCH, 1, 5_000, "FAIR_TRADE"),
        (OUT | e.PAYROLL, 1, 5_000, "TRANSFER"),
        (OUT | e.OTHER_ELSEWHERE, 1, 5_000, "ELSEWHERE"),
        (OUT, 1, 99, "FLOOR"),
        (OUT, 5, 5_000, "DEPTH"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_money_leaves_by_its_way(code: int, hop: int, minor: int, way: str, method: Method) -> None:
    limits = msgspec.structs.replace(LIMITS, method=method, floor_minor=100)
    traced = trace([entry(0, IN, 9_000), entry(1, code, minor)], [taint("e0", 9_000, hop=hop)], 0, limits, method)

    assert [left.way for left in traced.left] == [way]
    assert still(traced) == 9_000 - minor


@pytest.mark.parametrize("method", METHODS)
def test_the_floor_counts_all_hops_of_a_report_together(method: Method) -> None:
    limits = msgspec.structs.replace(LIMITS, method=method, floor_minor=100)
    entries = [entry(0, IN, 60), entry(1, IN, 60), entry(2, OUT, 120)]
    traced = trace(entries, [taint("e0", 60, hop=1), taint("e1", 60, hop=2)], 0, limits, method)

    assert [(left.hop, left.minor, left.way) for left in traced.left] == [(1, 60, "TRANSFER"), (2, 60, "TRANSFER")]


@pytest.mark.parametrize("method", METHODS)
def test_a_told_balance_below_what_is_known_took_reported_money_along_unseen(method: Method) -> None:
    traced = trace([entry(0, IN, 9_000), entry(1, OUT, 1_000, balance=5_000)], [taint("e0", 9_000)], 0, LIMITS, method)

    assert [(left.minor, left.way) for left in traced.left] == [(1_000, "TRANSFER"), (3_000, "UNSEEN")]
    assert still(traced) == 5_000


@pytest.mark.parametrize("method", METHODS)
def test_a_told_balance_above_what_is_known_is_clean_money(method: Method) -> None:
    entries = [entry(0, IN, 9_000, balance=10_000), entry(1, OUT, 5_000, balance=5_000)]
    traced = trace(entries, [taint("e0", 9_000)], 0, LIMITS, method)

    assert still(traced) == {"FIFO_TIMESTAMP": 4_000, "PRO_RATA": 4_500}[method]


@pytest.mark.parametrize("method", METHODS)
def test_what_was_taken_back_never_left_whatever_balances_were_told_meanwhile(method: Method) -> None:
    entries = [
        entry(0, IN, 9_000, balance=9_000),
        entry(1, e.TRANSFER | e.APPROVED | e.TAKEN_BACK, 4_000, balance=5_000),
        entry(2, OUT, 1_000, balance=4_000),
        Entry(START_US + 3_000_000, "e3", e.TRANSFER | e.REVERSAL, 4_000, "x", 8_000, answers="e1"),
    ]
    traced = trace(entries, [taint("e0", 9_000)], 0, LIMITS, method)

    assert [(left.event_id, left.minor) for left in traced.left] == [("e2", 1_000)]
    assert still(traced) == 8_000


@pytest.mark.parametrize("method", METHODS)
def test_no_more_than_the_credit_is_ever_reported_money(method: Method) -> None:
    traced = trace([entry(0, IN, 100)], [taint("e0", 80, "r1"), taint("e0", 80, "r2")], 0, LIMITS, method)

    assert traced.still == {("r1", 1): 80, ("r2", 1): 20}


def test_remainders_go_to_the_largest_fractions_so_that_parts_add_up() -> None:
    entries = [entry(0, IN, 1), entry(1, IN, 1), entry(2, IN, 1), entry(3, OUT, 2)]
    taints = [taint(f"e{number}", 1, f"r{number}") for number in range(3)]
    traced = trace(entries, taints, 0, LIMITS, "PRO_RATA")

    assert sum(left.minor for left in traced.left) == 2
    assert still(traced) == 1


# ---- random flows against one look over everything -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Payment:
    at_s: int
    payer: str
    payee: str  # "" = cash, "shop" = fair trade, "far" = another bank
    minor: int

    @property
    def event_id(self) -> str:
        return f"p{self.at_s}"


ACCOUNTS = ("a", "b", "c", "d", "m")
OPENING = {"v": 100_000, "a": 700, "b": 0, "c": 5_000, "d": 130, "m": 0}


@st.composite
def flows(draw: st.DrawFn) -> list[Payment]:
    count = draw(st.integers(3, 25))
    payments = [Payment(0, "v", draw(st.sampled_from(ACCOUNTS)), draw(st.integers(1_000, 9_000)))]
    for at_s in range(1, count):
        payer = draw(st.sampled_from(("v", *ACCOUNTS)))
        payee = draw(st.sampled_from([name for name in (*ACCOUNTS, "", "shop", "far") if name != payer]))
        payments.append(Payment(at_s, payer, payee, draw(st.integers(1, 6_000))))
    return payments


def possible(payments: list[Payment]) -> list[Payment]:
    """Return the payments for which there is money."""
    balances, made = dict(OPENING), []
    for payment in payments:
        if balances[payment.payer] >= payment.minor:
            balances[payment.payer] -= payment.minor
            if payment.payee in balances:
                balances[payment.payee] += payment.minor
            made.append(payment)
    return made


@dataclass
class Everything:
    """All accounts at once, payment after payment; shares no code with the tracer."""

    method: Method
    floor_minor: int
    hops_max: int
    lots: dict[str, list[list[object]]] = field(default_factory=dict)  # [hop or 0 if clean, amount]
    gone: dict[str, int] = field(default_factory=dict)

    def run(self, payments: list[Payment], reported: set[str]) -> None:
        self.lots = {name: [[0, minor]] for name, minor in OPENING.items()}
        for payment in payments:
            if payment.event_id in reported:
                self._take(payment.payer, payment.minor)
                parts = {1: payment.minor}
            else:
                parts = self._take(payment.payer, payment.minor)
            self._arrive(payment, parts)

    def _take(self, payer: str, minor: int) -> dict[int, int]:
        lots = self.lots[payer]
        if self.method == "PRO_RATA":
            return self._take_shares(lots, minor)
        parts: dict[int, int] = {}
        while minor:
            hop, lot = lots[0]
            eaten = min(minor, int(lot))  # type: ignore[call-overload]
            parts[int(hop)] = parts.get(int(hop), 0) + eaten  # type: ignore[call-overload]
            minor -= eaten
            if eaten == lot:
                lots.pop(0)
            else:
                lots[0] = [hop, int(lot) - eaten]  # type: ignore[call-overload]
        return {hop + 1: part for hop, part in parts.items() if hop}

    def _take_shares(self, lots: list[list[object]], minor: int) -> dict[int, int]:
        total: dict[int, int] = {}
        for hop, lot in lots:
            total[int(hop)] = total.get(int(hop), 0) + int(lot)  # type: ignore[call-overload]
        whole = sum(total.values())
        exact = {hop: Fraction(part * minor, whole) for hop, part in total.items() if part}
        shares = {hop: int(share) for hop, share in exact.items()}
        order = sorted(exact, key=lambda hop: (-(exact[hop] - shares[hop]), ("" if hop == 0 else "r", hop)))
        for hop in order[: minor - sum(shares.values())]:
            shares[hop] += 1
        lots[:] = [[hop, part - shares.get(hop, 0)] for hop, part in total.items() if part > shares.get(hop, 0)]
        return {hop + 1: share for hop, share in shares.items() if hop and share}

    def _arrive(self, payment: Payment, parts: dict[int, int]) -> None:
        way = {"": "CASH", "shop": "FAIR_TRADE", "far": "ELSEWHERE"}.get(payment.payee)
        if way is None and 0 < sum(parts.values()) < self.floor_minor:
            way, to = "FLOOR", payment.payee
            self.lots[to].append([0, sum(parts.values())])
        if way is not None:
            self.gone[way] = self.gone.get(way, 0) + sum(parts.values())
        if payment.payee not in self.lots:
            return
        clean = payment.minor - sum(parts.values())
        if way is None:
            for hop, part in sorted(parts.items()):
                if hop > self.hops_max:
                    self.gone["DEPTH"] = self.gone.get("DEPTH", 0) + part
                    clean += part
                else:
                    self.lots[payment.payee].append([hop, part])
        self.lots[payment.payee].append([0, clean])

    def still(self, account: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for hop, lot in self.lots[account]:
            if hop and lot:
                found[int(hop)] = found.get(int(hop), 0) + int(lot)  # type: ignore[call-overload]
        return found


class Network:
    """Accounts that trace on their own and tell each other, in any order."""

    def __init__(self, limits: TraceLimits) -> None:
        self.limits = limits
        self.entries: dict[str, list[Entry]] = {name: [] for name in OPENING}
        self.ledgers: dict[str, TraceLedger] = {name: TraceLedger() for name in OPENING}
        self.results: dict[str, Followed] = {}

    def happen(self, account: str, made: Entry) -> list[Told]:
        self.entries[account] = sorted([*self.entries[account], made], key=lambda known: (known.at_us, known.event_id))
        return self._again(account)

    def hear(self, told: Told) -> list[Told]:
        hear(self.ledgers[told.account], told, [])
        return self._again(told.account)

    def _again(self, account: str) -> list[Told]:
        ledger = msgspec.msgpack.decode(msgspec.msgpack.encode(self.ledgers[account]), type=TraceLedger)
        self.ledgers[account] = ledger
        take_entries(ledger, self.entries[account], 1_000)
        self.results[account] = follow_money(ledger, self.limits)
        return self.results[account].news


def entries_of(payment: Payment) -> list[tuple[str, Entry]]:
    bits = {"": CASH, "shop": OUT | e.MERCHANT, "far": OUT | e.OTHER_ELSEWHERE}.get(payment.payee, OUT)
    made = [(payment.payer, entry(payment.at_s, bits, payment.minor, payment.payee, event_id=payment.event_id))]
    if payment.payee in OPENING:
        made.append((payment.payee, entry(payment.at_s, IN, payment.minor, payment.payer, event_id=payment.event_id)))
    return made


def with_balances(payments: list[Payment]) -> list[tuple[str, Entry]]:
    """Return every payment as its accounts book it, the balance told with it."""
    balances, made = dict(OPENING), []
    for payment in payments:
        for account, booked in entries_of(payment):
            balances[account] += booked.amount_minor if booked.code & e.CREDIT else -booked.amount_minor
            booked.balance_minor = balances[account]
            made.append((account, booked))
    return made


@given(flows(), st.randoms(use_true_random=False), st.sampled_from((1, 400)), st.sampled_from((2, 5)))
@settings(max_examples=200, deadline=None)
def test_any_order_of_arrival_ends_as_one_look_over_everything(
    planned: list[Payment], random: object, floor_minor: int, hops_max: int
) -> None:
    payments = possible(planned)
    limits = msgspec.structs.replace(LIMITS, hops_max=hops_max, floor_minor=floor_minor)
    network = Network(limits)
    report = payments[0]
    booked = with_balances(payments)
    waiting: list[tuple[str, Entry] | Told] = [*booked]
    waiting.append(Told(report.payee, report.event_id, [taint(report.event_id, report.minor)]))
    random.shuffle(waiting)  # type: ignore[attr-defined]
    messages: deque[Told] = deque()
    while waiting or messages:
        if waiting and (not messages or random.random() < 0.5):  # type: ignore[attr-defined]
            next_one = waiting.pop()
            messages.extend(network.hear(next_one) if isinstance(next_one, Told) else network.happen(*next_one))
        else:
            messages.extend(network.hear(messages.popleft()))

    for method in METHODS:
        everything = Everything(method, floor_minor, hops_max)
        everything.run(payments, {report.event_id})
        gone: dict[str, int] = {}
        for account in ACCOUNTS:
            found = network.results.get(account)
            result = found.by(msgspec.structs.replace(limits, method=method)) if found else Traced({}, [])
            assert {hop: minor for (_, hop), minor in result.still.items()} == everything.still(account), (method, account)
            for left in result.left:
                if left.way != "TRANSFER":
                    gone[left.way] = gone.get(left.way, 0) + left.minor
        assert gone == {way: minor for way, minor in everything.gone.items() if minor}
        assert report.minor == sum(gone.values()) + sum(sum(everything.still(account).values()) for account in ACCOUNTS)
