"""When the rows of a mapped table happened, and what is wrong with them.

A data set that tells only the day or the hour gets its rows spread over it: row i of n (from 0) happens i/n into it.
The number n must be known before the first row of that day is given out, so such a file's time column is read twice.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.cell_json import NotNumbersError, scaled
from connectors.mapping_rules import SPREAD_US, FromTime, Mapping, MappingError
from connectors.table_files import Batch, Column, Timestamps, batches
from models.units import time_us

PROBLEMS_MAX = 20  # ours: enough to see the pattern, few enough to read

_UNIX_US = {"unix_s": 1_000_000, "unix_ms": 1_000}
_NAT_US = np.iinfo(np.int64).min  # what numpy reads as "not a time"


class RowProblems:
    """Collects what is wrong with the rows of one batch, so that it is told at once."""

    def __init__(self, mapping: Mapping, first_row: int) -> None:
        self._mapping = mapping
        self._first_row = first_row
        self._found: list[tuple[int, str, str]] = []

    def add(self, key: str, places: Sequence[int], what: str) -> None:
        """Note a problem at places (from 0) of the batch. what: a sentence without any value of the row."""
        self._found += [(self._first_row + place, key, what) for place in places]

    def raise_any(self) -> None:
        """Raise MappingError if anything was noted, in row order."""
        if not self._found:
            return
        lines = [f"row {row}: {key}: {what}" for row, key, what in sorted(self._found)]
        rest = len(lines) - PROBLEMS_MAX
        raise MappingError(self._mapping.name, lines[:PROBLEMS_MAX] + ([f"and {rest} more"] if rest > 0 else []))


class RowClock:
    """Gives the instants of a file's rows, batch after batch in file order."""

    def __init__(self, mapping: Mapping, path: Path) -> None:
        """Reads the time column once if its rows are to be spread. Errors: MappingError, as `instants`."""
        self._rule = mapping.event_time
        self._rows_of: Counter[int | None] = Counter()
        self._given_of: Counter[int | None] = Counter()
        if self._rule.reading in SPREAD_US:
            for batch in batches(path, [self._rule.column]):
                problems = RowProblems(mapping, batch.first_row)
                self._rows_of.update(_numbers(batch.columns[self._rule.column], 1, problems))
                problems.raise_any()

    def instants(self, batch: Batch, problems: RowProblems) -> npt.NDArray[np.datetime64]:
        """Return the instants of a batch in microseconds, NaT where the cell is empty or a problem."""
        rule = self._rule
        column = batch.columns[rule.column]
        if rule.reading in SPREAD_US:
            return _as_instants([self._spread(number) for number in _numbers(column, 1, problems)])
        if rule.reading in _UNIX_US:
            return _as_instants(_numbers(column, _UNIX_US[rule.reading], problems))
        if isinstance(column, Timestamps):
            return column.at if column.is_utc else column.at - np.timedelta64(rule.zone_us, "us")
        return _as_instants(_read_texts(column, rule, problems))

    def _spread(self, number: int | None) -> int | None:
        if number is None:
            return None
        rule = self._rule
        length_us = SPREAD_US[rule.reading]
        place = self._given_of[number]
        self._given_of[number] = place + 1
        return rule.origin_us + (number - rule.first) * length_us + place * length_us // self._rows_of[number]


def _numbers(column: Column, scale: int, problems: RowProblems) -> list[int | None]:
    if isinstance(column, Timestamps):
        problems.add("fields.event_time", range(len(column.at)), "the cell is a timestamp, no number")
        return [None] * len(column.at)
    try:
        return scaled(column, scale)
    except NotNumbersError as error:
        problems.add("fields.event_time", error.places, "the cell is no number")
        return [None] * len(column)


def _read_texts(column: list[Any], rule: FromTime, problems: RowProblems) -> list[int | None]:
    instants: list[int | None] = []
    wrong: list[int] = []
    for place, cell in enumerate(column):
        try:
            at = datetime.fromisoformat(cell) if cell is not None else None
        except (TypeError, ValueError):
            wrong.append(place)
            at = None
        if at is None:
            instants.append(None)
        elif at.tzinfo is None:
            instants.append(time_us(at.replace(tzinfo=UTC)) - rule.zone_us)
        else:
            instants.append(time_us(at))
    problems.add("fields.event_time", wrong, "the cell is no time as in 2018-04-01 00:00:31")
    return instants


def _as_instants(at_us: list[int | None]) -> npt.NDArray[np.datetime64]:
    numbers = [_NAT_US if at is None else at for at in at_us] if None in at_us else at_us
    return np.array(numbers, dtype=np.int64).astype("M8[us]")
