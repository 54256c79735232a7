"""The risk of a key: nothing before its first confirmed fraud, then what its labels say."""

import math

import pytest

from models.risk import Risk, decode_risk, encode_risk, risk_after, risk_nats

DAY_US = 86_400_000_000
FADE_S = 30 * 86_400


def after(*labels: tuple[float, bool]) -> Risk | None:
    risk = None
    for day, is_fraud in labels:
        risk = risk_after(risk, int(day * DAY_US), FADE_S, is_fraud=is_fraud)
    return risk


def nats(risk: Risk | None, day: float, nats_max: float = 6.0) -> float:
    return risk_nats(risk, int(day * DAY_US), 0.01, 5.0, FADE_S, nats_max)


def test_honest_labels_alone_leave_no_trace() -> None:
    assert after((1, False), (2, False)) is None
    assert nats(None, 3) == 0.0


def test_frauds_in_a_row_are_counted_from_the_first_and_ended_by_an_honest_one() -> None:
    running = after((1, True), (2, True), (4, True))
    assert running is not None
    assert (running.run, running.run_us, running.last_us, running.honest) == (3, DAY_US, 4 * DAY_US, 0)
    ended = risk_after(running, 5 * DAY_US, FADE_S, is_fraud=False)
    assert ended is not None
    assert (ended.run, ended.last_us, ended.honest) == (0, 4 * DAY_US, 1)


def test_evidence_grows_with_frauds_and_falls_with_honest_labels_and_time() -> None:
    once, twice = after((1, True)), after((1, True), (2, True))
    assert 0.0 < nats(once, 2) < nats(twice, 2)
    assert nats(after((1, True), (2, False), (3, False)), 3) < nats(once, 3)
    assert nats(twice, 90) < nats(twice, 2)


def test_evidence_is_the_posterior_share_against_the_usual_one() -> None:
    share = (5 * 0.01 + 1) / (5 + 1)
    expected = math.log(share / (1 - share)) - math.log(0.01 / 0.99)
    assert nats(after((1, True)), 1) == pytest.approx(expected)


def test_confirmed_fraud_alone_never_says_more_than_its_bound() -> None:
    assert nats(after(*[(1, True)] * 500), 1, nats_max=2.0) == 2.0


def test_a_late_label_of_an_older_event_moves_no_time_back() -> None:
    risk = after((5, True), (3, True))
    assert risk is not None
    assert (risk.at_us, risk.last_us, risk.run_us) == (5 * DAY_US, 5 * DAY_US, 3 * DAY_US)


def test_the_stored_form_is_the_whole() -> None:
    risk = after((1, True), (2, False), (3, True))
    assert risk is not None
    assert decode_risk(encode_risk(risk)) == risk
