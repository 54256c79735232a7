"""A small day with one story, and records about it, for the tests of what the demo says."""

from datetime import datetime, timedelta
from typing import Any

from models.records import (
    Alert,
    DetectorStamp,
    FreezeRequest,
    MatchedTransaction,
    Party,
    Reason,
    Source,
    Subject,
    Target,
    Transaction,
)
from models.units import time_us
from stream.simulator import BankDay, Label, Movement, Story

MIDNIGHT = datetime.fromisoformat("2025-09-17T00:00:00+08:00")
VICTIM, MULE, SHOP, COLLEAGUE = "6222020200110000001", "6222020200110000002", "6222020200110000003", "6222020200110000004"

REASON = Reason(
    code="OUT_IN_RATIO",
    zh="到账6分钟内转出96%，收付款双方均为新对手。请先核实，疑为过渡账户。",
    en="96% left within 6 min, both ends new. Likely a pass-through account; verify first.",
    value=0.96,
    threshold=0.8,
    window_s=1800,
)
GONE = Reason(
    code="WITHDRAWN",
    zh="依据已不成立，原提示撤回。",
    en="The ground is gone; the earlier alert is taken back.",
    value=0,
    threshold=1,
)


def at(clock: str) -> datetime:
    """A moment of the day: at("14:30"), at("14:30:05"); "-1d 14:30" is the day before."""
    before = clock.startswith("-1d ")
    parts = [int(part) for part in clock.removeprefix("-1d ").split(":")]
    hours, minutes, seconds = (*parts, 0)[:3]
    return MIDNIGHT + timedelta(days=-before, hours=hours, minutes=minutes, seconds=seconds)


def at_us(clock: str) -> int:
    return time_us(at(clock))


def alert(clock: str, account: str, tier: int = 3, **changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "alert_id": f"a-{account}",
        "revision": 1,
        "raised_at": at(clock),
        "event_time": at(clock),
        "trigger_event_id": "t-2",
        "typology": "M1",
        "subject": Subject(role="MULE_SUSPECTED", kind="ACCOUNT", id=account),
        "tier": tier,
        "score": 0.9876,
        "amount_at_risk_minor": 1_370_068,
        "currency": "CNY",
        "recommended_action": "FREEZE_REQUEST",
        "reasons": (REASON,),
        "evidence": ("t-1", "t-2"),
        "counter_evidence": (),
        "case_id": "c-1f384f088290d38e4f63",
        "detector": DetectorStamp(name="pass_through", version="1", policy_version="test"),
        "source": Source(topic="transactions", partition=0, offset=0),
    }
    return Alert(**{**fields, **changes})


def request(clock: str, account: str, **changes: Any) -> FreezeRequest:
    fields: dict[str, Any] = {
        "request_id": f"r-{account}",
        "sequence": 1,
        "state": "PROPOSED",
        "requested_at": at(clock),
        "case_id": "c-1f384f088290d38e4f63",
        "measure": "STOP_PAYMENT_48H",
        "target": Target(account=account, bank="BANKA", on_us=True),
        "requested_amount_minor": 1_370_068,
        "currency": "CNY",
        "transactions": (
            MatchedTransaction(
                event_id="t-1",
                booked_at=at("14:00"),
                amount_minor=5_000_000,
                direction="IN",
                counterparty_account=VICTIM,
                hop=1,
            ),
        ),
        "alert_ids": (f"a-{account}",),
        "reasons": (REASON,),
        "valid_until": at(clock) + timedelta(minutes=30),
    }
    return FreezeRequest(**{**fields, **changes})


def transfer(event_id: str, clock: str, payer: str, payee: str, amount_minor: int) -> tuple[int, str, Transaction]:
    record = Transaction(
        event_id=event_id,
        event_time=at(clock),
        kind="TRANSFER",
        status="APPROVED",
        channel="MOBILE",
        amount_minor=amount_minor,
        currency="CNY",
        payer=Party(account=payer),
        payee=Party(account=payee),
    )
    return at_us(clock), "transactions", record


def told_day(kind: str = "M1", reported: str | None = "15:00") -> BankDay:
    """A victim pays a mule 50,000 at 14:00 (t-1) and 20,000 at 14:30 (t-3); the mule sends 48,000 on at 14:06 (t-2)."""
    moves = (
        transfer("t-0", "-1d 12:00", COLLEAGUE, SHOP, 5_000),
        transfer("t-1", "14:00", VICTIM, MULE, 5_000_000),
        transfer("t-2", "14:06", MULE, "b-91", 4_800_000),
        transfer("t-3", "14:30", VICTIM, MULE, 2_000_000),
        transfer("t-4", "16:00", COLLEAGUE, SHOP, 7_000),
    )
    story = Story(
        story=f"s7-{kind}-1",
        typology="M1",
        victims=(VICTIM,),
        mules=(MULE,),
        elsewhere=("b-91",),
        terminals=("ATM-1",),
        stolen_minor=7_000_000,
        first_credit_us=at_us("14:00"),
        reported_us=None if reported is None else at_us(reported),
        movements=(
            Movement(at_us("14:00"), "t-1", VICTIM, MULE, 5_000_000),
            Movement(at_us("14:06"), "t-2", MULE, "b-91", 4_800_000),
            Movement(at_us("14:30"), "t-3", VICTIM, MULE, 2_000_000),
        ),
    )
    labels = tuple(
        Label(record.event_id, 1, story.story, "M1") if record.event_id in ("t-1", "t-2", "t-3") else Label(record.event_id, 0)
        for _, _, record in moves
    )
    return BankDay(7, time_us(MIDNIGHT), moves, labels, (story,), 0)
