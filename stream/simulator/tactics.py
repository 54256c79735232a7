"""How boldly the planted frauds act: the same stories plainly, just under the thresholds, slowly, by day, or with old accounts.

The thresholds meant are the defaults of the typology catalogue (drain over half, four fifths passed on, five payers, nine
tenths of the cash cap, cash within ten minutes, two codes). Ranges are (low, high); durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tactic:
    """One way to carry the stories out.

    pace: stretches every waiting time. drain: share of the victim's money taken. pass_on: share of a mule's money sent on.
    payers: of a collecting account. cards: at one machine. note_yuan: one withdrawal of four. cash_delay_s: credit to cash.
    after_midnight: draw again when the daily cap is new. otp: codes in ten minutes. takeover_lead_s: new device to payment.
    boss_yuan, boss_payments: orders of the false boss. mule_age_d: age of mule accounts; warmed_up: they have a past.
    hours: local hours in which a story may begin. rest_s: pause of a mule before the next step, None = some minutes.
    is_hard: its signs stay below the lines of the catalogue, or look like anybody's.
    """

    pace: float = 1.0
    drain: Range = (0.64, 0.93)
    pass_on: Range = (0.955, 0.985)
    payers: tuple[int, int] = (8, 15)
    cards: tuple[int, int] = (4, 6)
    note_yuan: tuple[int, int] = (4_600, 5_000)
    cash_delay_s: Range = (150, 480)
    after_midnight: bool = True
    otp: tuple[int, int] = (2, 4)
    takeover_lead_s: Range = (120, 1_800)
    boss_yuan: tuple[int, int] = (80_000, 600_000)
    boss_payments: tuple[int, int] = (2, 3)
    mule_age_d: tuple[int, int] = (4, 60)
    warmed_up: bool = False
    hours: tuple[int, int] = (9, 20)
    rest_s: Range | None = None
    is_hard: bool = False


PLAIN: Final = Tactic()
TACTICS: Final[Mapping[str, Tactic]] = MappingProxyType(
    {
        "plain": PLAIN,
        "under_thresholds": replace(
            PLAIN,
            drain=(0.30, 0.48),
            pass_on=(0.60, 0.78),
            payers=(3, 4),
            cards=(2, 2),
            note_yuan=(2_500, 3_500),
            cash_delay_s=(660, 1_080),
            after_midnight=False,
            otp=(0, 1),
            takeover_lead_s=(43_500, 46_800),
            boss_yuan=(30_000, 49_000),
            boss_payments=(1, 1),
            is_hard=True,
        ),
        "slower": replace(PLAIN, pace=3.0, cash_delay_s=(700, 2_400), hours=(9, 16)),
        "just_beyond": replace(PLAIN, rest_s=(1_830, 3_000), cash_delay_s=(620, 1_300), after_midnight=False, is_hard=True),
        "overnight": replace(PLAIN, rest_s=(8 * 3_600, 13 * 3_600), hours=(17, 21), after_midnight=False, is_hard=True),
        "next_day": replace(PLAIN, rest_s=(86_700, 104_000), after_midnight=False, is_hard=True),
        "late": replace(PLAIN, hours=(21, 23)),
        "by_day": replace(PLAIN, after_midnight=False, hours=(9, 14)),
        "warmed_up": replace(PLAIN, mule_age_d=(400, 2_500), warmed_up=True, is_hard=True),
    }
)
"""Name -> tactic; "plain" is the default, the others are for tests and for a living bank."""

TACTIC_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "plain": 38,
        "warmed_up": 15,
        "slower": 10,
        "by_day": 8,
        "under_thresholds": 8,
        "just_beyond": 7,
        "late": 7,
        "overnight": 4,
        "next_day": 3,
    }
)
"""How often each is used in a living bank. Source: ours."""
