"""The ends of a partition's chains: kept in its state, one for each topic, and never guessed."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.contract_json import decode
from connectors.record_chain import link_of
from connectors.replay_files import read
from models.records import Chain
from stream.chains import Chains, ChainStateError
from stream.store import position_of, value_of
from tests.parity.days import replay, small_day, write_day


class Storage:
    """A partition's state without a partition."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}

    def put(self, key: bytes, value: bytes, position: int) -> None:
        assert position_of(value) == position
        self.values[key] = value

    def remove(self, key: bytes, position: int) -> None:
        raise AssertionError("an end of a chain is never taken out")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("day")
    log = write_day(place / "day.jsonl", small_day(7))
    return log, replay(log, place / "out")


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("topic", ["alerts", "freeze-requests", "traces"])
def test_a_replay_writes_one_unbroken_chain_for_each_topic(day: tuple[Path, Path], topic: str) -> None:
    link = None
    found = rows(day[1] / f"{topic.replace('-', '_')}.jsonl")
    assert len(found) > 1
    for number, row in enumerate(found, 1):
        chain = row["chain"]
        assert (chain["partition"], chain["number"], chain.get("before")) == (0, number, link)
        link = link_of(topic, Chain(**chain))


def test_every_freeze_request_names_the_record_it_follows_from_and_its_policy(day: tuple[Path, Path]) -> None:
    lay = {(record.topic, record.offset): record.arrival_ms for record in read([day[0]])}
    alerts = rows(day[1] / "alerts.jsonl")
    for request in rows(day[1] / "freeze_requests.jsonl"):
        source = request["source"]
        assert (source["topic"], source["offset"]) in lay
        assert request["policy_version"] == alerts[0]["detector"]["policy_version"]


def test_nothing_published_changes_no_state() -> None:
    storage = Storage()
    assert Chains(storage, 0).seal([], [], [], 5) == ([], [], [])
    assert storage.values == {}


def test_an_end_that_cannot_be_read_stops_the_worker_rather_than_begin_anew(day: tuple[Path, Path]) -> None:
    storage = Storage()
    storage.values[b"C:alerts"] = value_of(3, b"\xc1")
    alert: Any = decode("alerts", (day[1] / "alerts.jsonl").read_bytes().splitlines()[0])
    with pytest.raises(ChainStateError):
        Chains(storage, 0).seal([alert], [], [], 5)
