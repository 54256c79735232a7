"""The money that people kept a customer from paying, as a disposition tells it. Pure."""

from collections.abc import Iterable, Iterator

from models.profile import Profile
from models.records import Alert, Disposition


def newly_stopped(profile: Profile, disposition: Disposition, alerts: Iterable[Alert]) -> dict[str, int]:
    """Return the money at risk, minor units by currency, of the cases that this disposition is the first to call stopped.

    profile: with the disposition applied. alerts: what its cases then said.
    """
    if disposition.outcome != "STOPPED" or disposition.verdict == "LEGITIMATE":
        return {}
    found: dict[str, int] = {}
    stopped = set(_stopped_once(profile))
    for alert in alerts:
        if alert.alert_id in stopped:
            found[alert.currency] = found.get(alert.currency, 0) + alert.amount_at_risk_minor
    return found


def _stopped_once(profile: Profile) -> Iterator[str]:
    for case in profile.cases:
        if sum(step.outcome == "STOPPED" for step in case.steps) == 1:
            yield case.alert_id
