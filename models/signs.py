"""Signs that go with a payment, each as a reason: what several detectors read in the same way.

Strong signs say that somebody else is behind a payment; weak ones are seen in daily life as well. None of them is a ground alone.
"""

import math
from typing import Final

import msgspec

from models import entry as e
from models.entry import Entry
from models.records import Reason
from models.signal import Signal, hours
from models.stats import ew_deviation
from models.view import View
from models.young_relations import others_money_minor

_ACCOUNT_EVENTS = e.DEPOSIT_BROKEN | e.LIMIT_RAISED
_STRONG = (
    ("DEPOSIT_BROKEN", e.DEPOSIT_BROKEN, "此前刚提前支取定期存款。", "A deposit was broken just before."),
    ("LIMIT_RAISED", e.LIMIT_RAISED, "此前刚调高转账限额。", "The transfer limit was raised just before."),
    ("COACHED", e.COACHED, "转账时正在通话或屏幕共享。", "A call or remote access was active during the payment."),
    ("NAME_MATCH", e.NAME_MISMATCH, "收款人户名不符。", "The payee's name does not match the account."),
)
_DAY_S: Final = 86_400
_LEAST_DEVIATION: Final = 0.5  # always the same sum is no habit to the fen
STRONG_BITS: Final = e.DEPOSIT_BROKEN | e.LIMIT_RAISED | e.COACHED | e.NAME_MISMATCH
"""Without any of these bits, and with a payee account that is not young, there is no strong sign."""


def strong_signs(window: list[Entry], transfers: list[Entry], young_payee_d: int, window_s: int) -> list[Reason]:
    """Return the strong signs about some transfers, the last of which is the event examined.

    window: everything at the account in the `window_s` seconds that end with the event. young_payee_d: below it the event's payee
    account is young.
    """
    signs = [
        Reason(code=code, zh=zh, en=en, value=1.0, threshold=1.0, window_s=window_s)
        for code, bit, zh, en in _STRONG
        if any(entry.code & bit for entry in (window if bit & _ACCOUNT_EVENTS else transfers))
    ]
    age_d = transfers[-1].age_d
    if 0 <= age_d < young_payee_d:
        signs.append(
            Reason(
                code="PAYEE_AGE_D",
                zh=f"收款账户开户仅{age_d}天。",
                en=f"The payee's account is {age_d} days old.",
                value=float(age_d),
                threshold=float(young_payee_d),
            )
        )
    return signs


def weak_signs(transfers: list[Entry], payees_min: int, window_s: int) -> list[Reason]:
    """Return the weak signs about some transfers to new payees, the last of which is the event examined."""
    signs = []
    if transfers[-1].code & e.CROSS_REGION:
        signs.append(
            Reason(code="CROSS_REGION", zh="收款人在外省。", en="The payee is in another province.", value=1.0, threshold=1.0)
        )
    payees = len({entry.other for entry in transfers})
    if payees >= payees_min:
        signs.append(
            Reason(
                code="DISTINCT_PAYEES",
                zh=f"{hours(window_s)}小时内向{payees}个新收款人转账。",
                en=f"Transfers to {payees} new payees within {hours(window_s)} h.",
                value=float(payees),
                threshold=float(payees_min),
                window_s=window_s,
            )
        )
    return signs


def deviations_above(view: View, amount_minor: int, history_min: int) -> float:
    """Return by how many deviations a sum lies above the account's own habit; 0.0 with fewer than `history_min` debits."""
    habits = view.habits()
    if habits.count < history_min:
        return 0.0
    deviation = max(_LEAST_DEVIATION, ew_deviation(habits.amount_mean, habits.amount_square))
    return max(0.0, (math.log1p(amount_minor) - habits.amount_mean) / deviation)


def above_own(view: View, amount_minor: int, history_min: int, deviations: float) -> list[Reason]:
    """Return the sign that a sum is far above the account's own habit, if it is."""
    above = deviations_above(view, amount_minor, history_min)
    if above < deviations:
        return []
    zh, en = "金额远超本人习惯。", "The sum is far above this customer's habit."
    return [Reason(code="ABOVE_OWN", zh=zh, en=en, value=round(above, 2), threshold=deviations)]


def others_credit_minor(view: View, since_s: int) -> int:
    """Return what people first met lately paid in after a second, as far as known: it moves on at a mule, and is nobody's savings.

    A memory full of young relations may have forgotten the payers; then all that came in on those days counts, for the uncertain
    must not pass for a victim: that would shield a mule from a freeze.
    """
    now, history, bounds = view.now, view.history(), view.bounds
    stranger_s = now.at_us // 1_000_000 - since_s
    others_minor = max(
        others_money_minor(history.relations, now.currency, since_s), view.strangers_credit_minor(bounds.window_max_s, stranger_s)
    )
    if len(history.relations) >= bounds.relations_max and history.currency == now.currency:
        first_day = (since_s + bounds.utc_offset_s) // _DAY_S
        others_minor = max(others_minor, sum(day.in_minor for day in history.days if day.day >= first_day))
    return others_minor


def main_payees(transfers: list[Entry], share_min: float) -> list[str]:
    """Return the payees that got at least a share of what some transfers moved, in order of their names."""
    paid_minor: dict[str, int] = {}
    for entry in transfers:
        paid_minor[entry.other] = paid_minor.get(entry.other, 0) + entry.amount_minor
    least_minor = share_min * sum(paid_minor.values())
    return sorted(payee for payee, minor in paid_minor.items() if minor >= least_minor)


def with_gap_told(signal: Signal, view: View, policy: msgspec.Struct) -> Signal:
    """Return a signal that says so if its detector's longest window is not whole: the key was too busy to keep it all."""
    windows_s = [value for name, value in msgspec.structs.asdict(policy).items() if name.endswith("_s")]
    window_s = max((value for value in windows_s if value <= view.bounds.window_max_s), default=0)
    if view.is_complete(window_s):
        return signal
    whole_s = max(0, view.now.at_us - view.profile.truncated_us) // 1_000_000
    gap = Reason(
        code="WINDOW_INCOMPLETE",
        zh="该对象交易过于频繁，所看时段内的小额交易未全部保留。",
        en="Too busy a key: of the time looked at, not all of the smaller movements were kept.",
        value=float(whole_s),
        threshold=float(window_s),
        window_s=window_s,
    )
    return msgspec.structs.replace(signal, reasons=(*signal.reasons, gap))
