"""All frauds of the typology catalogue that a living bank can have, how often each comes, and how many days it needs."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from stream.simulator import stories, stories_cash, stories_mule, stories_victim
from stream.simulator.town_script import TownScript


class Kind(NamedTuple):
    """write: puts the story into a script. weight: relative frequency. days: calendar days from first step to last, at most.

    on_work_days: begins only when offices are open.
    """

    write: Callable[[TownScript, int], None]
    weight: float
    days: int = 2
    on_work_days: bool = False


CATALOGUE: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "V1": Kind(stories.safe_account, 7),
        "V2": Kind(stories.fake_boss, 2, on_work_days=True),
        "V3": Kind(stories_victim.guided_at_machine, 2),
        "V4": Kind(stories_victim.advance_fee, 6, 4),
        "V5": Kind(stories_victim.family_emergency, 7),
        "V6": Kind(stories_victim.fake_fee, 1.5, on_work_days=True),
        "V7": Kind(stories_victim.fake_shop, 14),
        "V8": Kind(stories_victim.loan_fee, 9),
        "V9": Kind(stories_victim.task_and_investment, 22, 21),
        "V10": Kind(stories_victim.cash_courier, 2.5, 4),
        "X1": Kind(stories.account_takeover, 5),
        "X2": Kind(stories_victim.coached_enrolment, 1.5, 7),
        "M1": Kind(stories.pass_through, 5),
        "M2": Kind(stories.fan_in, 3),
        "M3": Kind(stories_mule.fan_out, 2.5),
        "M4": Kind(stories_mule.probe_then_load, 2),
        "M5": Kind(stories_mule.sleeper_wakes, 2),
        "M6": Kind(stories_mule.device_farm, 1.5),
        "M7": Kind(stories_mule.layered_chain, 2.5),
        "M8": Kind(stories_mule.matching_mule, 2.5),
        "W1": Kind(stories.cash_out, 2.5),
        "W2": Kind(stories.many_cards, 1.5),
        "W3": Kind(stories_cash.card_set_moves, 0.7),
        "W4": Kind(stories_cash.split_location, 1),
        "A1": Kind(stories_cash.unlimited_operation, 0.2),
        "A2": Kind(stories_cash.switch_tampering, 0.2),
        "A3": Kind(stories_cash.skimming_point, 0.6, 12),
    }
)
"""Typology -> kind. Weights follow what police and banks say is common, roughly; source: ours."""
