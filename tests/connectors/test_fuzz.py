"""The fuzzer itself: it runs over every connector, and it finds what is there to be found."""

from collections.abc import Sequence

import pytest
from click.testing import CliRunner

from connectors.connector import find_connectors
from models.records import InputRecord
from tests.connectors import fuzz
from tests.connectors.checks import check_any_bytes
from tests.connectors.golden import TOKENS, cases


class Careless:
    """A connector that takes every byte for text."""

    name = "careless"

    def decode(self, raw: bytes) -> Sequence[InputRecord]:
        raw.decode("ascii")
        return []

    def samples(self) -> Sequence[bytes]:
        return [b""]


def test_it_says_what_it_ran_over_every_connector() -> None:
    result = CliRunner().invoke(fuzz.main, ["--inputs", "300", "--engine", "mutation"], catch_exceptions=False)
    assert result.exit_code == 0
    said = [line.split(":")[0] for line in result.output.splitlines()]
    assert said == [connector.name for connector in find_connectors(TOKENS)]
    assert result.output.count("300 inputs by mutation, seed 1") == len(said)


def test_an_error_of_another_kind_is_a_finding() -> None:
    with pytest.raises(UnicodeDecodeError):
        check_any_bytes(Careless(), b"\xff")


@pytest.mark.parametrize("name", [connector.name for connector in find_connectors(TOKENS)])
def test_mutations_reach_both_records_and_many_kinds_of_error(name: str) -> None:
    from random import Random

    from connectors.errors import DecodeError
    from tests.connectors.mutants import mutant

    connector, random, corpus = fuzz.connector_named(name), Random(5), list(cases(name).values())
    seen: set[str] = set()
    for _ in range(2_000):
        try:
            connector.decode(mutant(random, corpus))
            seen.add("records")
        except DecodeError as error:
            seen.add(error.code)
    assert len(seen) >= 4
    assert "records" in seen
