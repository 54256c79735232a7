"""Freeze requests held against the truth: whom they would stop, and how long a wrong one stood."""

from typing import Any

from stream.evaluation.measures import quantile, share
from stream.evaluation.reading import Material, RequestLine


def freeze_figures(material: Material) -> dict[str, Any] | None:
    """Return how many accounts were targets, how many of them rightly, and who the others are. None without stories.

    Right: a mule of a fraud. victims and innocents must be 0. A wrong one is repaired when it is withdrawn.
    """
    if material.stories is None:
        return None
    frauds = [story for story in material.stories if story.is_fraud]
    mules = {mule.account for story in frauds for mule in story.mules}
    victims = {account for story in frauds for account in story.victims} - mules
    scenes = {account for story in material.stories if not story.is_fraud for account in story.accounts}
    targets = {line.target.account for line in material.requests if line.state == "PROPOSED"}
    innocents = targets - mules - victims
    wrong = targets - mules
    repairs = _repairs_s(material.requests, wrong)
    return {
        "targets": len(targets),
        "right": len(targets & mules),
        "precision": share(len(targets & mules), len(targets)),
        "victims": len(targets & victims),
        "innocents": len(innocents),
        "of_them_in_lookalikes": len(innocents & scenes),
        "customers": material.customers,
        "wrong_per_10000_customers": share(10_000 * len(wrong), material.customers),
        "wrong_withdrawn": len(repairs),
        "wrong_withdrawn_after_s_median": quantile(repairs, 0.5),
    }


def _repairs_s(requests: list[RequestLine], wrong: set[str]) -> list[float]:
    """Return, for each wrong request that ended, how long it stood."""
    since: dict[str, int] = {}
    stood: dict[str, int] = {}
    for line in requests:
        if line.target.account in wrong:
            if line.state == "PROPOSED":
                since.setdefault(line.request_id, line.requested_us)
                stood.pop(line.request_id, None)
            elif line.request_id in since:
                stood[line.request_id] = line.requested_us - since[line.request_id]
    return [stood[name] / 1e6 for name in sorted(stood)]
