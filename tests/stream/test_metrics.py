from stream.app import read_rulebook
from stream.metrics import PartitionLag, build_metrics
from stream.settings import Settings


def test_every_alert_that_may_come_is_counted_from_zero() -> None:
    metrics = build_metrics()
    detectors = read_rulebook(Settings()).detectors
    metrics.expect(detectors)
    for typology in {typology for detector in detectors for typology in detector.typologies}:
        for tier in ("1", "2", "3"):
            wanted = {"typology": typology, "tier": tier}
            assert metrics.registry.get_sample_value("goldenhour_alerts_total", wanted) == 0
            assert metrics.registry.get_sample_value("goldenhour_alert_revisions_total", wanted) == 0


def test_every_detector_that_may_fail_is_counted_from_zero() -> None:
    metrics = build_metrics()
    detectors = read_rulebook(Settings()).detectors
    metrics.expect(detectors)
    assert {
        metrics.registry.get_sample_value("goldenhour_detector_faults_total", {"detector": detector.name}) for detector in detectors
    } == {0}


def test_the_lag_is_read_when_it_is_asked_for() -> None:
    metrics = build_metrics()
    where = {"topic": "keyed", "partition": "0"}
    for records in (7, 3):
        metrics.lags.source = lambda records=records: [PartitionLag("keyed", 0, records, 1.5, 9.0)]
        assert metrics.registry.get_sample_value("goldenhour_consumer_lag_records", where) == records


def test_a_partition_that_left_has_no_lag() -> None:
    metrics = build_metrics()
    metrics.lags.source = lambda: [PartitionLag("keyed", 0, 7, 1.5, 9.0)]
    metrics.lags.source = tuple
    assert metrics.registry.get_sample_value("goldenhour_consumer_lag_records", {"topic": "keyed", "partition": "0"}) is None


def test_an_unknown_lag_is_absent_and_not_zero() -> None:
    metrics = build_metrics()
    metrics.lags.source = lambda: [PartitionLag("keyed", 0, None, None, 9.0)]
    where = {"topic": "keyed", "partition": "0"}
    assert metrics.registry.get_sample_value("goldenhour_consumer_lag_records", where) is None
    assert metrics.registry.get_sample_value("goldenhour_consumer_lag_seconds", where) is None
    assert metrics.registry.get_sample_value("goldenhour_last_acknowledged_timestamp_seconds", where) == 9.0


def test_the_memory_of_the_process_is_shown() -> None:
    assert (build_metrics().registry.get_sample_value("process_resident_memory_bytes") or 0) > 1_000_000


def test_the_watermark_is_that_of_the_last_record_done_and_absent_before() -> None:
    metrics = build_metrics()
    where = {"topic": "keyed", "partition": "0"}
    metrics.lags.source = lambda: [PartitionLag("keyed", 0, 7, 1.5, 9.0)]
    assert metrics.registry.get_sample_value("goldenhour_watermark_timestamp_seconds", where) is None
    metrics.lags.source = lambda: [PartitionLag("keyed", 0, 7, 1.5, 9.0, 4.5)]
    assert metrics.registry.get_sample_value("goldenhour_watermark_timestamp_seconds", where) == 4.5


def test_every_event_that_may_come_is_counted_from_zero() -> None:
    metrics = build_metrics()
    wanted = {"topic": "transactions", "kind": "TRANSFER", "outcome": "too_late"}
    assert metrics.registry.get_sample_value("goldenhour_events_total", wanted) == 0
