"""The rules that join the fields of a record, and what a record shows of itself."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest

from models.records import (
    INPUT_RECORDS,
    OUTPUT_RECORDS,
    AccountEvent,
    Channel,
    Disposition,
    FreezeRequest,
    Kind,
    MatchedTransaction,
    Party,
    Reason,
    RecordError,
    ReportedTransfer,
    Score,
    Target,
    Terminal,
    Transaction,
    VictimReport,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAYER = Party(account="a-771")
PAYEE = Party(account="a-902")


def transaction(**changes: Any) -> Transaction:
    fields: dict[str, Any] = {
        "event_id": "e1",
        "event_time": NOON,
        "kind": "TRANSFER",
        "status": "APPROVED",
        "channel": "COUNTER",
        "amount_minor": 100,
        "currency": "CNY",
        "payer": PAYER,
        "payee": PAYEE,
    }
    return Transaction(**(fields | changes))


def reason(**changes: Any) -> Reason:
    fields: dict[str, Any] = {"code": "DRAIN_24H", "zh": "一天内转空", "en": "drained in a day", "value": 0.9, "threshold": 0.8}
    return Reason(**(fields | changes))


def freeze_request(**changes: Any) -> FreezeRequest:
    fields: dict[str, Any] = {
        "request_id": "f1",
        "sequence": 1,
        "state": "PROPOSED",
        "requested_at": NOON,
        "case_id": "c1",
        "measure": "STOP_PAYMENT_48H",
        "target": Target(account="a-902"),
        "requested_amount_minor": 4_480_000,
        "currency": "CNY",
        "transactions": (),
        "alert_ids": ("al1",),
        "reasons": (reason(),),
        "valid_until": NOON + timedelta(hours=48),
    }
    return FreezeRequest(**(fields | changes))


def breach(build: Any, **changes: Any) -> tuple[str, str]:
    """Return code and field of the rule that building the record breaks."""
    with pytest.raises(RecordError) as caught:
        build(**changes)
    return caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("TRANSFER", "payer"),
        ("TRANSFER", "payee"),
        ("CASH_WITHDRAWAL", "payer"),
        ("CASH_DEPOSIT", "payee"),
        ("PURCHASE", "payer"),
        ("PURCHASE", "payee"),
    ],
)
def test_each_kind_needs_its_parties(kind: str, side: str) -> None:
    assert breach(transaction, kind=kind, **{side: None}) == ("missing_party", side)


@pytest.mark.parametrize(("kind", "side"), [("CASH_WITHDRAWAL", "payee"), ("CASH_DEPOSIT", "payer")])
def test_cash_needs_no_second_party(kind: str, side: str) -> None:
    assert getattr(transaction(kind=kind, **{side: None}), side) is None


@pytest.mark.parametrize("channel", ["ATM", "POS"])
def test_a_machine_or_till_is_named(channel: str) -> None:
    assert breach(transaction, channel=channel) == ("missing_field", "terminal")
    assert transaction(channel=channel, terminal=Terminal(id="ATM-12")).channel == channel


def test_a_reversal_names_its_original() -> None:
    assert breach(transaction, status="REVERSED") == ("missing_field", "original_event_id")
    assert transaction(status="REVERSED", original_event_id="e0").original_event_id == "e0"


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("channel", get_args(Channel))
def test_cash_moves_only_where_there_are_notes(kind: str, channel: str) -> None:
    changes = {"kind": kind, "channel": channel, "terminal": Terminal(id="T-1")}
    if kind.startswith("CASH") and channel in {"MOBILE", "WEB", "API", "BATCH"}:
        assert breach(transaction, **changes) == ("impossible_amount", "kind")
    else:
        assert transaction(**changes).channel == channel


@pytest.mark.parametrize("amount_minor", [-1, 10**15 + 1])
def test_an_amount_outside_its_limits_is_refused_in_code_too(amount_minor: int) -> None:
    assert breach(transaction, amount_minor=amount_minor) == ("out_of_range", "amount_minor")


@pytest.mark.parametrize("amount_minor", [0, 10**15])
def test_an_amount_may_stand_at_its_limits(amount_minor: int) -> None:
    assert transaction(amount_minor=amount_minor).amount_minor == amount_minor


def test_only_a_payees_name_is_matched() -> None:
    assert breach(transaction, payer=Party(account="a-771", name_match="NO")) == ("conflicting_fields", "payer.name_match")


EAST = timezone(timedelta(hours=14))
WEST = timezone(timedelta(hours=-14))


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 3, 2),  # noqa: DTZ001 the fault under test
        datetime.min.replace(tzinfo=EAST),
        datetime.max.replace(tzinfo=WEST),
        datetime(1970, 1, 1, 13, 59, tzinfo=EAST),
        datetime(9998, 12, 31, 23, tzinfo=WEST),
    ],
)
def test_a_time_without_offset_or_outside_utc_is_refused(time: datetime) -> None:
    assert breach(transaction, event_time=time) == ("bad_time", "event_time")


@pytest.mark.parametrize(
    "time", [datetime(1970, 1, 1, 14, tzinfo=EAST), datetime(1969, 12, 31, 10, tzinfo=WEST), datetime(9998, 12, 31, tzinfo=UTC)]
)
def test_the_first_and_last_times_count_in_utc(time: datetime) -> None:
    assert transaction(event_time=time).event_time == time


def test_a_disposition_names_an_alert_or_an_event_but_not_both() -> None:
    fields: dict[str, Any] = {"disposition_id": "x1", "decided_at": NOON, "verdict": "FRAUD"}
    assert breach(Disposition, **fields) == ("missing_field", "alert_id")
    assert breach(Disposition, **fields, alert_id="al1", event_id="e1") == ("conflicting_fields", "event_id")
    assert Disposition(**fields, event_id="e1").alert_id is None


def test_a_reported_transfer_went_to_an_account_or_through_a_machine() -> None:
    fields: dict[str, Any] = {"payer_account": "a-771", "amount_minor": 1, "paid_at": NOON}
    assert breach(ReportedTransfer, **fields) == ("missing_field", "payee_account")
    assert ReportedTransfer(**fields, payee_account="a-902").terminal_id is None


@pytest.mark.parametrize("terminal", ["ATM-12", Terminal(id="ATM-12", region="330106")])
def test_a_reported_machine_is_known_by_its_number_or_as_a_whole(terminal: Terminal | str) -> None:
    cash = ReportedTransfer(payer_account="a-771", amount_minor=1, paid_at=NOON, terminal=terminal)
    assert cash.terminal_id == "ATM-12"


@pytest.mark.parametrize("field", ["value", "threshold"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_reason_holds_finite_numbers(field: str, number: float) -> None:
    assert breach(reason, **{field: number}) == ("out_of_range", field)


@pytest.mark.parametrize("score", [-0.001, 1.001, math.nan])
def test_a_score_lies_between_0_and_1(score: float) -> None:
    assert breach(Score, event_id="e1", event_time=NOON, score=score, tier=0) == ("out_of_range", "score")


def test_a_freeze_request_ends_after_it_is_made() -> None:
    assert breach(freeze_request, valid_until=NOON - timedelta(seconds=1)) == ("conflicting_fields", "valid_until")
    assert freeze_request().sequence == 1


def test_the_first_hop_is_1() -> None:
    fields: dict[str, Any] = {"event_id": "e1", "booked_at": NOON, "amount_minor": 1, "direction": "IN"}
    assert breach(MatchedTransaction, **fields, counterparty_account="a-771", hop=0) == ("out_of_range", "hop")


def test_equal_instants_with_other_offsets_are_the_same_record() -> None:
    later_clock = NOON.astimezone(timezone(timedelta(hours=8)))
    assert transaction() == transaction(event_time=later_clock)
    assert hash(transaction()) == hash(transaction(event_time=later_clock))


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        transaction().amount_minor = 0  # type: ignore[misc]


def test_a_record_shows_its_closed_values_and_numbers_but_no_text() -> None:
    event = AccountEvent(event_id="e4", event_time=NOON, account="a-771", type="LIMIT_RAISED", device="d-4")
    assert repr(event) == ("AccountEvent(event_id=…, event_time=2026-03-02 12:00:00+00:00, account=…, type=LIMIT_RAISED, device=…)")


def test_a_nested_record_shows_no_text_either() -> None:
    transfer = ReportedTransfer(payer_account="a-771", amount_minor=1, paid_at=NOON, terminal="ATM-12")
    report = VictimReport(report_id="r1", reported_at=NOON, source="POLICE", transfers=(transfer,))
    assert str(report) == (
        "VictimReport(report_id=…, reported_at=2026-03-02 12:00:00+00:00, source=POLICE, transfers=[ReportedTransfer("
        "payer_account=…, terminal=…, amount_minor=1, paid_at=2026-03-02 12:00:00+00:00)])"
    )


def test_the_topics_are_those_of_the_contract() -> None:
    inputs = ["transactions", "account-events", "victim-reports", "dispositions", "freeze-responses", "case-controls"]
    assert list(INPUT_RECORDS) == inputs
    assert list(OUTPUT_RECORDS) == [
        *("alerts", "freeze-requests", "traces", "scores", "dead-letters", "audit"),
        *("policy", "policy-changes"),
    ]
