from pathlib import Path

import pytest
from prometheus_client import generate_latest

from stream.bench.session import BenchError
from stream.bench.worker import ProcessLog, read_sample
from stream.metrics import Metrics, PartitionLag, build_metrics


def page(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def test_a_page_without_assignment_has_no_known_lag() -> None:
    sample = read_sample(page(build_metrics()), at_s=1.0, cpu_s=2.0)
    assert (sample.at_s, sample.cpu_s, sample.events, sample.lag) == (1.0, 2.0, 0, None)


def test_events_of_all_outcomes_and_lags_of_all_partitions_are_added_up() -> None:
    metrics = build_metrics()
    metrics.events.labels("transactions", "TRANSFER", "accepted").inc(5)
    metrics.events.labels("transactions", "PURCHASE", "late").inc(2)
    metrics.partitions.labels("transactions").inc(2)
    metrics.lags.source = lambda: [PartitionLag("transactions", 0, 3, 1.0, 100.0), PartitionLag("transactions", 1, 4, 1.0, 200.5)]
    sample = read_sample(page(metrics), at_s=1.0, cpu_s=2.0)
    assert (sample.events, sample.lag, sample.done_at_s) == (7, 7, 200.5)


def test_the_lag_is_unknown_while_one_partitions_is() -> None:
    metrics = build_metrics()
    metrics.partitions.labels("transactions").inc(2)
    metrics.lags.source = lambda: [PartitionLag("transactions", 0, 0, 1.0, 1.0), PartitionLag("transactions", 1, None, None, 1.0)]
    assert read_sample(page(metrics), at_s=1.0, cpu_s=2.0).lag is None


def test_a_process_that_ended_is_told_with_its_status_and_its_last_words(tmp_path: Path) -> None:
    program = "import sys; print('x' * 9); print('the reason', file=sys.stderr); sys.exit(3)"
    started = ProcessLog(tmp_path / "log", ["-c", program], core=None)
    started.process.wait()
    with pytest.raises(BenchError, match=r"status 3; the end of its log:\n(.*\n)*.*the reason"):
        started.require_alive()
