"""Label files: read with clear complaints, written to be read again, made of a foreign table under the replay's event ids."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import mapping
from connectors.labels import Label, LabelError, mapped_labels, read_labels, write_labels
from connectors.mapping import MappingError
from connectors.replay_files import read

DATA = Path(__file__).parents[1] / "data"
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
LABELS = st.lists(
    st.builds(Label, TEXTS, st.integers(0, 1), TEXTS | st.none(), TEXTS | st.none()), unique_by=lambda label: label.event_id
)


def label_file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_label_file_tells_label_case_and_typology_of_an_event(tmp_path: Path) -> None:
    labels = read_labels(label_file(tmp_path / "l.csv", "event_id,label,case,typology\ne1,1,c-9,M2\ne2,0,,\n"))
    assert labels.label_of == {"e1": 1, "e2": 0}
    assert labels.case_of == {"e1": "c-9"}
    assert labels.typology_of == {"e1": "M2"}


def test_case_and_typology_may_be_left_out_and_other_columns_are_passed_over(tmp_path: Path) -> None:
    labels = read_labels(label_file(tmp_path / "l.csv", "note,label,event_id\nx,true,e1\ny,0,e2\n"))
    assert labels.label_of == {"e1": 1, "e2": 0}
    assert labels.case_of == {}


def test_the_prevalence_is_the_share_of_fraud_among_the_labels(tmp_path: Path) -> None:
    labels = read_labels(label_file(tmp_path / "l.csv", "event_id,label\n1,1\n2,0\n3,0\n4,0\n"))
    assert (labels.fraud_count, labels.prevalence) == (1, 0.25)


def test_without_labels_there_is_no_prevalence(tmp_path: Path) -> None:
    assert read_labels(label_file(tmp_path / "l.csv", "event_id,label\n")).prevalence is None


def test_a_parquet_label_file_gives_the_same_labels(tmp_path: Path) -> None:
    columns = {"event_id": [17, 18], "label": [1, 0], "case": ["c", None]}
    pq.write_table(pa.table(columns), tmp_path / "l.parquet")
    labels = read_labels(tmp_path / "l.parquet")
    assert (labels.label_of, labels.case_of) == ({"17": 1, "18": 0}, {"17": "c"})


def test_every_wrong_row_is_named_with_its_reason(tmp_path: Path) -> None:
    path = label_file(tmp_path / "l.csv", "event_id,label\ne1,1\ne2,2\ne1,0\n,1\ne3,\n")
    with pytest.raises(LabelError) as refusal:
        read_labels(path)
    assert str(refusal.value) == (
        "l.csv: row 2: the label is neither 0 nor 1; row 3: this event_id has a label already; row 4: no event_id; "
        "row 5: the label is neither 0 nor 1"
    )


def test_a_file_of_wrong_rows_only_is_told_in_twenty_lines(tmp_path: Path) -> None:
    path = label_file(tmp_path / "l.csv", "event_id,label\n" + "e,?\n" * 1000)
    with pytest.raises(LabelError) as refusal:
        read_labels(path)
    assert str(refusal.value).count("row ") == 20


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("l.csv", "event,label\n", "no column event_id"),
        ("l.csv", "x,y\n", "no column event_id, label"),
        ("l.json", "{}", "a label file ends in"),
    ],
)
def test_what_is_no_label_file_is_refused(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    with pytest.raises(LabelError, match=complaint):
        read_labels(label_file(tmp_path / name, text))


def test_a_missing_label_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"gone\.csv: no such file"):
        read_labels(tmp_path / "gone.csv")


@given(LABELS)
def test_labels_written_are_read_again(tmp_path_factory: pytest.TempPathFactory, labels: list[Label]) -> None:
    path = tmp_path_factory.mktemp("labels") / "l.csv"
    assert write_labels(path, labels) == len(labels)
    found = read_labels(path)
    assert found.label_of == {label.event_id: label.label for label in labels}
    assert found.case_of == {label.event_id: label.case for label in labels if label.case is not None}
    assert found.typology_of == {label.event_id: label.typology for label in labels if label.typology is not None}


def test_labels_of_a_foreign_table_keep_case_and_typology_of_frauds_only() -> None:
    full = mapping.load(str(DATA / "mapping_full.toml"))
    assert list(mapped_labels(full, DATA / "mapping_full.csv")) == [
        Label("w-1", 1, "i-9", "kind-3"),
        Label("w-2", 0),
        Label("w-3", 0),
    ]


def test_labels_stand_under_the_event_ids_of_the_replay(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    rows = [{"step": 1, "type": "TRANSFER", "amount": 1.0, "nameOrig": "C1", "nameDest": "C2", "isFraud": n} for n in (0, 1)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    paysim = mapping.load("paysim")
    replayed = [json.loads(record.raw)["event_id"] for record in read([path], mapping=paysim)]
    assert [label.event_id for label in mapped_labels(paysim, path)] == replayed


def test_a_mapping_without_label_says_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"mapping amlsim\.toml: it has no \[label\]"):
        mapped_labels(mapping.load("amlsim"), tmp_path / "any.csv")


def test_a_table_without_its_label_column_is_refused(tmp_path: Path) -> None:
    text = (DATA / "mapping_full.csv").read_text().replace("fraud", "verdict")
    with pytest.raises(MappingError, match=r"the file has no column 'fraud', see label\.column"):
        mapped_labels(mapping.load(str(DATA / "mapping_full.toml")), label_file(tmp_path / "a.csv", text))


def test_a_label_cell_that_is_neither_0_nor_1_is_named_by_its_row(tmp_path: Path) -> None:
    text = (DATA / "mapping_full.csv").read_text().replace("5,0,i-9", "5,maybe,i-9")
    labels = mapped_labels(mapping.load(str(DATA / "mapping_full.toml")), label_file(tmp_path / "a.csv", text))
    with pytest.raises(MappingError, match=r"row 2: label\.column: is neither 0 nor 1"):
        list(labels)
