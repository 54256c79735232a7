"""What every connector must hold. Connectors are found, not listed: adding a file and its golden folder adds these tests."""

import inspect
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Connector, WritingConnector, find_connectors
from connectors.contract_json import dead_letter, encode
from connectors.errors import DecodeError
from models.records import Source
from tests.connectors.checks import check_any_bytes, check_round_trip
from tests.connectors.golden import FOLDER, TOKENS, cases, clear_texts, corpus, expected, outcome
from tests.connectors.mutants import mutants

CONNECTORS = {connector.name: connector for connector in find_connectors(TOKENS)}
GOLDEN = {name: cases(name) for name in CONNECTORS if (FOLDER / name).is_dir()}
EVERY_CONNECTOR = pytest.mark.parametrize("name", CONNECTORS)
EVERY_CASE = pytest.mark.parametrize(("name", "case"), [(name, case) for name, kept in GOLDEN.items() for case in kept])
WRITING = pytest.mark.parametrize("name", [name for name, found in CONNECTORS.items() if isinstance(found, WritingConnector)])
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOURCE = Source(topic="outside", partition=0, offset=0)
NOW = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


def module_of(name: str) -> str:
    return type(CONNECTORS[name]).__module__


def texts_about(connector: Connector, raw: bytes) -> list[str]:
    """Return everything that a message leaves behind in words: records as they are shown and sent, or error and dead letter."""
    try:
        found = connector.decode(raw)
    except DecodeError as error:
        letter = dead_letter(error, SOURCE, raw, NOW)
        return [str(error), repr(error), repr(letter), encode(letter).decode()]
    return [text for record in found for text in (str(record), repr(record), encode(record).decode())]


# ---- what can be read off the files --------------------------------------------------------------------------------------------


@EVERY_CONNECTOR
def test_it_has_golden_messages_readable_and_not(name: str) -> None:
    kinds = {next(iter(expected(name, case))) for case in GOLDEN[name]}
    assert kinds == {"records", "error"}


@EVERY_CONNECTOR
def test_it_has_a_test_file_of_its_own(name: str) -> None:
    module = module_of(name).removeprefix("connectors.").replace(".", "/")
    tests = Path(__file__).parent
    assert (tests / f"test_{module}.py").is_file() or list((tests / module).glob("test_*.py"))


@EVERY_CONNECTOR
@pytest.mark.parametrize("part", ["becomes", "Dropped", "misses"])
def test_its_docstring_tells_what_it_maps_and_drops_and_what_a_detector_misses(name: str, part: str) -> None:
    docstring = inspect.getdoc(sys.modules[module_of(name)]) or ""
    assert part in docstring


@EVERY_CONNECTOR
def test_its_name_can_be_a_folder_and_a_figure_of_the_bench(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)


# ---- what it does with messages ------------------------------------------------------------------------------------------


@EVERY_CASE
def test_a_golden_message_decodes_to_what_is_kept(name: str, case: str) -> None:
    assert outcome(CONNECTORS[name], GOLDEN[name][case]) == expected(name, case)


@EVERY_CASE
def test_the_same_bytes_give_the_same_records_whatever_came_before(name: str, case: str) -> None:
    (fresh,) = [found for found in find_connectors(TOKENS) if found.name == name]
    assert outcome(fresh, GOLDEN[name][case]) == outcome(CONNECTORS[name], GOLDEN[name][case])


@EVERY_CONNECTOR
@THOROUGH
@given(drawn=st.data())
def test_any_bytes_give_records_or_an_error_with_field_and_position(name: str, drawn: st.DataObject) -> None:
    check_any_bytes(CONNECTORS[name], drawn.draw(mutants(list(GOLDEN[name].values()))))


@EVERY_CASE
def test_a_message_cut_off_anywhere_gives_records_or_an_error(name: str, case: str) -> None:
    raw = GOLDEN[name][case]
    for end in range(0, len(raw), 1 + len(raw) // 500):  # everywhere in a short message, evenly in a long one
        check_any_bytes(CONNECTORS[name], raw[:end])


@EVERY_CONNECTOR
def test_the_golden_messages_hold_the_numbers_that_must_not_come_out(name: str) -> None:
    whole = b"".join(GOLDEN[name].values())
    for text in clear_texts(name):
        assert text.encode() in whole or text in whole.hex()
    assert clear_texts(name)


@EVERY_CASE
def test_no_number_or_name_comes_out_in_clear(name: str, case: str) -> None:
    said = "\n".join(texts_about(CONNECTORS[name], GOLDEN[name][case]))
    assert [text for text in clear_texts(name) if text in said] == []


@EVERY_CONNECTOR
@THOROUGH
@given(drawn=st.data())
def test_not_even_a_broken_message_comes_out_in_clear(name: str, drawn: st.DataObject) -> None:
    said = "\n".join(texts_about(CONNECTORS[name], drawn.draw(mutants(list(GOLDEN[name].values())))))
    assert [text for text in clear_texts(name) if text in said] == []


@EVERY_CONNECTOR
def test_its_samples_can_be_read(name: str) -> None:
    found = [record for raw in CONNECTORS[name].samples() for record in CONNECTORS[name].decode(raw)]
    assert found


@EVERY_CONNECTOR
def test_what_fuzzing_found_gives_records_or_an_error(name: str) -> None:
    for raw in corpus(name):
        check_any_bytes(CONNECTORS[name], raw)


@WRITING
def test_what_was_read_and_written_reads_the_same(name: str) -> None:
    connector = CONNECTORS[name]
    assert isinstance(connector, WritingConnector)
    for raw in (*GOLDEN[name].values(), *connector.samples()):
        check_round_trip(connector, raw)


def test_every_golden_folder_belongs_to_a_connector() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(CONNECTORS)


def test_a_golden_outcome_is_json_with_nothing_beside() -> None:
    for name, kept in GOLDEN.items():
        files = {path.name for path in (FOLDER / name).glob("*.json")}
        assert files == {f"{case}.json" for case in kept}
        assert all(json.loads((FOLDER / name / file).read_text("utf-8")) for file in files)
