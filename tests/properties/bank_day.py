"""Random hours of a small bank: planted patterns that share accounts, machines and devices, corrections, and daily life between."""

from datetime import date
from typing import Any

import msgspec
from hypothesis import strategies as st

from models.policy import Bounds
from models.records import AccountEvent, Party, Session, Terminal, Transaction
from models.units import instant, time_us
from tests.bank import Event, shipped_rulebook
from tests.properties.key_stream import arrivals

SECOND_US = 1_000_000
START_US = (
    1_772_420_400 * SECOND_US
)  # 11:00 in Beijing: the hours that follow lie in one UTC day, so that alert ids can be compared
BOUNDS: Bounds = shipped_rulebook().bounds
_ACCOUNTS = [f"a-{number}" for number in range(1, 9)]
_STRANGERS = [f"s-{number}" for number in range(1, 9)]
_ACCOUNT = st.sampled_from(_ACCOUNTS)
_STRANGER = st.sampled_from(_STRANGERS)
_MACHINE = st.sampled_from(["ATM-1", "ATM-2"])
_DEVICE = st.sampled_from(["d-1", "d-2", "d-3"])
_GAP_S = st.sampled_from([0, 30, 60, 150, 300, 600])
_BALANCE = st.sampled_from([None, 0, 5_000, 20_000_000])
Step = tuple[int, dict[str, Any]]


def party(account: str, balance_minor: int | None = None) -> Party:
    """Return what the bank knows of an account: always the same, but for the balance. a-7 and a-8 are one customer's."""
    customer = "c-a-7" if account == "a-8" else f"c-{account}"
    opened_on = date(2026, 1, 20) if account in ("a-2", "s-3") else date(2019, 5, 1)
    return Party(
        account=account,
        bank="b-1",
        on_us=account.startswith("a"),
        type="PERSON",
        customer=customer,
        opened_on=opened_on,
        balance_after_minor=balance_minor,
    )


def _transfer(payer: str, payee: str, amount_minor: int, **more: Any) -> dict[str, Any]:
    out_minor, in_minor = more.pop("payer_balance", None), more.pop("payee_balance", None)
    fields = {"kind": "TRANSFER", "channel": "MOBILE", "payer": party(payer, out_minor), "payee": party(payee, in_minor)}
    return fields | {"amount_minor": amount_minor} | more


def _withdrawal(account: str, machine: str, amount_minor: int, balance_minor: int | None) -> dict[str, Any]:
    fields = {"kind": "CASH_WITHDRAWAL", "channel": "ATM", "payer": party(account, balance_minor)}
    return fields | {"terminal": Terminal(id=machine), "amount_minor": amount_minor}


@st.composite
def _pass_through(draw: st.DrawFn) -> list[Step]:
    mule, amount = draw(_ACCOUNT), draw(st.sampled_from([500_000, 2_000_000, 4_980_000]))
    wait_s = draw(st.sampled_from([60, 300, 900, 1_750]))
    steps = [(0, _transfer(draw(_STRANGER), mule, amount, payee_balance=draw(st.sampled_from([None, amount]))))]
    parts = draw(st.integers(1, 2))
    for part in range(parts):
        out = _transfer(mule, draw(_STRANGER), amount * 9 // (10 * parts), payer_balance=draw(st.sampled_from([None, 100])))
        steps.append((wait_s + 30 * part, out))
    return steps


@st.composite
def _fan_in(draw: st.DrawFn) -> list[Step]:
    mule, step_s = draw(_ACCOUNT), draw(st.sampled_from([60, 300, 600]))
    steps = [(step_s * n, _transfer(stranger, mule, 300_000)) for n, stranger in enumerate(_STRANGERS[: draw(st.integers(4, 7))])]
    return [*steps, (step_s * 7 + draw(_GAP_S), _transfer(mule, "s-8", 1_300_000))]


@st.composite
def _small_sums(draw: st.DrawFn) -> list[Step]:
    """Firms or persons pay a young account (a-2) small sums, some of which go back."""
    kind = draw(st.sampled_from(["CORPORATE", "PERSON", None]))
    steps: list[Step] = []
    for n, payer in enumerate(_STRANGERS[: draw(st.integers(3, 7))]):
        fields = _transfer(payer, "a-2", draw(st.sampled_from([128_000, 130_000])))
        steps.append((300 * n, fields | {"payer": msgspec.structs.replace(fields["payer"], type=kind)}))
    return [*steps, (2_500, _transfer("a-2", draw(_STRANGER), 128_000))]


@st.composite
def _cutting_up(draw: st.DrawFn) -> list[Step]:
    """A probe, a load, and slices near a cap, some of them late."""
    mule, wait_s = draw(_ACCOUNT), draw(st.sampled_from([60, 900, 1_790]))
    steps: list[Step] = [(0, _transfer("s-1", mule, 100)), (60, _transfer("s-2", mule, 5_900_000, payee_balance=5_900_100))]
    left_minor = 5_900_100
    for n in range(draw(st.integers(2, 6))):
        left_minor -= 980_000
        steps.append((60 + wait_s + 60 * n, _transfer(mule, f"s-{3 + n}", 980_000, payer_balance=left_minor)))
    return steps


@st.composite
def _matching(draw: st.DrawFn) -> list[Step]:
    """Round payments in and out with ever other people."""
    mule, step_s = draw(_ACCOUNT), draw(st.sampled_from([60, 150]))
    steps: list[Step] = []
    for n in range(draw(st.integers(4, 11))):
        steps.append((step_s * 2 * n, _transfer(f"m-{n}", mule, 80_000)))
        steps.append((step_s * (2 * n + 1), _transfer(mule, f"w-{n}", 80_000)))
    return steps


@st.composite
def _drain(draw: st.DrawFn) -> list[Step]:
    victim, payee = draw(_ACCOUNT), draw(_ACCOUNT | _STRANGER)
    session = Session(device=draw(_DEVICE), call_active=draw(st.booleans()), otp_count_10m=draw(st.integers(0, 3)))
    paid = _transfer(victim, payee, 6_000_000, payer_balance=draw(st.sampled_from([None, 1_000_000])), session=session)
    if not draw(st.booleans()):
        return [(0, paid)]
    asked = paid | {"status": "REQUESTED", "payer": party(victim, 7_000_000)}
    return [(0, asked), (draw(st.sampled_from([30, 600, 900])), paid | {"answers": 0})]


@st.composite
def _cash_out(draw: st.DrawFn) -> list[Step]:
    mule, machine = draw(_ACCOUNT), draw(_MACHINE)
    steps = [(0, _transfer(draw(_STRANGER), mule, 2_000_000, payee_balance=draw(st.sampled_from([None, 2_000_000]))))]
    times = draw(st.integers(1, 3))
    return steps + [(120 + 60 * n, _withdrawal(mule, machine, 650_000, draw(_BALANCE))) for n in range(times)]


@st.composite
def _run_at_a_machine(draw: st.DrawFn) -> list[Step]:
    machine, first = draw(_MACHINE), draw(st.integers(0, 4))
    steps: list[Step] = []
    for n, account in enumerate(_ACCOUNTS[first : first + draw(st.integers(3, 4))]):
        if draw(st.booleans()):
            steps.append((0, _transfer(draw(_STRANGER), account, 1_950_000)))
        steps.append((150 + 60 * n, _withdrawal(account, machine, 1_900_000, draw(st.sampled_from([0, None, 50_000])))))
    return steps


@st.composite
def _takeover(draw: st.DrawFn) -> list[Step]:
    victim, payee = draw(_ACCOUNT), draw(_ACCOUNT | _STRANGER)
    change = draw(st.sampled_from(["PASSWORD_RESET", "DEVICE_BOUND", "PHONE_CHANGED"]))
    session = Session(device=draw(_DEVICE), otp_count_10m=2)
    return [
        (0, {"type": change, "account": victim, "device": draw(_DEVICE)}),
        (draw(_GAP_S), {"type": "PAYEE_ADDED", "account": victim, "payee_account": payee}),
        (draw(_GAP_S) + 300, _transfer(victim, payee, 900_000, session=session)),
    ]


@st.composite
def _many_logins(draw: st.DrawFn) -> list[Step]:
    device = draw(_DEVICE)
    return [(60 * n, {"type": "LOGIN", "account": account, "device": device}) for n, account in enumerate(_ACCOUNTS[:4])]


@st.composite
def _daily_life(draw: st.DrawFn) -> list[Step]:
    account, other = draw(_ACCOUNT), draw(_ACCOUNT)
    shop = {"kind": "PURCHASE", "channel": "MOBILE", "payer": party(account), "payee": party("shop"), "amount_minor": 2_500}
    small = _transfer(account, other if other != account else "s-1", 30_000, session=Session(device=draw(_DEVICE)))
    return [(0, shop), (draw(_GAP_S), small)]


_SCENES = [
    _pass_through,
    _fan_in,
    _small_sums,
    _cutting_up,
    _matching,
    _drain,
    _cash_out,
    _run_at_a_machine,
    _takeover,
    _many_logins,
    _daily_life,
    _daily_life,
]


@st.composite
def days(draw: st.DrawFn, max_scenes: int = 7) -> list[Event]:
    """Return events of a few hours, in event order."""
    events: list[Event] = []
    for _ in range(draw(st.integers(1, max_scenes))):
        start_us = START_US + draw(st.integers(0, 40)) * 150 * SECOND_US
        first = len(events)
        for after_s, fields in draw(st.sampled_from(_SCENES).flatmap(lambda scene: scene())):
            events.append(_event(draw, len(events), start_us + after_s * SECOND_US, fields, events[first:]))
    payments = [event for event in events if isinstance(event, Transaction) and event.status == "APPROVED"]
    for original in draw(st.lists(st.sampled_from(payments), max_size=3, unique_by=id)) if payments else []:
        after_us = draw(st.sampled_from([0, 60, 599, 600, 601, 1_800])) * SECOND_US
        events.append(_reversal(original, f"r{len(events)}", time_us(original.event_time) + after_us))
    return sorted(events, key=lambda event: (event.event_time, event.event_id))


def _event(draw: st.DrawFn, number: int, at_us: int, fields: dict[str, Any], scene: list[Event]) -> Event:
    common = {"event_id": f"{draw(st.sampled_from('zma'))}{number}", "event_time": instant(at_us)}
    if "type" in fields:
        return AccountEvent(**common, **fields)
    answers = fields.pop("answers", None)
    original = {"original_event_id": scene[answers].event_id} if answers is not None else {}
    return Transaction(**common, **{"status": "APPROVED", "currency": "CNY"} | fields, **original)


def _reversal(original: Transaction, event_id: str, at_us: int) -> Transaction:
    fields = {
        name: getattr(original, name) for name in ("kind", "channel", "amount_minor", "currency", "payer", "payee", "terminal")
    }
    return Transaction(
        event_id=event_id, event_time=instant(at_us), status="REVERSED", original_event_id=original.event_id, **fields
    )


def event_us(event: Event) -> int:
    """Return an event's time in microseconds."""
    return time_us(event.event_time)


@st.composite
def arriving_days(draw: st.DrawFn, max_scenes: int = 7) -> tuple[list[Event], list[Event]]:
    """Return a day in event order and in an order of arrival within the lateness, copies included."""
    events = draw(days(max_scenes))
    return events, draw(arrivals(events, event_us, BOUNDS))
