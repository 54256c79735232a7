"""`transactions.csv` of a replay: what the evaluation needs to know of each transaction beside its score.

Who paid whom how much, once for every transaction, in order of first arrival. Accounts stand in clear, as in the input: the file
belongs with the bank's data, and nothing but the evaluation reads it.
"""

import csv
from pathlib import Path
from typing import Any, TextIO

from models.records import Party, Transaction

NAME = "transactions.csv"
COLUMNS = (
    "event_id",
    "kind",
    "status",
    "amount_minor",
    "currency",
    "payer_account",
    "payer_customer",
    "payee_account",
    "payee_customer",
    "original_event_id",
)
"""A customer is named for accounts at this bank only; where the record names none, the account stands for its customer."""


class TransactionFile:
    """Writes the file, one transaction a call."""

    def __init__(self, file: TextIO) -> None:
        """Write the header."""
        self._writer: Any = csv.writer(file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def write(self, transaction: Transaction) -> None:
        """Add a transaction; the caller gives each once."""
        payer, payee = transaction.payer, transaction.payee
        self._writer.writerow(
            (
                transaction.event_id,
                transaction.kind,
                transaction.status,
                transaction.amount_minor,
                transaction.currency,
                payer.account if payer is not None else "",
                _customer(payer),
                payee.account if payee is not None else "",
                _customer(payee),
                transaction.original_event_id or "",
            )
        )


def _customer(party: Party | None) -> str:
    """Return whom a wrong hold would hurt, a customer of this bank; "" if the account is elsewhere or nobody says where."""
    if party is None or party.on_us is False or party.type in ("MERCHANT", "GOVERNMENT"):
        return ""
    return party.customer or (party.account if party.on_us else "")


def open_transaction_file(folder: Path) -> TextIO:
    """Return the file of an output folder, new and open for writing."""
    return (folder / NAME).open("w", encoding="utf-8", newline="")
