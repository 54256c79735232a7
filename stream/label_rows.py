"""The rows of one party that wait for labels, in the state of a partition: pages of a few rows, found by event, expiring in order.

A row's number only grows; page n holds the rows from n * PAGE_ROWS on, under `J:<party>:<n>`. The last page is open and kept
decoded; in memory besides it there is one number per row.
"""

from typing import Final

import msgspec

from models.decision import Row
from stream.case_index import Storage
from stream.store import payload_of, value_of

PREFIX: Final = b"J:"
PAGE_ROWS: Final = 32

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


class LabelRows:
    """rows: how many were ever added. silent: number of the next row that silence speaks on."""

    def __init__(self, storage: Storage, party: str, rows: int = 0, silent: int = 0) -> None:
        """Take over the pages of a party; its learner tells how far they are."""
        self._storage = storage
        self._prefix = PREFIX + party.encode() + b":"
        self.rows = rows
        self.silent = silent
        self._number_of: dict[int, int] = {}
        pages = sorted(int(key[len(self._prefix) :]) for key in storage.values if key.startswith(self._prefix))
        self._first_page = pages[0] if pages else 0
        for page in pages:
            for index, row in enumerate(self._stored(page)):
                self._number_of[row.event] = page * PAGE_ROWS + index
        self._open = self._stored(rows // PAGE_ROWS) if rows % PAGE_ROWS else []
        self._read_page = -1
        self._read: list[Row] = []
        self._is_changed = False

    def append(self, row: Row, position: int) -> None:
        """Add a row; a page that is full is stored."""
        self._number_of[row.event] = self.rows
        self._open.append(row)
        self.rows += 1
        self._is_changed = True
        if self.rows % PAGE_ROWS == 0:
            self.flush(position, page=self.rows // PAGE_ROWS - 1)
            self._open = []

    def flush(self, position: int, page: int | None = None) -> None:
        """Store the open page if it has changed."""
        if self._is_changed and self._open:
            self._put(self.rows // PAGE_ROWS if page is None else page, self._open, position)
        self._is_changed = False

    def find(self, event: int) -> tuple[int, Row] | None:
        """Return number and row of an event."""
        number = self._number_of.get(event)
        if number is None:
            return None
        return number, self._page(number // PAGE_ROWS)[number % PAGE_ROWS]

    def change(self, number: int, position: int) -> None:
        """Store the row of this number as it was changed in place."""
        page = number // PAGE_ROWS
        if page == self.rows // PAGE_ROWS:
            self._is_changed = True
        else:
            self._put(page, self._page(page), position)

    def next_silent(self, before_us: int) -> Row | None:
        """Return the next row of an event before an instant, in the order of the log, and go on; None if there is none."""
        if self.silent == self.rows:
            return None
        row = self._page(self.silent // PAGE_ROWS)[self.silent % PAGE_ROWS]
        if row.at_us >= before_us:
            return None
        self.silent += 1
        return row

    def expire(self, before_us: int, position: int) -> None:
        """Take out the oldest page if all its rows are silent, and the last of them is older than an instant."""
        page = self._first_page
        if (page + 1) * PAGE_ROWS > self.silent:
            return
        rows = self._page(page)
        if rows[-1].at_us >= before_us:
            return
        for index, row in enumerate(rows):
            if self._number_of.get(row.event) == page * PAGE_ROWS + index:
                del self._number_of[row.event]
        self._storage.remove(self._key(page), position)
        self._first_page += 1
        self._read_page = -1

    def _page(self, page: int) -> list[Row]:
        if page == self.rows // PAGE_ROWS:
            return self._open
        if page != self._read_page:
            self._read_page, self._read = page, self._stored(page)
        return self._read

    def _stored(self, page: int) -> list[Row]:
        value = self._storage.values.get(self._key(page))
        return _decode(payload_of(value)) if value is not None else []

    def _put(self, page: int, rows: list[Row], position: int) -> None:
        self._storage.put(self._key(page), value_of(position, _encode(rows)), position)

    def _key(self, page: int) -> bytes:
        return self._prefix + str(page).encode()
