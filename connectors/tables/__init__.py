"""Tables of a core bank: CSV, JSON or Parquet files whose columns a mapping turns into transactions.

`Tables` reads a whole CSV text, `rows.py` the rows of a file one by one with what is wrong with each. The language of mappings is
stated in `connectors/mapping.py`; what follows is the mapping of this package, of which `goldenhour mapping suggest` makes others.

| what the mapping says | becomes |
|---|---|
| `[fields]`, `[[when]]` | any flattened field of a transaction, TRANSFER, CASH_WITHDRAWAL, CASH_DEPOSIT, PURCHASE |
| `scale`, `grouping`, `unsigned` | `amount_minor`, exactly, from yuan with thousands' commas and signs |
| `time`, `format`, `zone` | `event_time` in UTC |
| `codes`, `[derived]` | `kind`, `status`, `channel`, `currency` from code tables, the direction from a flag or the sign |
| `token` | a keyed hash in place of an account, card or customer number |

Dropped: every column that the mapping does not name (told once per file), and those of `[ignored]`, with the reason written beside.

What a detector misses without it is what the table does not have; `goldenhour mapping check` lists it. Usually a bank's table of
bookings has no device, session or remote access (V3, X1, M6), no position of a machine (W4), no balance after the movement (M1 sees
less) and no age of holder or account (V1, M5). Where both sides of a transfer are booked, feed one of them, or it counts twice.
"""

from collections.abc import Iterable, Sequence

from connectors.errors import DecodeError
from connectors.mapping_rules import Mapping
from connectors.table_files import RawTable, ReplayFileError, opened_text
from connectors.tables.rows import read_rows
from connectors.tables.samples import MAPPING, csv_text
from connectors.tokens import Tokens
from models.records import InputRecord, Transaction


class Tables:
    """The connector. mapping: of the tables that it reads; tokens: for a mapping that makes any."""

    name = "tables"

    def __init__(self, mapping: Mapping, tokens: Tokens) -> None:
        self.mapping = mapping
        self.tokens = tokens

    def decode(self, raw: bytes) -> Sequence[InputRecord]:
        """Return the transactions of a CSV text with its header. Errors: DecodeError, the first there is."""
        table = RawTable("the message", raw)
        found: list[InputRecord] = []
        try:
            for part in read_rows(self.mapping, table, self.tokens):
                for error in part.errors:
                    at = self._byte_of(table, error.position or 0)
                    raise DecodeError(error.code, error.field, at, error.reason)
                found += [record for record in part.records if isinstance(record, Transaction)]
        except ReplayFileError as error:
            reason = "the text is no table with the columns that the mapping needs"
            raise DecodeError("bad_frame", "header", 0, reason) from error
        return found

    def samples(self) -> Sequence[bytes]:
        """Return tables of a hundred rows each."""
        return [csv_text(100, first=number * 100) for number in range(4)]

    def _byte_of(self, table: RawTable, row: int) -> int:
        """Return the byte at which the line of a row starts, as long as no cell holds a line end."""
        left = row + (0 if self.mapping.table.header else 1)
        encoding = "utf-8" if self.mapping.table.encoding == "utf-8-sig" else self.mapping.table.encoding
        at = len(table.raw) - len(table.raw.removeprefix(b"\xef\xbb\xbf"))
        with opened_text(table, self.mapping.table) as lines:
            for line in lines:
                left -= bool(line.strip("\r\n"))
                if left <= 0:
                    break
                at += len(line.encode(encoding))
        return min(at, len(table.raw))


def connectors(tokens: Tokens) -> Iterable[Tables]:
    """Return the connector with the mapping of its own samples."""
    return [Tables(MAPPING, tokens)]
