"""What confirmed fraud says of a key: a payer, a payee, a machine, a shop's till or a device of which somebody has reported fraud.

Kept only for keys that had a confirmed fraud, from the first one on: frauds in a row, then honest ones again. All times are those
of the labelled events, and nothing changes before a label has arrived, so that a label's delay is respected by itself.
"""

import math

import msgspec

_RECENT_WEIGHT = 0.2  # ours: half forgotten in three labels
_DAY_US = 86_400_000_000


class Risk(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The labels of one key, from its first confirmed fraud on.

    run, run_us: confirmed frauds in a row up to the last label, and the event time of the first of them. last_us: of the last
    fraud. honest: labels since without fraud. recent_share: of fraud among the last few labels. frauds, labels: how many, fading,
    as of `at_us`.
    """

    at_us: int = 0
    run: int = 0
    run_us: int = 0
    last_us: int = 0
    honest: int = 0
    recent_share: float = 0.0
    frauds: float = 0.0
    labels: float = 0.0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Risk).decode


def encode_risk(risk: Risk) -> bytes:
    """Return the stored form of a risk."""
    return _encode(risk)


def decode_risk(stored: bytes) -> Risk:
    """Return a risk from its stored form."""
    return _decode(stored)


def risk_after(risk: Risk | None, at_us: int, fade_s: int, *, is_fraud: bool, weight: int = 1) -> Risk | None:
    """Return a key's risk after one more label; None as long as it had no fraud.

    at_us: event time of the labelled event. fade_s: after so long a label counts a third. weight: how many such events it stands
    for.

    >>> once = risk_after(None, 0, 86_400, is_fraud=True)
    >>> again = risk_after(once, 0, 86_400, is_fraud=False)
    >>> (once.run, again.run, again.honest, again.frauds, again.labels)
    (1, 0, 1, 1.0, 2.0)
    """
    if risk is None:
        if not is_fraud:
            return None
        risk = Risk(at_us=at_us)
    keep = faded(risk, at_us, fade_s)
    newest_us = max(risk.at_us, at_us)
    recent = risk.recent_share + _RECENT_WEIGHT * (float(is_fraud) - risk.recent_share)
    labels = risk.labels * keep + weight
    if not is_fraud:
        return Risk(newest_us, 0, 0, risk.last_us, risk.honest + 1, recent, risk.frauds * keep, labels)
    run_us = min(risk.run_us, at_us) if risk.run else at_us
    return Risk(newest_us, risk.run + 1, run_us, max(risk.last_us, at_us), 0, recent, risk.frauds * keep + weight, labels)


def faded(risk: Risk, now_us: int, fade_s: int) -> float:
    """Return the share of its counts that a risk keeps until now."""
    return math.exp(-max(0, now_us - risk.at_us) / (fade_s * 1_000_000))


def risk_nats(risk: Risk | None, now_us: int, base: float, prior_count: float, fade_s: int, nats_max: float) -> float:
    """Return the evidence of a key's confirmed frauds, in nats, 0 to nats_max.

    The share of fraud to expect at the key (its labels, and the usual share as if seen `prior_count` times) against the usual one.

    base: the usual share of fraud among labels. Source: mean of a beta posterior.
    """
    if risk is None:
        return 0.0
    keep = faded(risk, now_us, fade_s)
    expected = (prior_count * base + risk.frauds * keep) / (prior_count + risk.labels * keep)
    expected = min(expected, 1.0 - 1e-9)
    nats = math.log(expected / (1.0 - expected)) - math.log(base / (1.0 - base))
    return min(nats_max, max(0.0, nats))


def days_since(then_us: int, now_us: int) -> float:
    """Return the days between two instants, not below 0."""
    return max(0, now_us - then_us) / _DAY_US
