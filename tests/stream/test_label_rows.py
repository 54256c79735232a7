"""Rows are found by event, go silent in the order of the log, and expire by pages, with the state alone to go on from."""

import pytest

from models.decision import Row
from stream.label_rows import PAGE_ROWS, LabelRows
from tests.stream.test_case_index import Values


def row(number: int) -> Row:
    return Row(1_000 + number, b"A:a", number, b"", {}, 0.0)


def filled(count: int) -> tuple[Values, LabelRows]:
    values = Values()
    rows = LabelRows(values, "PAYER")
    for number in range(count):
        rows.append(row(number), number)
    return values, rows


def reloaded(values: Values, rows: LabelRows) -> LabelRows:
    rows.flush(0)
    return LabelRows(values, "PAYER", rows.rows, rows.silent)


@pytest.mark.parametrize("count", [1, PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 3 * PAGE_ROWS + 7])
def test_every_row_is_found_before_and_after_a_restart(count: int) -> None:
    values, rows = filled(count)
    for found in (rows, reloaded(values, rows)):
        assert [found.find(1_000 + number) for number in range(count)] == [(number, row(number)) for number in range(count)]
        assert found.find(5) is None


@pytest.mark.parametrize("count", [PAGE_ROWS, PAGE_ROWS + 5])
def test_a_label_stays_with_its_row(count: int) -> None:
    values, rows = filled(count)
    for number in (0, count - 1):
        found = rows.find(1_000 + number)
        assert found is not None
        found[1].label = "FRAUD"
        rows.change(number, 9)
    again = reloaded(values, rows)
    labels = [found[1].label for number in range(count) if (found := again.find(1_000 + number)) is not None]
    assert labels == ["FRAUD", *[""] * (count - 2), "FRAUD"]


def test_silence_speaks_on_each_row_once_and_in_order() -> None:
    values, rows = filled(PAGE_ROWS + 3)
    first = [rows.next_silent(5) for _ in range(7)]
    assert first == [*map(row, range(5)), None, None]
    again = reloaded(values, rows)
    rest = []
    while (found := again.next_silent(10**9)) is not None:
        rest.append(found)
    assert rest == list(map(row, range(5, PAGE_ROWS + 3)))


def test_a_page_leaves_when_all_its_rows_are_old_and_silent() -> None:
    values, rows = filled(2 * PAGE_ROWS)
    rows.expire(10**9, 0)
    assert len(values.values) == 2  # nothing is silent yet
    while rows.next_silent(10**9) is not None:
        pass
    rows.expire(PAGE_ROWS - 1, 0)
    assert len(values.values) == 2
    rows.expire(PAGE_ROWS, 0)
    assert list(values.values) == [b"J:PAYER:1"]
    assert rows.find(1_000) is None
    assert rows.find(1_000 + PAGE_ROWS) == (PAGE_ROWS, row(PAGE_ROWS))


def test_parties_keep_apart() -> None:
    values, _ = filled(PAGE_ROWS)
    assert LabelRows(values, "PAYEE").find(1_000) is None
