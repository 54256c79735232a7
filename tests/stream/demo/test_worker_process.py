"""The worker as a process: how it gets its settings, how its end is seen, and what its metrics say."""

from pathlib import Path

import pytest

from stream.demo.worker_process import Reading, WorkerProcess, reading_of
from tests.waiting import wait_until


def test_a_process_gets_the_settings_given_and_its_end_and_words_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDENHOUR_TOPIC_PREFIX", "of-the-bank-")
    worker = WorkerProcess(["settings"], {"topic_prefix": "demo-7-", "instance_id": ""}, tmp_path / "log")
    assert (worker.exit_status, worker.tail()) == (None, [])
    with worker:
        wait_until(lambda: worker.exit_status is not None)
        assert worker.exit_status == 0
    said = dict((*line.split(None, 1), "")[:2] for line in worker.tail(100))
    assert (said["topic_prefix"], said["instance_id"]) == ("demo-7-", "")


def test_a_process_that_fails_leaves_its_status_and_the_end_of_its_log(tmp_path: Path) -> None:
    with WorkerProcess(["no-such-command"], {}, tmp_path / "log") as worker:
        wait_until(lambda: worker.exit_status is not None)
    assert worker.exit_status == 2
    assert "No such command" in worker.tail()[-1]
    assert len(worker.tail(1)) == 1


def test_the_address_is_what_the_worker_says_in_its_log(tmp_path: Path) -> None:
    worker = WorkerProcess(["worker"], {}, tmp_path / "log")
    (tmp_path / "log").write_text("state loaded\nINFO worker started metrics=http://127.0.0.1:4711/metrics group=demo\n")
    assert worker.address == "http://127.0.0.1:4711"


def test_a_record_is_done_with_as_an_event_a_kept_record_or_a_dead_letter() -> None:
    exposition = """# TYPE goldenhour_events_total counter
goldenhour_events_total{kind="TRANSFER",outcome="judged",topic="transactions"} 5.0
goldenhour_events_total{kind="LOGIN",outcome="judged",topic="account-events"} 2.0
# TYPE goldenhour_kept_records_total counter
goldenhour_kept_records_total{topic="victim-reports"} 1.0
# TYPE goldenhour_dead_letters_total counter
goldenhour_dead_letters_total{reason="not_json"} 3.0
# TYPE goldenhour_alerts_total counter
goldenhour_alerts_total{tier="3",typology="M1"} 9.0
# TYPE goldenhour_consumer_lag_records gauge
goldenhour_consumer_lag_records{partition="0",topic="transactions"} 4.0
goldenhour_consumer_lag_records{partition="1",topic="keyed"} 6.0
"""
    assert reading_of(exposition) == Reading(processed=11, lag_records=10)
