"""Freeze requests in figures: how many, how fast, how much money, how often wrong, and whether the guard lets them out."""

from typing import Final

from stream.freeze_watch import FreezeWatch
from stream.keyed_processor import KeyedOutput
from stream.metrics import CURRENCIES, Metrics

_STEPS: Final = {"EXECUTED": "held", "RELEASED": "released", "EXPIRED": "released"}


def note_freezes(metrics: Metrics, output: KeyedOutput) -> None:
    """Count the requests of a slice that were acknowledged by the broker, and the liaison's answers in it."""
    for request in output.requests:
        metrics.freeze_requests.labels(request.state).inc()
        if request.state == "PROPOSED" and request.sequence == 1:
            metrics.freeze_amount.labels("requested", _currency(request.currency)).inc(request.requested_amount_minor)
        if any(reason.code == "DISPOSED_LEGITIMATE" for reason in request.reasons):
            metrics.freeze_wrong.labels("LEGITIMATE").inc()
    for asked in output.asked:
        for since, at_us in (("alert", asked.alerted_us), ("report", asked.reported_us)):
            if at_us:
                metrics.freeze_request_seconds.labels(since).observe(max(0, asked.made_us - at_us) / 1_000_000)
    for answer in output.answers:
        metrics.freeze_answers.labels(answer.status, answer.how).inc()
        if answer.after_s is not None:
            metrics.freeze_answer_seconds.labels(answer.status).observe(answer.after_s)
        if answer.status in _STEPS and answer.how == "APPLIED":
            metrics.freeze_amount.labels(_STEPS[answer.status], _currency(answer.currency)).inc(answer.minor)
        if answer.is_wrong:
            metrics.freeze_wrong.labels(answer.status).inc()
    for currency, minor in output.stopped.items():
        metrics.stopped_amount.labels(_currency(currency)).inc(minor)


def note_watch(metrics: Metrics, partition: str, watch: FreezeWatch) -> None:
    """Show whether a partition lets requests out, and how many accounts wait for people."""
    metrics.freeze_guard_tripped.labels(partition).set(watch.gate.guard.is_tripped)
    metrics.freeze_review_only.labels(partition).set(watch.gate.is_review_only)
    metrics.freeze_requests_held.labels(partition).set(len(watch.held))


def _currency(currency: str) -> str:
    return currency if currency in CURRENCIES else "other"
