"""When the rows of a mapped table happened.

A data set that tells only the day or the hour gets its rows spread over it: row i of n (from 0) happens i/n into it.
The number n must be known before the first row of that day is given out, so such a file's time column is read twice.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from connectors.cell_json import SCALED_DIGITS_MAX, NotNumbersError, scaled
from connectors.mapping_rules import SPREAD_US, FromTime, Mapping
from connectors.row_problems import RowProblems
from connectors.table_files import Batch, Column, TableFile, Timestamps, batches
from connectors.time_format import reader_of
from models.units import time_us

_UNITS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_NAT_US = np.iinfo(np.int64).min  # what numpy reads as "not a time"
_DIGITS_OF_NS = 19
_FIRST_US, _LAST_US = (time_us(datetime(year, 1, 1, tzinfo=UTC)) for year in (1, 9999))
"""Beyond these an instant cannot be written as RFC 3339; the codec says that the time is missing."""


class RowClock:
    """Gives the instants of a file's rows, batch after batch in file order."""

    def __init__(self, mapping: Mapping, path: TableFile) -> None:
        """Reads the time column once if its rows are to be spread. Errors: MappingError, as `instants`."""
        self._rule = mapping.event_time
        self.column = mapping.event_time.column
        self._rows_of: Counter[int | None] = Counter()
        self._given_of: Counter[int | None] = Counter()
        if self._rule.reading in SPREAD_US:
            for batch in batches(path, [self._rule.column], mapping.table):
                problems = RowProblems(mapping, batch.first_row)
                self._rows_of.update(_numbers(batch.columns[self._rule.column], 1, problems))
                problems.raise_any()

    def instants(self, batch: Batch, problems: RowProblems) -> npt.NDArray[np.datetime64]:
        """Return the instants of a batch in microseconds, NaT where the cell is empty or a problem."""
        rule = self._rule
        column = batch.columns[rule.column]
        if rule.reading in SPREAD_US:
            return _as_instants([self._spread(number) for number in _numbers(column, 1, problems)])
        if rule.reading != "timestamp":
            return _as_instants(_counted(column, rule, problems))
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


def _numbers(column: Column, scale: int, problems: RowProblems, digits_max: int = SCALED_DIGITS_MAX) -> list[int | None]:
    if isinstance(column, Timestamps):
        problems.add("fields.event_time", range(len(column.at)), "the cell is a timestamp, no number")
        return [None] * len(column.at)
    try:
        return scaled(column, scale, digits_max)
    except NotNumbersError as error:
        problems.add("fields.event_time", error.places, "the cell is no number")
        return error.values


def _counted(column: Column, rule: FromTime, problems: RowProblems) -> list[int | None]:
    """Return instants counted since 1970; of a wall clock, where the source tells its types, they come as times."""
    if rule.reading.startswith("wall_") and not isinstance(column, Timestamps):
        at = [place for place, cell in enumerate(column) if isinstance(cell, datetime)]
        if at:
            told = _read_texts([column[place] for place in at], rule, problems)
            rest = _counted([None if isinstance(cell, datetime) else cell for cell in column], rule, problems)
            for place, instant in zip(at, told, strict=True):
                rest[place] = instant
            return rest
    unit_ns = _UNITS_NS[rule.reading.partition("_")[2]]
    if unit_ns >= 1_000:
        numbers = _numbers(column, unit_ns // 1_000, problems)
    else:
        numbers = [number if number is None else number // 1_000 for number in _numbers(column, 1, problems, _DIGITS_OF_NS)]
    return [number if number is None else number - rule.zone_us for number in numbers]


def _read_texts(column: list[Any], rule: FromTime, problems: RowProblems) -> list[int | None]:
    read = reader_of(rule.form) if rule.form else datetime.fromisoformat
    instants: list[int | None] = []
    wrong: list[int] = []
    for place, cell in enumerate(column):
        try:
            at = None if cell is None else cell if isinstance(cell, datetime) else read(_text(cell) if rule.form else cell)
            instants.append(at if at is None else _instant(at, rule.zone_us))
        except (OverflowError, TypeError, ValueError):
            wrong.append(place)
            instants.append(None)
    like = rule.form or "2018-04-01 00:00:31"
    problems.add("fields.event_time", wrong, f"the cell is no time as in {like}", "bad_time")
    return instants


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _instant(at: datetime, zone_us: int) -> int:
    return time_us(at.replace(tzinfo=UTC)) - zone_us if at.tzinfo is None else time_us(at)


def _as_instants(at_us: list[int | None]) -> npt.NDArray[np.datetime64]:
    numbers = [_NAT_US if at is None or not _FIRST_US <= at <= _LAST_US else at for at in at_us]
    return np.array(numbers, dtype=np.int64).astype("M8[us]")
