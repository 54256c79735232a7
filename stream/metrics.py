"""Every metric of the product, in one place. The core returns figures; only this module and the edge know Prometheus.

Labels come from closed sets; never an account, card, device, terminal or customer. Children used per batch are cached by
prometheus-client's `labels`; what changes with a rebalance (lag) is read at the moment of the scrape, so that series of
partitions that have left are gone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.errors import ERROR_CODES
from models import timeline
from models.contract_types import AccountEventType, AlertTier, FreezeStatus, Kind, Outcome, Stage, Verdict
from models.detector import AnyDetector
from models.freeze_reasons import FREEZE_MOVES
from models.ladder import MOVES
from models.learner import Label
from models.skimming import TYPOLOGY as SKIMMING_TYPOLOGY
from models.trace_findings import TYPOLOGY
from stream.drift import WATCHED
from stream.label_join import PARTY_NAMES
from stream.policy.document import Policy
from stream.policy.follower import say
from stream.policy.log import FATES, Taken

_TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_DELAYS = (3_600.0, 14_400.0, 86_400.0, 259_200.0, 604_800.0, 1_209_600.0, 2_592_000.0, 5_184_000.0, 7_776_000.0)
_SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_EVENT = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01)
_ANSWERS = (1.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0)
CURRENCIES = ("CNY", "HKD", "USD", "EUR")
"""Those with a metric label of their own, so that the set of labels is closed."""
LEVELS = ("warning", "error")
_COUNTS = (1, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000)


class PartitionLag(NamedTuple):
    """How far one partition is behind. seconds: age of the oldest record not done, None if there is none or it is unknown.

    done_log_s: log time of the last record done, None before the first one of this process.
    """

    topic: str
    partition: int
    records: int | None
    seconds: float | None
    last_done_s: float
    done_log_s: float | None = None


class _LagCollector(Collector):
    """Reads the lags of the partitions assigned right now."""

    def __init__(self) -> None:
        self.source: Callable[[], Iterable[PartitionLag]] = tuple

    def collect(self) -> Iterator[Metric]:
        labels = ["topic", "partition"]
        records = GaugeMetricFamily("goldenhour_consumer_lag_records", "Records not done yet.", labels=labels)
        seconds = GaugeMetricFamily("goldenhour_consumer_lag_seconds", "Age of the log position that is done.", labels=labels)
        watermark = GaugeMetricFamily("goldenhour_watermark_timestamp_seconds", "Log time up to which all is done.", labels=labels)
        done = GaugeMetricFamily("goldenhour_last_acknowledged_timestamp_seconds", "When records were last done.", labels=labels)
        for lag in self.source():
            where = [lag.topic, str(lag.partition)]
            if lag.records is not None:
                records.add_metric(where, lag.records)
            if lag.seconds is not None:
                seconds.add_metric(where, lag.seconds)
            if lag.done_log_s is not None:
                watermark.add_metric(where, lag.done_log_s)
            done.add_metric(where, lag.last_done_s)
        yield from (records, seconds, watermark, done)


@dataclass(frozen=True)
class Metrics:
    """The instruments of one worker. Made once, in the composition root, and handed to whoever observes."""

    registry: CollectorRegistry
    events: Counter
    alerts: Counter
    alert_revisions: Counter
    alerts_held_back: Counter
    freeze_requests: Counter
    freeze_answers: Counter
    freeze_wrong: Counter
    freeze_amount: Counter
    stopped_amount: Counter
    freeze_answer_seconds: Histogram
    freeze_request_seconds: Histogram
    freeze_guard_tripped: Gauge
    freeze_review_only: Gauge
    freeze_requests_held: Gauge
    dead_letters: Counter
    kept_records: Counter
    dispositions: Counter
    applied_dispositions: Counter
    case_moves: Counter
    labelled_events: Counter
    label_delay: Histogram
    drifts: Counter
    traces: Counter
    scores: Counter
    detector_faults: Counter
    repeated_events: Counter
    ticks: Counter
    log_to_alert: Histogram
    event_to_alert: Histogram
    batch_records: Histogram
    batch_seconds: Histogram
    decide_seconds: Histogram
    write_seconds: Histogram
    loop_delay: Histogram
    heartbeat_age: Gauge
    client_warnings: Counter
    alerts_waiting: Gauge
    state_keys: Gauge
    state_bytes: Gauge
    recovery_seconds: Gauge
    is_recovering: Gauge
    rebalances: Counter
    partitions: Gauge
    aligned_waits: Counter
    build: Info
    policy: Gauge
    policy_records: Counter
    lags: _LagCollector = field(default_factory=_LagCollector)

    def judge_by(self, policy: Policy) -> None:
        """Show the policy in force instead of the one before."""
        self.policy.clear()
        self.policy.labels(policy.version, policy.digest[:12], str(policy.number)).set(1)

    def note_policy(self, taken: Taken) -> None:
        """Count and log what became of a record of topic `policy`."""
        self.policy_records.labels(taken.fate).inc()
        say(taken)

    def expect(self, detectors: Iterable[AnyDetector]) -> None:
        """Start the counters of what these detectors may state at 0: a series born with its first alert would hide that one."""
        detectors = list(detectors)
        for detector in detectors:
            self.detector_faults.labels(detector.name)
        for typologies in [(TYPOLOGY,), (SKIMMING_TYPOLOGY,), *(detector.typologies for detector in detectors)]:
            for typology in typologies:
                for tier in map(str, get_args(AlertTier)):
                    self.alerts.labels(typology, tier)
                    self.alert_revisions.labels(typology, tier)


def build_metrics() -> Metrics:
    """Return fresh instruments on a registry of their own."""
    registry = CollectorRegistry()

    def counter(name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="goldenhour", registry=registry)

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace="goldenhour", registry=registry)

    def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, labels, namespace="goldenhour", buckets=buckets, registry=registry)

    metrics = Metrics(
        registry=registry,
        events=counter("events", "Events taken in, at their home partition.", "topic", "kind", "outcome"),
        alerts=counter("alerts", "Alerts raised, first revisions only.", "typology", "tier"),
        alert_revisions=counter("alert_revisions", "Statements of alerts, every revision.", "typology", "tier"),
        alerts_held_back=counter("alerts_held_back", "Alerts that the budget kept from being published, or delayed.", "tier"),
        freeze_requests=counter("freeze_requests", "Freeze requests published.", "state"),
        freeze_answers=counter("freeze_answers", "Answers of the liaison that were news.", "status", "how"),
        freeze_wrong=counter("freeze_wrong_requests", "Freeze requests that proved wrong.", "reason"),
        freeze_amount=counter("freeze_amount_minor", "Money of freeze requests, minor units.", "step", "currency"),
        stopped_amount=counter("stopped_amount_minor", "Money at risk where a person kept a customer from paying.", "currency"),
        freeze_answer_seconds=histogram(
            "freeze_answer_seconds", "A freeze request to its first answer of a kind.", _ANSWERS, "status"
        ),
        freeze_request_seconds=histogram(
            "freeze_request_seconds", "The first alert, or the victim's report, to the freeze request.", _ANSWERS, "since"
        ),
        freeze_guard_tripped=gauge("freeze_guard_tripped", "1 while the guard lets no freeze request out.", "partition"),
        freeze_review_only=gauge("freeze_review_only", "1 while policy or a person lets no freeze request out.", "partition"),
        freeze_requests_held=gauge("freeze_requests_held", "Accounts whose freeze request waits for people.", "partition"),
        dead_letters=counter("dead_letters", "Records that could not be read.", "reason"),
        kept_records=counter("kept_records", "Reports, dispositions, responses and controls taken in.", "topic"),
        dispositions=counter("dispositions", "Dispositions taken in, copies left out.", "names", "verdict", "stage", "outcome"),
        applied_dispositions=counter("applied_dispositions", "Dispositions applied to a subject's cases.", "names", "when"),
        case_moves=counter("case_moves", "What people and deadlines changed in a case.", "reason"),
        labelled_events=counter(
            "labelled_events", "Scored events that a label found, by what was said of them.", "party", "verdict", "tier", "top"
        ),
        label_delay=histogram("label_delay_seconds", "From an event to the decision that labels it.", _DELAYS),
        drifts=counter("drifts", "Changes in the distribution of scores and of what they rest on.", "what"),
        traces=counter("traces", "Records of traces of reported money published."),
        scores=counter("scores", "Scores published."),
        detector_faults=counter("detector_faults", "Isolated detectors disabled after a fault.", "detector"),
        repeated_events=counter("repeated_events", "Items sent again and skipped, because the state holds them."),
        ticks=counter("ticks", "Times a silent partition was told that time has passed."),
        log_to_alert=histogram("log_to_alert_seconds", "Log time of the source record to the acknowledged alert.", _TIMES),
        event_to_alert=histogram("event_to_alert_seconds", "Event time to the acknowledged alert.", _TIMES),
        batch_records=histogram("batch_records", "Records in one slice of work.", _COUNTS, "agent"),
        batch_seconds=histogram("batch_seconds", "Time to work on one slice, writes not included.", _SHORT, "agent"),
        decide_seconds=histogram("decide_seconds", "Time to judge one event, mean of a slice.", _EVENT),
        write_seconds=histogram("write_seconds", "A slice's writes: handed over to acknowledged.", _TIMES, "agent"),
        loop_delay=histogram("event_loop_delay_seconds", "How late the event loop wakes a sleeper.", _SHORT),
        heartbeat_age=gauge("heartbeat_age_seconds", "Age of the last heartbeat that the group's coordinator accepted."),
        client_warnings=counter("client_warnings", "What Kafka's client complained of: errors met and tried again.", "level"),
        alerts_waiting=gauge("alerts_waiting", "Alerts that wait for room in the budget.", "partition"),
        state_keys=gauge("state_keys", "Keys in memory.", "partition"),
        state_bytes=gauge("state_bytes", "Bytes of stored state in memory, keys included.", "partition"),
        recovery_seconds=gauge("recovery_seconds", "How long the last loading of a partition's state took.", "partition"),
        is_recovering=gauge("recovering", "1 while state is being loaded."),
        rebalances=counter("rebalances", "Assignments received."),
        partitions=gauge("assigned_partitions", "Partitions assigned to this worker.", "topic"),
        aligned_waits=counter("alignment_timeouts", "Times a lagging source partition was no longer waited for."),
        policy=gauge(
            "policy_info", "1 for the policy in force at this worker; number 0: from its file.", "version", "digest", "number"
        ),
        policy_records=counter("policy_records", "Records of topic policy taken, by what became of them.", "fate"),
        build=Info("build", "Versions in use.", namespace="goldenhour", registry=registry),
    )
    for topic, kinds in (("transactions", Kind), ("account-events", AccountEventType)):
        for kind, outcome in product(get_args(kinds), get_args(timeline.Outcome)):
            metrics.events.labels(topic, kind, outcome)
    for code in ERROR_CODES:
        metrics.dead_letters.labels(code)
    for tier in map(str, get_args(AlertTier)):
        metrics.alerts_held_back.labels(tier)
    for state in ("PROPOSED", "WITHDRAWN"):
        metrics.freeze_requests.labels(state)
    for names in ("alert", "event"):
        for when in ("at_once", "waited"):
            metrics.applied_dispositions.labels(names, when)
        for told in product(get_args(Verdict), ("", *get_args(Stage)), ("", *get_args(Outcome))):
            metrics.dispositions.labels(names, *told)
    for found in product(PARTY_NAMES.values(), get_args(Label), ("0", "1", "2", "3"), ("no", "yes")):
        metrics.labelled_events.labels(*found)
    for what in WATCHED:
        metrics.drifts.labels(what)
    for fate in FATES:
        metrics.policy_records.labels(fate)
    for status in get_args(FreezeStatus):
        for how in ("APPLIED", "STALE"):
            metrics.freeze_answers.labels(status, how)
    for status in ("ACKNOWLEDGED", "EXECUTED"):
        metrics.freeze_answer_seconds.labels(status)
    for since in ("alert", "report"):
        metrics.freeze_request_seconds.labels(since)
    for wrong in ("REJECTED", "RELEASED", "LEGITIMATE"):
        metrics.freeze_wrong.labels(wrong)
    for reason in (*MOVES, *FREEZE_MOVES):
        metrics.case_moves.labels(reason)
    for currency in (*CURRENCIES, "other"):
        metrics.stopped_amount.labels(currency)
        for step in ("requested", "held", "released"):
            metrics.freeze_amount.labels(step, currency)
    for level in LEVELS:
        metrics.client_warnings.labels(level)
    for agent in ("entry", "keyed"):
        for of_agent in (metrics.batch_records, metrics.batch_seconds, metrics.write_seconds):
            of_agent.labels(agent)
    for topic in ("victim-reports", "dispositions", "freeze-responses", "case-controls"):
        metrics.kept_records.labels(topic)
    registry.register(metrics.lags)
    ProcessCollector(registry=registry)  # memory, CPU, open files; only where there is /proc
    return metrics
