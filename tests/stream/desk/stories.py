"""Records of a few cases as the worker, the liaison and the bank would write them; account numbers as long as real ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.records import (
    Alert,
    CaseControl,
    ControlSubject,
    CounterEvidence,
    DetectorStamp,
    Disposition,
    FreezeRequest,
    FreezeResponse,
    MatchedTransaction,
    Reason,
    Remedy,
    Source,
    Subject,
    Target,
    Trace,
    TracedPart,
    TracedReport,
    TraceRecord,
)
from models.units import time_us
from stream.desk.board import Board, BoardRecord

AT = datetime(2026, 3, 2, 1, 14, 5, tzinfo=UTC)
"""09:14:05 in Beijing."""
MULE, VICTIM, SECOND, ABROAD = "6222020200112233445", "6217000010098765432", "6228480402564890018", "6225881234567890123"
STRANGER = "6212260200077788899"


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def us(minutes: float) -> int:
    return time_us(at(minutes))


def reason(code: str = "OUT_IN_RATIO") -> Reason:
    return Reason(
        code=code,
        zh="30分钟内转出入账金额的96%。请核实资金来源。",
        en="96% of what came in left within 30 min. Verify where the money comes from.",
        value=0.96,
        threshold=0.8,
        window_s=1_800,
    )


TAINT = Reason(
    code="TAINT",
    zh="涉案款49,800.00元经1级流入本账户，尚可控制9,800.00元。请审核限额止付建议。",
    en="49,800.00 of reported money reached this account at hop 1; 9,800.00 still here. Please assess the limited stop-payment.",
    value=4_980_000,
    threshold=10_000,
)
GONE = Reason(code="WITHDRAWN", zh="依据已不存在。", en="The ground is gone.", value=1, threshold=1)


def alert(case: str = "c-1", revision: int = 1, minutes: float = 8, **given: Any) -> Alert:
    account, role = given.pop("account", MULE), given.pop("role", "MULE_SUSPECTED")
    values: dict[str, Any] = {
        "alert_id": f"al-{case}",
        "revision": revision,
        "raised_at": at(minutes),
        "event_time": at(minutes),
        "trigger_event_id": "e2",
        "typology": "M1",
        "subject": Subject(role=role, kind="ACCOUNT", id=account),
        "tier": 3,
        "score": 0.874,
        "amount_at_risk_minor": 4_480_000,
        "currency": "CNY",
        "recommended_action": "FREEZE_REQUEST",
        "reasons": (reason(),),
        "evidence": ("e1", "e2"),
        "counter_evidence": (
            CounterEvidence(
                lookalike="N3",
                zh="不是小商户：入账来自1名陌生付款人。",
                en="No small merchant: the money came from 1 payer who is a stranger.",
            ),
        ),
        "case_id": case,
        "detector": DetectorStamp(name="pass_through", version="1", policy_version="cn-2026.11.3"),
        "source": Source(topic="keyed", partition=0, offset=7),
    }
    return Alert(**(values | given))


def request(case: str = "c-1", sequence: int = 1, minutes: float = 8, **given: Any) -> FreezeRequest:
    values: dict[str, Any] = {
        "request_id": f"fr-{case}",
        "sequence": sequence,
        "state": "PROPOSED",
        "requested_at": at(minutes),
        "case_id": case,
        "measure": "STOP_PAYMENT_48H",
        "target": Target(account=given.pop("account", MULE), bank="BANKA", on_us=True),
        "requested_amount_minor": 4_480_000,
        "currency": "CNY",
        "transactions": (
            MatchedTransaction(
                event_id="e1", booked_at=AT, amount_minor=4_980_000, direction="IN", counterparty_account=VICTIM, hop=1
            ),
            MatchedTransaction(
                event_id="e2", booked_at=at(7), amount_minor=500_000, direction="OUT", counterparty_account=STRANGER, hop=1
            ),
        ),
        "trace": Trace(method="FIFO_TIMESTAMP", hops=1),
        "alert_ids": (f"al-{case}",),
        "reasons": (reason(),),
        "valid_until": at(minutes + 30),
    }
    return FreezeRequest(**(values | given))


def answer(status: Any = "ACKNOWLEDGED", sequence: int = 1, minutes: float = 12, case: str = "c-1", **given: Any) -> FreezeResponse:
    return FreezeResponse(request_id=f"fr-{case}", sequence=sequence, responded_at=at(minutes), status=status, **given)


def executed(sequence: int = 2, minutes: float = 20, held_minor: int = 4_480_000, case: str = "c-1") -> FreezeResponse:
    ends_at = at(minutes) + timedelta(hours=48)
    return answer("EXECUTED", sequence, minutes, case, held_amount_minor=held_minor, ends_at=ends_at, order_no="2026-0302-17")


def step(minutes: float = 10, case: str = "c-1", **given: Any) -> Disposition:
    values: dict[str, Any] = {
        "disposition_id": f"x-{case}-{minutes}",
        "decided_at": at(minutes),
        "alert_id": f"al-{case}",
        "verdict": "UNKNOWN",
        "decided_by": "wang",
        "stage": "MANAGER",
        "outcome": "REFUSED",
    }
    return Disposition(**(values | given))


def approval(actor: str = "wang", minutes: float = 9, account: str = MULE) -> CaseControl:
    return CaseControl(
        control_id=f"k-{actor}",
        made_at=at(minutes),
        actor=actor,
        subject=ControlSubject(kind="ACCOUNT", id=account),
        action="APPROVE_PROTECTED",
    )


def mule_trace(revision: int = 1, minutes: float = 30, **given: Any) -> TraceRecord:
    values: dict[str, Any] = {
        "account": MULE,
        "revision": revision,
        "as_of": at(minutes),
        "hop": 1,
        "method": "FIFO_TIMESTAMP",
        "currency": "CNY",
        "received_minor": 4_980_000,
        "still_here_minor": 980_000,
        "other_still_here_minor": 1_000_000,
        "sources": ("e1",),
        "reports": ("r1",),
        "case_refs": ("2026-0302-17",),
        "left": (
            _part("e2", 7, 500_000, "CASH", terminal="ATM-12"),
            _part("e3", 9, 2_000_000, "TRANSFER", account=SECOND),
            _part("e4", 11, 1_500_000, "ELSEWHERE", account=ABROAD, bank="BANKB"),
        ),
        "remedies": (
            Remedy(remedy="FREEZE_REQUEST", amount_minor=980_000, account=MULE),
            Remedy(remedy="RECALL", amount_minor=1_500_000, event_id="e4", account=ABROAD, bank="BANKB"),
            Remedy(remedy="PATROL_TERMINAL", amount_minor=500_000, event_id="e2", closes_at=at(37), terminal="ATM-12"),
            Remedy(remedy="KEEP_PICTURE", amount_minor=0, event_id="e2", terminal="ATM-12"),
        ),
    }
    return TraceRecord(**(values | given))


def _part(event_id: str, minutes: float, minor: int, way: Any, **given: Any) -> TracedPart:
    return TracedPart(event_id=event_id, booked_at=at(minutes), amount_minor=minor, way=way, hop=1, **given)


def second_trace() -> TraceRecord:
    return TraceRecord(
        account=SECOND,
        revision=1,
        as_of=at(30),
        hop=2,
        method="FIFO_TIMESTAMP",
        currency="CNY",
        received_minor=2_000_000,
        still_here_minor=1_800_000,
        other_still_here_minor=1_800_000,
        sources=("e1",),
        left=(_part("e5", 15, 200_000, "FAIR_TRADE"),),
        remedies=(Remedy(remedy="FREEZE_REQUEST", amount_minor=1_800_000, account=SECOND),),
    )


def victim_trace() -> TraceRecord:
    return TraceRecord(
        account=VICTIM,
        revision=1,
        as_of=at(30),
        hop=0,
        method="FIFO_TIMESTAMP",
        currency="CNY",
        reported=(TracedReport(report_id="r1", finding="FOUND", amount_minor=4_980_000, events=("e1",), case_ref="2026-0302-17"),),
    )


def victim_alert(minutes: float = 6, **given: Any) -> Alert:
    """A payment that has not gone out yet: the bank can hold it."""
    return alert(
        "c-2",
        minutes=minutes,
        **{
            "account": "6217000010055554444",
            "role": "VICTIM_SUSPECTED",
            "typology": "V1",
            "tier": 2,
            "amount_at_risk_minor": 19_800_000,
            "recommended_action": "HOLD",
            "hold_until": at(minutes + 1_440),
            "evidence": ("e9",),
            "reasons": (
                Reason(
                    code="DRAIN_24H",
                    zh="24小时内转出余额91%，收款人为新增。请问是否有自称公检法的人要求转入“安全账户”？没有这种账户。",
                    en="91% of the balance is leaving to a new payee in 24 h. Ask: did someone name a safe account? None exists.",
                    value=0.91,
                    threshold=0.5,
                    window_s=86_400,
                ),
            ),
        }
        | given,
    )


def traced_case() -> list[BoardRecord]:
    """Case c-1 as of minute 35: an alert, a request, an answer, a refused step, a trace over two hops, an approval."""
    return [
        alert(tier=2, recommended_action="HOLD"),
        alert(revision=2, minutes=9, reasons=(reason(), TAINT)),
        request(),
        request(sequence=2, minutes=30, requested_amount_minor=980_000, case_ref="2026-0302-17"),
        step(),
        approval(),
        answer(minutes=31),
        mule_trace(),
        second_trace(),
        victim_trace(),
    ]


def whole_desk() -> list[BoardRecord]:
    """Several cases in several states, as of minute 35."""
    return [
        *traced_case(),
        victim_alert(),
        alert("c-3", minutes=-600, account="6222020200999988887", typology="M2", amount_at_risk_minor=1_250_000),
        request("c-3", minutes=-600, account="6222020200999988887", requested_amount_minor=1_250_000),
        executed(1, -580, 1_250_000, "c-3"),
        alert("c-4", minutes=1, account="6228480402000011112", typology="W1", amount_at_risk_minor=730_000),
        request("c-4", minutes=1, account="6228480402000011112", requested_amount_minor=730_000),
        alert("c-5", 1, -90, account="6228480402000055556", amount_at_risk_minor=60_000, tier=2, recommended_action="HOLD"),
        alert("c-5", 2, -60, account="6228480402000055556", tier=1, recommended_action="REMIND", reasons=(GONE,)),
        alert("c-6", minutes=30, account="ATM-12", typology="W2", subject=Subject(role="TERMINAL", kind="TERMINAL", id="ATM-12")),
    ]


def board_of(records: list[BoardRecord]) -> Board:
    board = Board()
    for record in records:
        board.take(record)
    return board
