"""The instruments of a gateway. Labels come from closed sets; never an account, card or terminal."""

from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from connectors.errors import ERROR_CODES

OUTCOMES: Final = ("record", "no_record", "network", "sign_of_life", "dead_letter", "cut_off")
"""What became of a frame: records, none because it moves no money, answered network management, a length of 0, put aside, or
ended by the connection before it was whole."""
_TIMES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class GatewayMetrics:
    """Made once, where the gateway is put together."""

    registry: CollectorRegistry
    frames: Counter
    dead_letters: Counter
    connections: Gauge
    unacknowledged: Gauge
    acknowledge_seconds: Histogram
    requests_waiting: Gauge
    unanswered: Counter
    build: Info


def build_gateway_metrics() -> GatewayMetrics:
    """Return fresh instruments on a registry of their own, every series at 0."""
    registry = CollectorRegistry()
    metrics = GatewayMetrics(
        registry=registry,
        frames=Counter("goldenhour_gateway_frames", "Frames read, by what became of them.", ["outcome"], registry=registry),
        dead_letters=Counter("goldenhour_dead_letters", "Records that could not be read.", ["reason"], registry=registry),
        connections=Gauge("goldenhour_gateway_connections", "Switches connected.", registry=registry),
        unacknowledged=Gauge("goldenhour_gateway_unacknowledged_frames", "Frames the broker has not confirmed.", registry=registry),
        acknowledge_seconds=Histogram(
            "goldenhour_gateway_acknowledge_seconds", "Frame read to broker's ack.", buckets=_TIMES, registry=registry
        ),
        requests_waiting=Gauge("goldenhour_gateway_requests_waiting", "Requests remembered for a response.", registry=registry),
        unanswered=Counter(
            "goldenhour_gateway_unanswered_requests", "Requests forgotten before a response came.", registry=registry
        ),
        build=Info("goldenhour_build", "Versions in use.", registry=registry),
    )
    for outcome in OUTCOMES:
        metrics.frames.labels(outcome)
    for code in ERROR_CODES:
        metrics.dead_letters.labels(code)
    ProcessCollector(registry=registry)
    return metrics
