"""The instruments of a desk. Labels come from closed sets; never an account, a case or a person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Final, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from models.contract_types import AlertTier, AuditAction, AuditOutcome
from stream.desk.standing import Standing

PAGES: Final = ("queue", "case", "search", "act", "other")
"""Kinds of pages whose time is measured: `act` is every form that writes a record."""
REFUSALS: Final = ("wrong", "too_many")
"""Why a sign-in failed: name or password were wrong, or so many had failed before that it was not looked at."""
_TIMES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Queue(NamedTuple):
    """The queue in figures. by_tier: open cases; oldest_s: since the oldest of them was raised, 0 without one."""

    by_tier: dict[int, int]
    oldest_s: float


class View(NamedTuple):
    """How far the view is. lag_records: records of its topics not taken in yet, None where nobody can know."""

    is_connected: bool
    is_loaded: bool
    lag_records: int | None
    unreadable: int


def figures_of(found: list[Standing], now_us: int) -> Queue:
    """Return the queue of open cases in figures."""
    by_tier = dict.fromkeys(get_args(AlertTier), 0)
    for one in found:
        by_tier[one.tier] += 1
    return Queue(by_tier, max((max(0, now_us - one.raised_us) / 1_000_000 for one in found), default=0.0))


class _Now(Collector):
    """What is true at the moment of the scrape."""

    def __init__(self) -> None:
        self.queue: Callable[[], Queue] = lambda: figures_of([], 0)
        self.view: Callable[[], View] = lambda: View(False, False, None, 0)

    def collect(self) -> Iterator[Metric]:
        queue, view = self.queue(), self.view()
        cases = GaugeMetricFamily("goldenhour_desk_open_cases", "Open cases in the queue.", labels=["tier"])
        for tier, count in sorted(queue.by_tier.items()):
            cases.add_metric([str(tier)], count)
        yield cases
        yield GaugeMetricFamily("goldenhour_desk_oldest_open_case_seconds", "Age of the oldest open case.", value=queue.oldest_s)
        yield GaugeMetricFamily("goldenhour_desk_connected", "1 while the view follows Kafka.", value=float(view.is_connected))
        yield GaugeMetricFamily("goldenhour_desk_loaded", "1 once all topics have been read.", value=float(view.is_loaded))
        lag = GaugeMetricFamily("goldenhour_desk_lag_records", "Records that the view has not taken in.")
        if view.lag_records is not None:
            lag.add_metric([], view.lag_records)
        yield lag
        yield GaugeMetricFamily("goldenhour_desk_unreadable_records", "Records that could not be read.", value=view.unreadable)


@dataclass(frozen=True)
class DeskMetrics:
    """Made once, where the desk is put together."""

    registry: CollectorRegistry
    sign_ins: Counter
    failed_sign_ins: Counter
    acts: Counter
    page_seconds: Histogram
    build: Info
    now: _Now = field(default_factory=_Now)


def build_desk_metrics() -> DeskMetrics:
    """Return fresh instruments on a registry of their own, every series at 0."""
    registry = CollectorRegistry()
    metrics = DeskMetrics(
        registry=registry,
        sign_ins=Counter("goldenhour_desk_sign_ins", "Persons signed in.", registry=registry),
        failed_sign_ins=Counter("goldenhour_desk_failed_sign_ins", "Sign-ins that failed.", ["reason"], registry=registry),
        acts=Counter("goldenhour_desk_acts", "What people did, as the audit tells it.", ["action", "outcome"], registry=registry),
        page_seconds=Histogram(
            "goldenhour_desk_page_seconds", "Request to answer, live updates left out.", ["page"], buckets=_TIMES, registry=registry
        ),
        build=Info("goldenhour_build", "Versions in use.", registry=registry),
    )
    for reason in REFUSALS:
        metrics.failed_sign_ins.labels(reason)
    for action, outcome in product(get_args(AuditAction), get_args(AuditOutcome)):
        metrics.acts.labels(action, outcome)
    for page in PAGES:
        metrics.page_seconds.labels(page)
    registry.register(metrics.now)
    ProcessCollector(registry=registry)
    return metrics
