"""A worker as operations see it: a process on a real Kafka, after a simulated bank day, through its three addresses."""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from connectors.contract_json import decode, encode
from connectors.errors import DecodeError
from connectors.kafka_admin import ensure_topics
from connectors.kafka_producer import produce
from connectors.topics import load_topics
from models.detector import find_detectors
from models.records import AccountEvent, Transaction
from stream.brokers import KafkaBroker
from stream.bundle import INPUT_TOPICS
from stream.settings import DEPLOY, read_toml
from stream.simulator import DayOptions, bank_day
from stream.versions import model_version
from tests.bank import shipped_rulebook
from tests.deploy.promql import Query
from tests.deploy.recipes import queries, rules
from tests.integration.seen_worker import Answer, SeenWorker, running_worker, sum_of
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

PARTITIONS = 4
DAY = bank_day(7, 120, datetime(2026, 11, 2, tzinfo=timezone(timedelta(hours=8))), 0, DayOptions(fraud_share=0.05, malformed=5))
MESSAGES = tuple(DAY.messages())
OPENMETRICS = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.4,*/*;q=0.1"
ADDED_BY_PROMETHEUS = frozenset({"job", "instance"})


def is_done(worker: SeenWorker) -> bool:
    figures = worker.figures()
    if sum_of(figures, "goldenhour_events_total") < len(EVENTS):
        return False
    lags = figures["goldenhour_consumer_lag_records"]
    return len(lags) == len(ALL_PARTITIONS) and not any(value for _, value in lags)


def readable() -> Iterator[Any]:
    for _, topic, _, value in MESSAGES:
        try:
            yield decode(topic, value)
        except DecodeError:
            continue


EVENTS = [record for record in readable() if isinstance(record, Transaction | AccountEvent)]
ALL_PARTITIONS = [(topic, str(partition)) for topic in (*INPUT_TOPICS, "keyed") for partition in range(PARTITIONS)]
TYPOLOGIES = {typology for detector in find_detectors() for typology in detector.typologies}


class AtStart(NamedTuple):
    """What a worker says of itself in one moment of its start: first whether it is ready, then what it holds."""

    is_ready: bool
    is_healthy: bool
    partitions: float
    is_recovering: bool


@pytest.fixture(scope="module")
def start() -> list[AtStart]:
    """All moments looked at until the worker was ready; filled by `worker`."""
    return []


@pytest.fixture(scope="module")
def worker(kafka: KafkaBroker, start: list[AtStart], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeenWorker]:
    """A worker that has judged the whole day."""
    prefix = f"t{uuid.uuid4().hex[:10]}-"
    specs = load_topics(read_toml(str(DEPLOY / "topics.toml")), prefix=prefix, partitions=PARTITIONS, retention_ms=-1)
    ensure_topics(kafka.bootstrap, specs.values())
    with running_worker(kafka.bootstrap, prefix, tmp_path_factory.mktemp("worker") / "first") as worker:
        while not start or not start[-1].is_ready:
            start.append(look_at(worker))
        produce(kafka.bootstrap, ((prefix + topic, key, value, at_us // 1_000) for at_us, topic, key, value in MESSAGES))
        wait_until(lambda: is_done(worker))
        yield worker


def look_at(worker: SeenWorker) -> AtStart:
    ready, healthy, figures = worker.get("/ready").status, worker.get("/healthy").status, worker.figures()
    held = sum_of(figures, "goldenhour_assigned_partitions") if "goldenhour_assigned_partitions" in figures else 0.0
    return AtStart(ready == 200, healthy == 200, held, bool(sum_of(figures, "goldenhour_recovering")))


# ---- the three addresses -------------------------------------------------------------------------------------------------------


def test_it_is_ready_only_with_partitions_whose_state_is_loaded(worker: SeenWorker, start: list[AtStart]) -> None:
    assert start[-1] == AtStart(True, True, len(ALL_PARTITIONS), False)


def test_it_is_healthy_from_the_start(worker: SeenWorker, start: list[AtStart]) -> None:
    assert all(moment.is_healthy for moment in start)


def test_it_is_ready_and_healthy_after_its_work(worker: SeenWorker) -> None:
    assert worker.get("/ready") == worker.get("/healthy") == Answer(200, "text/plain; charset=utf-8", "ok\n")


def test_nothing_else_is_served(worker: SeenWorker) -> None:
    assert {worker.get(path).status for path in ("/", "/metrics/x", "/settings")} == {404}


def test_prometheus_is_given_openmetrics_and_others_plain_text(worker: SeenWorker) -> None:
    wanted, plain = worker.get("/metrics", OPENMETRICS), worker.get("/metrics", "text/html")
    assert wanted.kind.startswith("application/openmetrics-text; version=1.0.0")
    assert wanted.text.endswith("# EOF\n")
    assert plain.kind == "text/plain; version=0.0.4; charset=utf-8"
    assert "# EOF" not in plain.text


def test_both_forms_name_the_same_series(worker: SeenWorker) -> None:
    families = openmetrics.text_string_to_metric_families(worker.get("/metrics", OPENMETRICS).text)
    in_openmetrics = {sample.name for family in families for sample in family.samples}
    assert in_openmetrics == set(worker.figures())


# ---- the dashboards and the rules ----------------------------------------------------------------------------------------------

WORKERS_JOBS = {"goldenhour", "goldenhour-shadow"}
TARGETS = [
    pytest.param(query, legend, id=name)
    for name, (query, legend) in queries().items()
    if {matcher.value for found in Query(query).selected for matcher in found.matchers if matcher.label == "job"} <= WORKERS_JOBS
] + [pytest.param(rule["expr"], "", id=rule["alert"]) for rule in rules()]


@pytest.mark.parametrize(("query", "legend"), TARGETS)
def test_every_metric_and_label_of_every_panel_and_rule_is_exposed(worker: SeenWorker, query: str, legend: str) -> None:
    figures = worker.figures()
    read = Query(query)
    known: set[str] = set()
    for wanted in read.selected:
        if wanted.metric in ("up", "ALERTS"):  # Prometheus makes them
            continue
        labels = {name for series, _ in figures[wanted.metric] for name in series} | ADDED_BY_PROMETHEUS
        assert wanted.labels <= labels
        known |= labels
    assert set(re.findall(r"{{(\w+)}}", legend)) <= (read.grouped or known)


@pytest.mark.parametrize(("query", "legend"), TARGETS)
def test_every_value_that_a_panel_or_rule_selects_occurs(worker: SeenWorker, query: str, legend: str) -> None:
    figures = worker.figures()
    for wanted in Query(query).selected:
        for matcher in wanted.matchers:
            if matcher.label in ADDED_BY_PROMETHEUS or wanted.metric == "ALERTS" or matcher.value.startswith("$"):
                continue
            if matcher.operator == "=~":
                assert all(
                    any(re.fullmatch(part, series[matcher.label]) for series, _ in figures[wanted.metric])
                    for part in matcher.value.split("|")
                )
            else:
                assert matcher.operator in ("=", "!=")
                assert matcher.value in {series[matcher.label] for series, _ in figures[wanted.metric]}


def test_every_metric_of_ours_is_on_a_dashboard_or_in_the_documents(worker: SeenWorker) -> None:
    shown = {found.metric for target in TARGETS for found in Query(str(target.values[0])).selected}
    documents = (DEPLOY.parent / "README.md").read_text("utf-8") + (DEPLOY / "ARCHITECTURE.md").read_text("utf-8")
    families = openmetrics.text_string_to_metric_families(worker.get("/metrics", OPENMETRICS).text)
    ours = {family.name: {sample.name for sample in family.samples} for family in families if family.name.startswith("goldenhour_")}
    unknown = {family for family, names in ours.items() if not names & shown and family not in documents}
    assert ours
    assert not unknown


# ---- what the figures say ------------------------------------------------------------------------------------------------------


def test_every_event_is_counted_once(worker: SeenWorker) -> None:
    figures = worker.figures()
    assert sum_of(figures, "goldenhour_events_total") == len(EVENTS)
    accepted = [series for series, value in figures["goldenhour_events_total"] if value and series["outcome"] == "accepted"]
    assert {series["topic"] for series in accepted} == {"transactions", "account-events"}


def test_every_unreadable_record_is_counted_by_its_reason(worker: SeenWorker) -> None:
    reasons: dict[str, int] = {}
    for _, topic, _, value in MESSAGES:
        try:
            decode(topic, value)
        except DecodeError as error:
            reasons[error.code] = reasons.get(error.code, 0) + 1
    counted = {series["reason"]: value for series, value in worker.figures()["goldenhour_dead_letters_total"] if value}
    assert reasons
    assert counted == reasons


def test_the_planted_frauds_show_as_alerts_with_a_latency_each(worker: SeenWorker) -> None:
    figures = worker.figures()
    alerts = sum_of(figures, "goldenhour_alerts_total")
    assert alerts > 0
    assert sum_of(figures, "goldenhour_log_to_alert_seconds_count") == alerts
    assert sum_of(figures, "goldenhour_event_to_alert_seconds_count") == alerts
    assert sum_of(figures, "goldenhour_alert_revisions_total") >= alerts


def test_what_has_not_happened_yet_is_counted_as_zero(worker: SeenWorker) -> None:
    figures = worker.figures()
    assert {series["state"] for series, _ in figures["goldenhour_freeze_requests_total"]} == {"PROPOSED", "WITHDRAWN"}
    assert {series["tier"] for series, _ in figures["goldenhour_alerts_total"]} == {"1", "2", "3"}
    assert sum_of(figures, "goldenhour_detector_faults_total") == 0


def test_the_state_it_holds_is_counted_per_partition(worker: SeenWorker) -> None:
    figures = worker.figures()
    for metric in ("goldenhour_state_keys", "goldenhour_state_bytes", "goldenhour_recovery_seconds"):
        assert {series["partition"] for series, _ in figures[metric]} == set(map(str, range(PARTITIONS)))
    assert sum_of(figures, "goldenhour_state_bytes") > sum_of(figures, "goldenhour_state_keys") > 0


def test_it_says_by_which_policy_and_version_it_judges(worker: SeenWorker) -> None:
    ((labels, value),) = worker.figures()["goldenhour_build_info"]
    assert value == 1
    assert labels["policy"] == shipped_rulebook().version
    assert {"goldenhour", "python", "faust_streaming", "river"} <= set(labels)
    assert labels["model"] == model_version()
    assert labels["core"] in ("compiled", "plain")


# ---- what it must not say ------------------------------------------------------------------------------------------------------


def identifiers(value: Any) -> Iterator[str]:
    """Yield all texts of a record with letters and digits: every account, card, device, terminal, customer and event is one."""
    if isinstance(value, dict):
        for member in value.values():
            yield from identifiers(member)
    elif isinstance(value, list):
        for member in value:
            yield from identifiers(member)
    elif isinstance(value, str) and re.search("[A-Za-z]", value) and re.search("[0-9]", value):
        yield value


def test_no_account_card_device_or_person_appears(worker: SeenWorker) -> None:
    secrets = {text for _, _, record in DAY.records for text in identifiers(json.loads(encode(record)))} - TYPOLOGIES
    said = worker.get("/metrics").text + worker.get("/metrics", OPENMETRICS).text
    assert {account for event in EVENTS if isinstance(event, Transaction) for account in accounts_of(event)} <= secrets
    assert not {secret for secret in secrets if secret in said}


def accounts_of(transaction: Transaction) -> set[str]:
    return {party.account for party in (transaction.payer, transaction.payee) if party is not None}


# ---- partitions come and go ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metric",
    [
        "goldenhour_consumer_lag_records",
        "goldenhour_consumer_lag_seconds",
        "goldenhour_last_acknowledged_timestamp_seconds",
    ],
)
def test_every_assigned_partition_has_its_series(worker: SeenWorker, metric: str) -> None:
    assert worker.partitions_with(metric) == {(worker.prefix + topic, partition) for topic, partition in ALL_PARTITIONS}


def test_a_partition_that_moves_takes_its_series_along(worker: SeenWorker, kafka: KafkaBroker, tmp_path: Path) -> None:
    done = "goldenhour_last_acknowledged_timestamp_seconds"
    everything = sorted((worker.prefix + topic, partition) for topic, partition in ALL_PARTITIONS)
    with running_worker(kafka.bootstrap, worker.prefix, tmp_path / "second") as second:
        both = (worker, second)

        def is_shared() -> bool:
            parts = [one.partitions_with(done) for one in both]
            return all(parts) and sorted(place for part in parts for place in part) == everything

        wait_until(is_shared)
        wait_until(lambda: all(one.get("/ready").status == 200 for one in both))
        for one in both:
            keyed = {partition for topic, partition in one.partitions_with(done) if topic == f"{worker.prefix}keyed"}
            assert keyed
            assert {labels["partition"] for labels, _ in one.figures()["goldenhour_state_keys"]} == keyed
            assert sum_of(one.figures(), "goldenhour_assigned_partitions") == len(one.partitions_with(done))
