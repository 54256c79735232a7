"""How a worker ends: politely with everything done and committed, or at once with a status that says whose fault it was."""

import sys
import threading
from pathlib import Path

import pytest

from stream.brokers import KafkaBroker
from stream.bundle import decode_bundle
from stream.simulator.load import load
from tests.bank import shipped_rulebook
from tests.integration.faulty_worker import MARK_MINOR, NAME
from tests.integration.lasting_load import under_load
from tests.integration.worker_tools import Site, WorkerRun
from tests.parity.days import MONDAY
from tests.parity.exactness import assert_exact

pytestmark = pytest.mark.broker

EXIT_OURS = 70
EXIT_WRITE_FAILED = 74
EVENTS = 3_000


def some_load(events: int = EVENTS) -> list[tuple[int, str, bytes, bytes]]:
    return list(load(3, 300, events, 40.0, MONDAY))


def test_a_worker_asked_to_end_in_mid_load_ends_clean_and_its_successor_repeats_nothing(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, scores=True, slice_records_max=50, writes_in_flight_max=4).make_topics()
    with under_load(site, EVENTS):
        with site.worker() as worker:
            site.wait_until_written("scores", 500)
            assert worker.terminate() == 0, worker.said()
        site.wait_until_written("transactions", site.committed()["transactions", 0] + 1)  # the load outlasts the worker
    committed = site.committed()
    (state,) = site.loaded()
    sent = max(item.offset for record in site.read("keyed") for item in decode_bundle(record.value).events)
    assert 0 < committed["keyed", 0] <= state.position + 1
    assert 500 <= committed["transactions", 0] <= sent + 1 < len(site.read("transactions"))
    site.work_to_the_end()
    assert assert_exact(site, shipped_rulebook()) == 0


def test_a_refused_alert_stops_the_worker_and_is_published_when_the_topic_takes_it(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    site.change("alerts", "max.message.bytes", "300")
    site.send(some_load())
    with site.worker("refused.log") as worker:
        assert worker.wait() == EXIT_WRITE_FAILED
    assert "a write failed, nothing is acknowledged any more" in worker.said()
    assert "MessageSizeTooLargeError" in worker.said()
    assert site.committed()["keyed", 0] == 0
    site.change("alerts", "max.message.bytes", "1000000")
    site.work_to_the_end()
    assert site.alerts()
    assert_exact(site, shipped_rulebook())


def marked_load() -> list[tuple[int, str, bytes, bytes]]:
    """Return a load of which one transfer in the middle is of the amount that the test's detector cannot stand."""
    records = some_load()
    place = next(number for number in range(EVENTS // 2, EVENTS) if b'"TRANSFER"' in records[number][3])
    at_ms, topic, key, value = records[place]
    head, _, rest = value.partition(b'"amount_minor":')
    records[place] = at_ms, topic, key, head + b'"amount_minor":%d' % MARK_MINOR + rest[rest.index(b",") :]
    return records


def faulty(site: Site, log: str, *arguments: str) -> WorkerRun:
    command = [sys.executable, "-m", "tests.integration.faulty_worker", *arguments]
    return WorkerRun(site.folder / log, site.environ(), command)


def test_a_failing_detector_stops_the_worker_and_a_mended_one_goes_on_where_it_stopped(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, slice_records_max=100).make_topics()
    site.send(marked_load())
    for life in ("first.log", "second.log"):
        with faulty(site, life) as worker:
            assert worker.wait() == EXIT_OURS
        assert "stopped by a fault of our own: DetectorFaultError" in worker.said()
        assert "ZeroDivisionError at" in worker.said()
        assert "never seen in a log" not in worker.said()
    site.work_to_the_end()
    assert_exact(site, shipped_rulebook())


def test_an_isolated_detector_is_disabled_and_counted_and_the_stream_goes_on(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, slice_records_max=100).make_topics()
    site.send(marked_load())
    with faulty(site, "isolated.log", "isolated") as worker:
        site.wait_until_done()
        assert worker.metrics("detector_faults_total", "detector")[NAME] == 1
        assert worker.metric("events_total") == EVENTS
        assert worker.terminate() == 0
    assert f"detector disabled after a fault detector={NAME} error=ZeroDivisionError" in worker.said()
    assert_exact(site, shipped_rulebook())


def test_a_worker_asked_to_end_while_it_starts_ends(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics()
    with site.worker() as worker:
        threading.Event().wait(1.0)
        assert worker.terminate() in (0, -15)
