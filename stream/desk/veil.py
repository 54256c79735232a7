"""Identifiers as a page may show them: masked, with a number by which an eye follows an account through a case, until opened."""

import re
from collections.abc import Iterable
from typing import Final

from connectors.masking import mask
from stream.desk.board import Board
from stream.desk.case_file import CaseFile

_LONG_NUMBER: Final = re.compile(r"\d{12,}")
"""Card and account numbers that somebody typed into a sentence."""


class Veil:
    """Shows the identifiers of one case. is_open: in clear."""

    def __init__(self, accounts: Iterable[str], *, is_open: bool) -> None:
        """accounts: those of the case first, then all others that its page may name; they are numbered in this order."""
        self.is_open = is_open
        self._numbers = {account: number for number, account in enumerate(dict.fromkeys(filter(None, accounts)), 1)}
        longest_first = sorted(self._numbers, key=lambda one: (-len(one), one))
        self._any = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)") if longest_first else None

    def account(self, identifier: str) -> str:
        """Return an account: number and mask, or number and the account."""
        number = self._numbers.setdefault(identifier, len(self._numbers) + 1)
        return f"#{number} {self.plain(identifier)}"

    def plain(self, identifier: str) -> str:
        """Return any other identifier of a person or a device."""
        return identifier if self.is_open else mask(identifier)

    def text(self, text: str) -> str:
        """Return a sentence that people wrote, with the accounts of the case and long numbers masked."""
        if self.is_open:
            return text
        if self._any is not None:
            text = self._any.sub(lambda found: mask(found[0]), text)
        return _LONG_NUMBER.sub(lambda found: mask(found[0]), text)


def veil_of(board: Board, case: CaseFile, others: Iterable[str], *, is_open: bool) -> Veil:
    """Return the veil of a case's page. others: accounts of its money flow."""
    matched = (
        match.counterparty_account for file in case.requests.values() for text in file.said.values() for match in text.transactions
    )
    traces = [trace for account in case.accounts() if (trace := board.traces.get(account)) is not None]
    left = (part.account or "" for trace in traces for part in trace.left)
    remedied = (remedy.account or "" for trace in traces for remedy in trace.remedies)
    return Veil([*case.accounts(), *others, *matched, *left, *remedied], is_open=is_open)
