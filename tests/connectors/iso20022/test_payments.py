"""What payments, answers and bookings become: ids, parties, times, status."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.errors import DecodeError
from connectors.iso20022.payments import Answer, Keys, Payment
from connectors.iso20022.requests import Requests
from connectors.iso20022.samples import pacs008
from models.input_records import FreezeResponse, Transaction
from tests.connectors.iso20022.messages import golden, reader


def transactions(raw: bytes, **setup: object) -> list[Transaction]:
    found = reader(**setup).decode(raw)
    return [record for record in found if isinstance(record, Transaction)]


def changed(case: str, *changes: tuple[str, str]) -> bytes:
    text = golden(case).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def test_a_time_without_offset_is_in_the_banks_zone() -> None:
    raw = changed("pacs008_two_payments", ("T09:19:58.123456+08:00", "T09:19:58"))
    assert transactions(raw)[0].event_time == datetime(2026, 3, 2, 1, 19, 58, tzinfo=UTC)
    assert transactions(raw, zone=UTC)[0].event_time == datetime(2026, 3, 2, 9, 19, 58, tzinfo=UTC)


def test_where_no_acceptance_is_told_the_message_was_made_when_the_customer_acted() -> None:
    raw = changed("pacs008_two_payments", ("<AccptncDtTm>2026-03-02T09:19:58.123456+08:00</AccptncDtTm>", ""))
    assert transactions(raw)[0].event_time == datetime(2026, 3, 2, 1, 20, tzinfo=UTC)


def test_on_us_is_told_by_the_banks_own_ids_whatever_the_branch_and_left_out_where_none_are_set() -> None:
    asked = transactions(golden("pacs008_two_payments"))[0]
    assert (asked.payer and asked.payer.on_us, asked.payee and asked.payee.on_us) == (True, False)
    asked = transactions(golden("pacs008_two_payments"), own_bics=frozenset())[0]
    assert asked.payer is not None
    assert asked.payer.on_us is None


def test_a_settled_payment_is_approved_if_the_system_answers_none_but_an_order_of_a_customer_never() -> None:
    assert {found.status for found in transactions(golden("pacs008_two_payments"), is_settled=True)} == {"APPROVED"}
    order = transactions(golden("moov_sepa_payment_naujas_1"), is_settled=True)
    assert {found.status for found in order} == {"REQUESTED"}


def test_two_payments_with_the_same_ids_are_two_and_a_copy_of_the_message_is_none() -> None:
    raw = changed("pacs008_two_payments", *((f"{name}-2<", f"{name}-1<") for name in ("INS", "E2E", "TX")), ("f002<", "f001<"))
    ids = [found.event_id for found in transactions(raw)]
    assert len(set(ids)) == 2
    assert ids == [found.event_id for found in transactions(raw)]


def test_an_id_that_says_not_provided_names_nothing() -> None:
    one = changed("pacs008_two_payments", ("E2E-1", "NOTPROVIDED"))
    other = changed("pacs008_two_payments", ("<EndToEndId>E2E-1</EndToEndId>", "<EndToEndId>notprovided</EndToEndId>"))
    assert transactions(one)[0].event_id == transactions(other)[0].event_id


def test_an_answer_names_the_payment_it_answers_and_pending_is_no_answer() -> None:
    asked = transactions(golden("pacs008_two_payments"))
    answers = transactions(golden("pacs002_accepted_refused_pending"))
    assert [found.status for found in answers] == ["APPROVED", "DECLINED"]
    assert [found.original_event_id for found in answers] == [found.event_id for found in asked]


@pytest.mark.parametrize("status", ["ACSP", "ACCP", "ACCC", "ACWP"])
def test_a_first_and_a_final_yes_are_one_event(status: str) -> None:
    first = transactions(changed("pacs002_accepted_refused_pending", ("ACSC", status)))[0]
    assert first == transactions(golden("pacs002_accepted_refused_pending"))[0]


def test_a_statement_and_a_notification_of_one_booking_are_one_event() -> None:
    assert transactions(golden("camt054_same_booking"))[0] == transactions(golden("camt053_bookings_and_reversals"))[0]


def test_a_reversal_takes_back_the_booking_whose_payment_it_names() -> None:
    booked, taken_back, *_ = transactions(golden("camt053_bookings_and_reversals"))
    assert taken_back.status == "REVERSED"
    assert taken_back.original_event_id == booked.event_id
    assert (taken_back.payer, taken_back.payee, taken_back.amount_minor) == (booked.payer, booked.payee, booked.amount_minor)


def test_a_reversal_of_no_named_payment_is_a_movement_the_other_way() -> None:
    out, back = transactions(golden("camt053_bookings_and_reversals"))[2:4]
    assert (out.status, back.status) == ("APPROVED", "APPROVED")
    assert (out.payer, out.payee) == (back.payee, back.payer)
    assert out.event_id != back.event_id


def test_a_batch_is_told_by_its_details_and_cash_at_the_counter_as_such_and_fees_are_not_told() -> None:
    found = transactions(golden("camt053_bookings_and_reversals"))
    assert [record.amount_minor for record in found[4:6]] == [1_000, 2_000]
    assert (found[6].kind, found[6].channel, found[6].payee) == ("CASH_WITHDRAWAL", "COUNTER", None)
    assert len(found) == 7


def test_a_message_in_a_prefix_reads_as_one_without() -> None:
    text = golden("pacs008_two_payments").decode()
    prefixed = text.replace("<", "<p:").replace("<p:/", "</p:").replace("<p:?", "<?").replace("xmlns=", "xmlns:p=")
    assert transactions(prefixed.encode()) == transactions(text.encode())


@pytest.mark.parametrize("version", ["02", "05", "10", "13"])
def test_the_versions_of_a_message_read_alike(version: str) -> None:
    raw = changed("pacs008_two_payments", ("pacs.008.001.08", f"pacs.008.001.{version}"))
    assert transactions(raw) == transactions(golden("pacs008_two_payments"))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("camt029_cancelled", {"status": "EXECUTED", "held_amount_minor": 5_000_000}),
        ("camt029_pending", {"status": "ACKNOWLEDGED"}),
        ("camt029_no_such_payment", {"status": "MISMATCH", "reason": "NOOR"}),
    ],
)
def test_another_banks_answer_to_our_request_is_a_freeze_response(case: str, expected: dict[str, Any]) -> None:
    (found,) = reader().decode(golden(case))
    assert isinstance(found, FreezeResponse)
    assert found.request_id == "r-0123456789abcdef0123"
    assert {name: msgspec.to_builtins(found).get(name) for name in expected} == expected


def test_a_later_answer_has_a_higher_sequence() -> None:
    earlier, later = (reader().decode(golden("camt029_pending").replace(b"T09:40", at))[0] for at in (b"T09:40", b"T09:41"))
    assert isinstance(earlier, FreezeResponse)
    assert isinstance(later, FreezeResponse)
    assert earlier.sequence < later.sequence


def test_an_error_names_the_payment_and_its_byte() -> None:
    raw = golden("second_payment_without_account")
    with pytest.raises(DecodeError) as refused:
        reader().decode(raw)
    assert refused.value.field == "CdtTrfTxInf[2]/DbtrAcct"
    assert raw[refused.value.position or 0 :].startswith(b"<DbtrAcct>")


def test_a_cheque_is_no_transfer() -> None:
    order = golden("moov_sepa_payment_naujas_1")
    assert b"<PmtMtd>TRF</PmtMtd>" in order
    assert transactions(order.replace(b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CHK</PmtMtd>")) == []


def test_only_so_many_payments_are_remembered_and_the_oldest_message_is_forgotten_first() -> None:
    requests = Requests(requests_max=20)
    for number in range(4):
        for part in reader().parts([pacs008(10, f"M-{number}")]):
            assert isinstance(part, Payment)
            requests.add(part)
            requests.add(part)
    known = [number for number in range(4) if _is_known(requests, f"M-{number}")]
    assert known == [2, 3]


def _is_known(requests: Requests, message: str) -> bool:
    raw = golden("pacs002_whole_message").replace(b"MSG-20260302-1", message.encode())
    (answer,) = reader().parts([raw])
    assert isinstance(answer, Answer)
    try:
        return len(requests.answered(answer)) == 10
    except DecodeError:
        return False


def test_an_answer_that_differs_in_one_id_means_another_payment() -> None:
    assert Keys("I", "E", "", "").may_mean(Keys("", "E", "T", ""))
    assert not Keys("I", "E", "", "").may_mean(Keys("J", "E", "", ""))
    assert not Keys("I", "", "", "").may_mean(Keys("", "E", "", ""))


def test_a_payment_booked_on_both_of_its_accounts_is_one_event_and_its_return_another() -> None:
    credit = golden("camt054_same_booking").decode()
    swapped = credit.replace("DE89370400440532013000", "@").replace("6222020200112233445", "DE89370400440532013000")
    debit = swapped.replace("@", "6222020200112233445").replace("CRDT", "DBIT").replace("BANKREF-1", "OTHER-REF")
    debit = debit.replace("<Dbtr", "<Cdtr").replace("</Dbtr", "</Cdtr")
    (seen_by_payee,), (seen_by_payer,) = transactions(credit.encode()), transactions(debit.encode())
    assert seen_by_payer.event_id == seen_by_payee.event_id
    back = credit.replace("CRDT", "DBIT").replace("<Dbtr", "<Cdtr").replace("</Dbtr", "</Cdtr")
    (returned,) = transactions(back.encode())
    assert returned.event_id != seen_by_payee.event_id
