"""From files of tables to records: rows are sent as they are read, the file is moved when all of it is acknowledged."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.errors import DecodeError
from connectors.mapping_rules import Mapping
from connectors.pacing import OutboundRecord
from connectors.table_files import ReplayFileError
from connectors.tables.rows import error_of_file, read_rows
from connectors.tokens import Tokens
from stream.ingest import Send, letters_of_file, outbound
from stream.message_folder import BAD, DONE, digest_of_file, settle

ERRORS_TOLD_MAX = 1_000  # ours: of one file; a mapping that does not fit makes every row an error


class TableCounts(msgspec.Struct):
    """What was done so far."""

    files: int = 0
    bad_files: int = 0
    transactions: int = 0
    errors: int = 0


class TableIngest:
    """Reads tables and gives their transactions to `send`, which returns once they are taken down; then moves the files.

    tokens: for a mapping that makes any. now: of dead letters. say: told what an operator should know of a file.
    """

    def __init__(
        self, mapping: Mapping, tokens: Tokens | None, send: Send, now: Callable[[], datetime], say: Callable[[str], None]
    ) -> None:
        self.counts = TableCounts()
        self._mapping = mapping
        self._tokens = tokens
        self._send = send
        self._now = now
        self._say = say

    def run(self, paths: Iterable[Path], *, moves: bool) -> None:
        """Read files one after the other. moves: into `done` and `bad` beside them."""
        for path in paths:
            if path.exists():  # else somebody took it away since it was listed
                errors = self._read(path)
                self.counts.files += 1
                self.counts.bad_files += bool(errors)
                if moves:
                    settle(path, BAD if errors else DONE, "".join(f"{told_of(error)}\n" for error in errors))
                else:
                    for error in errors:
                        self._say(f"{path.name}: {told_of(error)}")

    def _read(self, path: Path) -> list[DecodeError]:
        """Send what a file holds; return what is wrong with it, the first of it where there is much."""
        told: list[DecodeError] = []
        content = digest_of_file(path)
        try:
            self._refuse_a_second_of_its_name(path, content)
            for part in read_rows(self._mapping, path, self._tokens, self._say):
                records = [outbound(record) for record in part.records if record is not None]
                self.counts.transactions += len(records)
                self._send(records + self._letters(path, content, part.errors))
                told += part.errors[: ERRORS_TOLD_MAX - len(told)]
        except ReplayFileError as error:
            fault = error_of_file(error)
            self._send(self._letters(path, content, [fault]))
            told.append(fault)
        return told

    def _refuse_a_second_of_its_name(self, path: Path, content: str) -> None:
        """Ids made of a file's name and row must not come twice for different rows: the second would pass for a copy."""
        earlier = path.parent / DONE / path.name
        if self._mapping.event_id is None and earlier.exists() and digest_of_file(earlier) != content:
            raise ReplayFileError("a file of this name was read before, and its rows have made the same event ids")

    def _letters(self, path: Path, content: str, errors: list[DecodeError]) -> list[OutboundRecord]:
        """Return a dead letter for each row with errors, for the first of them: its offset is the number of the row."""
        if not errors:
            return []
        first: dict[int, DecodeError] = {}
        for error in errors:
            first.setdefault(error.position or 0, error)
        self.counts.errors += len(first)
        return letters_of_file(first.values(), path, content, "table", self._now())


def told_of(error: DecodeError) -> str:
    """Return an error in one line; its place is a row of the file, none of the file as a whole."""
    row = f" (row {error.position})" if error.position else ""
    return f"{error.code} at {error.field}{row}: {error.reason}"
