"""A recall is valid by the schema, says what the payment's own message said, and is made once for each payment."""

import importlib
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract_json import encode
from connectors.errors import DecodeError
from connectors.iso20022.originals import originals
from connectors.iso20022.recall import VERSIONS, Recall, RecalledPayment, write_recall
from models.records import FreezeRequest, MatchedTransaction, Remedy, Target, TraceRecord
from stream.cli import cli
from stream.recalls import wanted_of
from tests.connectors.iso20022.messages import golden, golden_path, reader

NOW = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
REQUEST = "r-0123456789abcdef0123"
IDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=35)
MAYBE = st.one_of(st.just(""), IDS)


def schema(message: str) -> Any:
    """Return the schema of a message as the ISO 20022 registration authority generated it, from a package that ships it."""
    xmlschema: Any = importlib.import_module("xmlschema")
    path = resources.files("camt_exceptions") / "templates" / message / f"{message}.xsd"
    return xmlschema.XMLSchema(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def camt056() -> Any:
    return schema("camt.056.001.12")


def approvals() -> list[str]:
    """Return the event ids under which the two golden payments were approved."""
    return [record.event_id.replace("-q-", "-a-") for record in reader().decode(golden("pacs008_two_payments"))]  # type: ignore[union-attr]


def freeze_request(*event_ids: str, direction: str = "IN", **given: Any) -> FreezeRequest:
    booked = tuple(
        MatchedTransaction(
            event_id=event_id,
            booked_at=NOW,
            amount_minor=5_000_000,
            direction=direction,  # type: ignore[arg-type]
            counterparty_account="a-1",
            hop=1,
        )
        for event_id in event_ids
    )
    told: dict[str, Any] = {
        "request_id": REQUEST,
        "sequence": 1,
        "state": "PROPOSED",
        "requested_at": NOW,
        "case_id": "c-1",
        "measure": "STOP_PAYMENT_48H",
        "target": Target(account="a-2", bank="OTHRCNSH", on_us=False),
        "requested_amount_minor": 5_000_000,
        "currency": "CNY",
        "transactions": booked,
        "alert_ids": ("al-1",),
        "reasons": (),
        "valid_until": NOW,
    }
    return FreezeRequest(**{**told, **given})


def trace(*event_ids: str, revision: int = 1) -> TraceRecord:
    remedies = tuple(Remedy(remedy="RECALL", amount_minor=1, event_id=event_id, account="a-2") for event_id in event_ids)
    return TraceRecord(account="a-1", revision=revision, as_of=NOW, hop=0, method="FIFO", currency="CNY", remedies=remedies)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = tmp_path / "done"
    done.mkdir()
    (done / "a.xml").write_bytes(golden("pacs008_two_payments"))
    return tmp_path


def run(folder: Path, *records: FreezeRequest | TraceRecord, own_bics: str = "BANKCNBJ", options: tuple[str, ...] = ()) -> Any:
    for name, kind in (("freeze_requests", FreezeRequest), ("traces", TraceRecord)):
        lines = [encode(record) + b"\n" for record in records if isinstance(record, kind)]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
    arguments = ["recall", str(folder), "--originals", str(folder / "done"), "--out", str(folder / "out")]
    return CliRunner().invoke(cli, [*arguments, *(("--own-bics", own_bics) if own_bics else ()), *options])


def written(folder: Path) -> list[Recall]:
    return [reader().read(path.read_bytes()) for path in sorted((folder / "out").glob("*.xml"))]


# ---- the message -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["camt056_two_payments"])
def test_a_recall_is_valid_by_the_schema(camt056: Any, case: str) -> None:
    camt056.validate(golden(case).decode())


@pytest.mark.parametrize("case", ["camt029_cancelled", "camt029_pending", "camt029_no_such_payment"])
def test_the_answers_that_we_read_are_valid_by_theirs(case: str) -> None:
    schema("camt.029.001.14").validate(golden(case).decode())


def test_the_schema_does_find_what_is_wrong(camt056: Any) -> None:
    assert not camt056.is_valid(golden("camt056_two_payments").decode().replace("<Cd>FRAD</Cd>", ""))


@given(
    ids=st.tuples(IDS, MAYBE, MAYBE, MAYBE, MAYBE),
    minor=st.integers(0, 10**15),
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
    account=st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=34)),
)
def test_what_was_written_is_read_as_it_was(ids: tuple[str, ...], minor: int, currency: str, account: str) -> None:
    cancellation, message, instruction, end_to_end, transaction = (
        "" if text.upper() in {"NOTPROVIDED", "UNKNOWN", "NONE", "NONREF"} else text for text in ids
    )
    payment = RecalledPayment(
        cancellation=cancellation,
        amount_minor=minor,
        currency=currency,
        original_message=message,
        original_name="pacs.008.001.08" if message else "",
        instruction=instruction,
        end_to_end=end_to_end,
        transaction=transaction,
        account=account,
    )
    recall = Recall(
        assignment=REQUEST, case=REQUEST, from_bic="BANKCNBJ", to_bic="OTHRCNSHXXX", made_at=NOW, payments=(payment, payment)
    )
    assert reader().read(write_recall(recall)) == recall


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_is_the_one_that_was_asked_for(version: str) -> None:
    recall = reader().read(golden("camt056_two_payments").replace(b"056.001.12", b"056.001." + version.encode()))
    assert recall.version == version
    assert f"camt.056.001.{version}".encode() in write_recall(recall)


@pytest.mark.parametrize(
    ("field", "value"),
    [("assignment", "x" * 36), ("assignment", ""), ("from_bic", "BANK"), ("to_bic", ""), ("payments", ()), ("version", "99")],
)
def test_what_the_message_cannot_carry_is_not_written(field: str, value: object) -> None:
    import msgspec

    recall = reader().read(golden("camt056_two_payments"))
    with pytest.raises(ValueError, match=r"\w"):
        write_recall(msgspec.structs.replace(recall, **{field: value}))


def test_another_message_is_no_recall() -> None:
    with pytest.raises(DecodeError, match="no recall"):
        reader().read(golden("pacs008_two_payments"))


def test_a_recall_shows_no_account_when_it_is_printed() -> None:
    recall = reader().read(golden("camt056_two_payments"))
    found = dict(originals([golden("pacs008_two_payments")], {approvals()[0].rpartition("-")[2]}))
    assert "DE89370400440532013000" not in repr(recall) + repr(recall.payments) + repr(found)
    assert found


# ---- which payments ----------------------------------------------------------------------------------------------------------


def test_the_payment_into_an_account_elsewhere_is_recalled_with_its_own_ids_and_whole_sum(folder: Path, camt056: Any) -> None:
    result = run(folder, freeze_request(approvals()[0]))
    assert (result.exit_code, result.output) == (0, "1 recalls written, 0 there already\n")
    (path,) = (folder / "out").iterdir()
    camt056.validate(path.read_text("utf-8"))
    (recall,) = written(folder)
    (payment,) = recall.payments
    assert (recall.case, recall.reason, recall.from_bic, recall.to_bic) == (REQUEST, "FRAD", "BANKCNBJ300", "OTHRCNSHXXX")
    assert (payment.original_message, payment.original_name) == ("MSG-20260302-1", "pacs.008.001.08")
    assert (payment.end_to_end, payment.transaction, payment.amount_minor) == ("E2E-1", "TX-1", 5_000_000)
    assert (payment.account, payment.is_iban, payment.settled_on) == ("DE89370400440532013000", True, "2026-03-02")
    assert path.stat().st_mode & 0o077 == 0


def test_money_that_a_trace_saw_leave_for_another_bank_is_recalled(folder: Path) -> None:
    assert run(folder, trace(approvals()[1])).exit_code == 0
    (recall,) = written(folder)
    assert recall.payments[0].end_to_end == "E2E-2"
    assert recall.case.startswith("t-")


def test_a_payment_that_both_name_is_recalled_once_and_a_second_run_writes_nothing(folder: Path) -> None:
    run(folder, freeze_request(approvals()[0]), trace(approvals()[0]))
    before = {path: path.read_bytes() for path in (folder / "out").iterdir()}
    again = run(folder, freeze_request(approvals()[0]), freeze_request(approvals()[0], sequence=2), trace(approvals()[0]))
    assert again.output == "0 recalls written, 1 there already\n"
    assert {path: path.read_bytes() for path in (folder / "out").iterdir()} == before


def test_what_was_withdrawn_left_the_account_or_is_held_at_home_is_not_recalled() -> None:
    event = approvals()[0]
    withdrawn = [freeze_request(event), freeze_request(event, sequence=2, state="WITHDRAWN")]
    assert wanted_of(withdrawn) == ([], 0)
    assert wanted_of([freeze_request(event, direction="OUT")]) == ([], 0)
    assert wanted_of([freeze_request(event, target=Target(account="a-2", on_us=True))]) == ([], 0)


def test_only_the_last_word_of_a_trace_counts() -> None:
    assert wanted_of([trace(approvals()[0]), trace(revision=2)]) == ([], 0)


@pytest.mark.parametrize(("event", "own"), [("e-17", "BANKCNBJ"), ("", "OTHRCNSH"), ("iso20022-a-" + "0" * 32, "BANKCNBJ")])
def test_a_payment_that_we_cannot_recall_is_told(folder: Path, event: str, own: str) -> None:
    result = run(folder, freeze_request(event or approvals()[0]), own_bics=own)
    assert result.exit_code == 1
    assert "1 left out" in result.output or "1 of other connectors" in result.output
    assert not list((folder / "out").iterdir())


def test_without_our_own_bic_nothing_is_recalled(folder: Path) -> None:
    assert run(folder, freeze_request(approvals()[0]), own_bics="").exit_code != 0
    assert golden_path("pacs008_two_payments").is_file()
