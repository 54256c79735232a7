"""The formulas of `goldenhour size`, on round numbers, and what its command says."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from connectors.topics import TopicSpec, load_topics
from stream.cli import cli
from stream.settings import DEPLOY, read_toml
from stream.sizing import Measured, Size, read_measured, size

ROUND = Measured(
    source="round numbers",
    events_per_core_s=1_000.0,
    topic_bytes={"transactions": 100.0, "keyed": 200.0, "state": 10.0},
    state_account_bytes=50.0,
    memory_account_bytes=1_000.0,
    worker_bytes=100_000_000,
)


def specs(**config: str) -> dict[str, TopicSpec]:
    found = load_topics(read_toml(str(DEPLOY / "topics.toml")))
    return {name: replace(spec, config={**spec.config, **config}) for name, spec in found.items()}


def needed(**given: float) -> Size:
    asked = {"events_per_s": 500, "accounts": 1_000_000, "peak_factor": 4, "replication": 3, **given}
    return size(ROUND, specs(), **asked)  # type: ignore[arg-type]


def test_workers_carry_the_peak_on_half_a_core_each_with_one_down() -> None:
    assert needed().workers == 4 + 1  # 500 x 4 per second, 500 on half a core
    assert needed(events_per_s=1).workers == 1 + 1
    assert needed(events_per_s=501).workers == 5 + 1


def test_partitions_are_two_for_each_worker_and_never_under_four() -> None:
    assert needed().partitions == 10
    assert needed(events_per_s=1).partitions == 4


def test_memory_holds_the_largest_share_of_the_accounts_with_one_worker_down() -> None:
    share = 3 / 10  # ten partitions over four workers
    assert needed().worker_memory_bytes == pytest.approx(1.5 * (100e6 + 1e9 * share), rel=1e-6)


def test_disk_is_events_times_bytes_times_retention_times_copies() -> None:
    assert needed().disk_bytes["transactions"] == 500 * 100 * 7 * 86_400 * 3
    assert needed(replication=1).disk_bytes["keyed"] == 500 * 200 * 7 * 86_400


def test_state_is_what_is_settled_twice_and_two_hours_of_writing() -> None:
    assert needed().disk_bytes["state"] == (2 * 50 * 1_000_000 + 500 * 10 * 7_200) * 3


def test_what_is_kept_for_ever_counts_as_ten_years() -> None:
    kept = size(ROUND, specs(**{"retention.ms": "-1"}), events_per_s=1, accounts=1, peak_factor=1, replication=1)
    assert kept.disk_bytes["transactions"] == 100 * 10 * 365 * 86_400


def test_the_command_tells_sizes_their_source_and_formulas() -> None:
    done = CliRunner().invoke(cli, ["size", "--events-per-second", "500", "--accounts", "1000000"])
    assert done.exit_code == 0, done.output
    assert read_measured().source in done.output
    for word in ("workers ", "partitions ", "memory ", "transactions", "state", "formulas"):
        assert word in done.output


def test_the_command_takes_the_constants_of_a_result_of_the_bench(tmp_path: Path) -> None:
    section = {"name": "sizing", "facts": {"measured": msgspec.json.encode(ROUND).decode()}}
    result = tmp_path / "result.json"
    result.write_bytes(msgspec.json.encode({"sections": [section]}))
    asked = ["size", "--events-per-second", "500", "--accounts", "1000000", "--measured", str(result)]
    assert "round numbers" in CliRunner().invoke(cli, asked).output
    result.write_bytes(b'{"sections": []}')
    refused = CliRunner().invoke(cli, asked)
    assert refused.exit_code == 2
    assert "no result of goldenhour bench sizing" in refused.output
