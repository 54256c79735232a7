"""Where stolen money went: from the victims through the layers of mules to cash, other banks, or nowhere yet."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from stream.evaluation.stories import PlantedStory

HOPS_MAX = 5


def money_flow(stories: Iterable[PlantedStory]) -> dict[str, Any]:
    """Return what entered each layer of mules and what left it, summed over all frauds.

    A layer is the hop of the account that moves the money; accounts that no story lists keep their move's own hop. What a layer got
    and did not move on stays in it; never below zero, because mules mix in money of their own.
    """
    entered: Counter[int] = Counter()
    left: dict[str, Counter[int]] = {"forward": Counter(), "CASH": Counter(), "OFF_US": Counter()}
    taken_cash = taken_elsewhere = stolen = 0
    for story in stories:
        if not story.is_fraud:
            continue
        hop_of = {mule.account: min(mule.hop, HOPS_MAX) for mule in story.mules}
        elsewhere = {mule.account for mule in story.mules if not mule.on_us}
        moved = {move.event_id for move in story.moves}
        stolen += story.stolen_minor
        for theft in story.thefts:
            if theft.event_id in moved:
                continue
            if theft.payee_account is None:
                taken_cash += theft.amount_minor
            elif theft.payee_account in elsewhere:
                taken_elsewhere += theft.amount_minor
            else:
                entered[hop_of.get(theft.payee_account, 1)] += theft.amount_minor
        for move in story.moves:
            hop = hop_of.get(move.payer_account, min(move.hop, HOPS_MAX))
            left[move.leaves or "forward"][hop] += move.amount_minor
            if not move.leaves and move.payee_account is not None:
                entered[hop_of.get(move.payee_account, min(hop + 1, HOPS_MAX))] += move.amount_minor
    hops = sorted({*entered, *left["forward"], *left["CASH"], *left["OFF_US"]})
    return {
        "stolen_minor": stolen,
        "direct_cash_minor": taken_cash,
        "direct_off_us_minor": taken_elsewhere,
        "hops": [_layer(hop, entered[hop], left) for hop in hops],
    }


def _layer(hop: int, entered_minor: int, left: dict[str, Counter[int]]) -> dict[str, int]:
    forward, cash, off_us = (left[way][hop] for way in ("forward", "CASH", "OFF_US"))
    return {
        "hop": hop,
        "entered_minor": entered_minor,
        "forward_minor": forward,
        "cash_minor": cash,
        "off_us_minor": off_us,
        "stayed_minor": max(0, entered_minor - forward - cash - off_us),
    }
