"""Label files: what a person later found of replayed transactions.

Columns `event_id,label`, optional `case` and `typology`. They are read by the evaluation of a replay and by nothing
else; on the wire the same knowledge travels as dispositions, later.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from connectors.mapping_rules import LabelRule, Mapping, MappingError, Rule, columns_of
from connectors.row_problems import PROBLEMS_MAX, RowProblems
from connectors.rule_values import Cells, derived, texts_of
from connectors.table_files import Batch, Column, ReplayFileError, Timestamps, batches, column_names
from connectors.table_rows import event_ids, row_id_prefix

COLUMNS = ("event_id", "label", "case", "typology")

_LABELS = {"0": 0, "1": 1, "false": 0, "true": 1, "0.0": 0, "1.0": 1}


class LabelError(ReplayFileError):
    """A label file is wrong; says file, rows and reason."""


class Label(NamedTuple):
    """One row: label 1 is fraud, 0 is not; case and typology None where not said."""

    event_id: str
    label: int
    case: str | None = None
    typology: str | None = None


class Labels(msgspec.Struct, frozen=True):
    """The rows of a label file by event id; an event without label is in none of the three."""

    label_of: dict[str, int]
    case_of: dict[str, str]
    typology_of: dict[str, str]

    @property
    def fraud_count(self) -> int:
        """Return how many events are labelled 1."""
        return sum(self.label_of.values())

    @property
    def prevalence(self) -> float | None:
        """Return the share of label 1 among all labels; every quality figure states it. None without any label."""
        return self.fraud_count / len(self.label_of) if self.label_of else None


def read_labels(path: str | Path) -> Labels:
    """Return the labels of a .csv or .parquet file.

    Errors: LabelError naming the first rows whose label is neither 0 nor 1, or whose event_id is missing or comes
    again.
    """
    file = Path(path)
    if file.suffix not in (".csv", ".parquet"):
        raise LabelError(f"{file.name}: a label file ends in .csv or .parquet")
    if not file.is_file():
        raise LabelError(f"{file.name}: no such file")
    missing = [name for name in COLUMNS[:2] if name not in column_names(file)]
    if missing:
        raise LabelError(f"{file.name}: no column {', '.join(missing)}")
    labels = Labels({}, {}, {})
    wrong: list[str] = []
    for batch in batches(file, COLUMNS):
        for row, cells in enumerate(_label_rows(batch), start=batch.first_row):
            problem = _add(labels, *cells)
            if problem:
                wrong.append(f"row {row}: {problem}")
                if len(wrong) == PROBLEMS_MAX:
                    break
    if wrong:
        raise LabelError(f"{file.name}: " + "; ".join(wrong))
    return labels


def _label_rows(batch: Batch) -> Iterator[tuple[Any, ...]]:
    absent: list[Any] = [None] * batch.row_count
    return zip(*(batch.columns.get(name, absent) for name in COLUMNS), strict=True)


def _add(labels: Labels, event_id: Any, label: Any, case: Any, typology: Any) -> str | None:
    value = _LABELS.get(str(label).lower())
    key = str(event_id)
    if event_id is None:
        return "no event_id"
    if value is None:
        return "the label is neither 0 nor 1"
    if key in labels.label_of:
        return "this event_id has a label already"
    labels.label_of[key] = value
    if case is not None:
        labels.case_of[key] = str(case)
    if typology is not None:
        labels.typology_of[key] = str(typology)
    return None


def write_labels(path: str | Path, labels: Iterable[Label]) -> int:
    """Write labels as csv, in the order given; return how many."""
    count = 0
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)  # with its \r\n, or a lone \r inside a cell would go unquoted
        lines.writerow(COLUMNS)
        for label in labels:
            lines.writerow(["" if cell is None else cell for cell in label])
            count += 1
    return count


def mapped_labels(mapping: Mapping, path: str | Path) -> Iterator[Label]:
    """Yield the label of every row of a foreign table, under the event id that the row has in a replay.

    Case and typology are kept for label 1 only: there is nothing to join in a legitimate transaction.
    Errors: MappingError if the mapping has no label, or, with the rows named, if a cell is neither 0 nor 1.
    """
    file = Path(path)
    rule = mapping.label
    if rule is None:
        raise MappingError(mapping.name, ["it has no [label]"])
    present = column_names(file, mapping.table)
    mapping.check_columns(present)
    if rule.column not in present:
        raise MappingError(mapping.name, [f"the file has no column {rule.column!r}, see label.column"])
    return _mapped_labels(mapping, rule, file)


def _mapped_labels(mapping: Mapping, rule: LabelRule, file: Path) -> Iterator[Label]:
    wanted = mapping.of_file(rule.columns().union(columns_of(mapping.event_id) if mapping.event_id else ()))
    for batch in batches(file, wanted, mapping.table):
        problems = RowProblems(mapping, batch.first_row)
        batch = derived(mapping, batch, problems)
        ids = event_ids(mapping, row_id_prefix(file), batch, problems)
        extras = [_extra(f"label.{name}", getattr(rule, name), batch, problems) for name in ("case", "typology")]
        values = _values(batch.columns[rule.column], problems)
        problems.raise_any()
        for event_id, label, case, typology in zip(ids, values, *extras, strict=True):
            yield Label(event_id, label, case, typology) if label else Label(event_id, label)


def _extra(key: str, rule: Rule | None, batch: Batch, problems: RowProblems) -> list[Any]:
    return (
        [None] * batch.row_count
        if rule is None
        else texts_of(key, rule, Cells(batch.columns, range(batch.row_count), problems, None))
    )


def _values(column: Column, problems: RowProblems) -> list[int]:
    cells = list(column.at) if isinstance(column, Timestamps) else column
    values = [_LABELS.get(str(cell).lower()) for cell in cells]
    problems.add("label.column", [place for place, value in enumerate(values) if value is None], "is neither 0 nor 1")
    return [value or 0 for value in values]
