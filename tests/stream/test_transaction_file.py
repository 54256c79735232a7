"""What `transactions.csv` says of a transaction, and whom it takes for a customer of this bank."""

import io

import pytest

from models.records import Party, Transaction
from models.units import instant
from stream.transaction_file import COLUMNS, TransactionFile


def row_of(payer: Party | None, payee: Party | None) -> dict[str, str]:
    file = io.StringIO()
    writer = TransactionFile(file)
    writer.write(
        Transaction(
            event_id="t-1",
            event_time=instant(0),
            kind="TRANSFER",
            status="APPROVED",
            channel="MOBILE",
            amount_minor=4_980_000,
            currency="CNY",
            payer=payer,
            payee=payee,
            original_event_id="q-1",
        )
    )
    header, row = file.getvalue().splitlines()
    assert tuple(header.split(",")) == COLUMNS
    return dict(zip(COLUMNS, row.split(","), strict=True))


def test_a_row_holds_who_paid_whom_how_much() -> None:
    row = row_of(Party(account="a-1", customer="c-1"), Party(account="a-2", on_us=True))
    assert (row["event_id"], row["kind"], row["status"], row["amount_minor"]) == ("t-1", "TRANSFER", "APPROVED", "4980000")
    assert (row["payer_account"], row["payee_account"], row["original_event_id"]) == ("a-1", "a-2", "q-1")


@pytest.mark.parametrize(
    ("party", "customer"),
    [
        (Party(account="a-1", customer="c-1"), "c-1"),
        (Party(account="a-1", on_us=True), "a-1"),
        (Party(account="a-1"), ""),
        (Party(account="a-1", on_us=False, customer="c-1"), ""),
        (Party(account="a-1", on_us=True, type="MERCHANT"), ""),
    ],
)
def test_a_customer_is_one_who_banks_here(party: Party, customer: str) -> None:
    assert row_of(party, Party(account="a-2"))["payer_customer"] == customer
