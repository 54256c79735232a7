"""M5, a dormant or new account wakes (长期不动户突然启用): an account that nobody used suddenly gets and sends large money.

Seen at the first large credit from strangers (a reminder); the outflow makes it the manager's. Key: account, both sides.
Looks at: how long the account slept (no debit or login by the customer), or how young it is; strangers' credits within `window_s`;
which share of them left, in cash or to payees just as new, none of them an institution. It is a police matter when two or more
unrelated strangers filled it and the balance tells that nothing else is there. A shorter sleep, an older account, a smaller sum or
share counts as far as it is near.
Not to be confused with: N3 small merchant, N10 own-name moves, N15 public money; first wages are no stranger's credit.
Cannot see: how the account was opened, or a login at another channel than the bank's own; an account whose age is not told is no
new one, for where a stream begins every account is first seen.
"""

from typing import Final

import msgspec

from models import entry as e
from models.closeness import MANAGER, NOTHING, REMIND, grade, tier_of
from models.detector import Detector
from models.entry import Entry
from models.freshness import Freshness, freshness_of
from models.records import Reason
from models.signal import MULE, Also, Signal, percent, yuan
from models.signs import main_payees
from models.view import View


class SleeperWakesPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*, old_d: where a near miss is worth nothing any more."""

    window_s: int
    stranger_s: int
    young_d: int
    old_d: int
    asleep_d: int
    credit_min_minor: int
    near_credit_minor: int
    out_share_min: float
    near_out_share: float
    strangers_share_min: float
    payers_for_police: int
    own_share_max: float
    payee_share_min: float
    support_min: float
    remind_min: float
    weight: float


class SleeperWakes(Detector[SleeperWakesPolicy]):
    """Examines credits and debits; suspects that the account is a mule's, and supports a case against those it paid."""

    name = "sleeper_wakes"
    typologies = ("M5",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT, e.TRANSFER, e.CASH)
    role = MULE
    lookalikes = ("N3", "N10", "N15")
    Policy = SleeperWakesPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal at strangers' large money on a fresh account, and when it leaves."""
        policy, now = self.policy, view.now
        if not now.code & (e.MONEY | e.REQUESTED) or view.totals().in_minor < policy.near_credit_minor:
            return None
        is_credit = bool(now.code & e.CREDIT)
        if is_credit and now.code & _NO_STRANGER:
            return None
        fresh = freshness_of(view, policy.young_d, policy.old_d, policy.asleep_d, seen_share=0.0)
        if fresh.grade < policy.support_min:
            return None
        window = view.window(policy.window_s)
        credits = [
            entry for entry in window if view.is_from_stranger(entry, policy.stranger_s, is_asked=is_credit and entry is now)
        ]
        in_minor = sum(entry.amount_minor for entry in credits)
        if in_minor < policy.near_credit_minor or (is_credit and now not in credits):
            return None
        closeness = fresh.grade * grade(float(in_minor), float(policy.near_credit_minor), float(policy.credit_min_minor))
        debits: list[Entry] = []
        out_minor, tier = 0, tier_of(closeness, policy.support_min, policy.remind_min)
        if is_credit:
            tier = REMIND if tier >= REMIND else NOTHING
        else:
            debits = self._outflow(view, window, credits[0].at_us)
            out_minor = sum(entry.amount_minor for entry in debits)
            if now not in debits or in_minor < policy.strangers_share_min * out_minor:
                return None
            closeness *= grade(out_minor / in_minor, policy.near_out_share, policy.out_share_min)
            tier = tier_of(closeness, policy.support_min, policy.remind_min)
            payers = len({entry.who for entry in credits})
            if tier == MANAGER and payers >= policy.payers_for_police and self._has_nothing_own(now, in_minor, out_minor):
                tier = 3
        if tier == NOTHING:
            return None
        strength = closeness * (0.5 if is_credit else 0.8)
        flows = sorted(credits + debits, key=lambda entry: (entry.at_us, entry.event_id))
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M5",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(fresh, in_minor, out_minor, is_credit=is_credit),),
            evidence=tuple(entry.event_id for entry in flows),
            at_risk_minor=max(0, in_minor - out_minor),
            also=tuple(
                Also("ACCOUNT", payee, MULE, 0, "M7") for payee in main_payees(debits, policy.payee_share_min) if payee and tier
            ),
        )

    def _outflow(self, view: View, window: list[Entry], start_us: int) -> list[Entry]:
        """Return cash and transfers to new payees, no institutions, since the first of the credits; the event as approved."""
        return [
            entry
            for entry in window
            if entry.at_us > start_us
            and (entry.code & e.MONEY or entry is view.now)
            and (
                entry.code & e.SHAPE == e.CASH
                or (
                    entry.code & e.SHAPE == e.TRANSFER
                    and not entry.code & e.INSTITUTION
                    and view.is_new_payee(entry.other, self.policy.stranger_s)
                )
            )
        ]

    def _has_nothing_own(self, now: Entry, in_minor: int, out_minor: int) -> bool:
        """Return whether the balance is known to be hardly more than what is left of the strangers' money."""
        if now.balance_minor is None or not now.code & e.MONEY:
            return False
        return now.balance_minor - max(0, in_minor - out_minor) <= self.policy.own_share_max * in_minor

    def _reason(self, fresh: Freshness, in_minor: int, out_minor: int, *, is_credit: bool) -> Reason:
        policy = self.policy
        out_zh = "" if is_credit else f"并转出{percent(out_minor / in_minor)}%"
        out_en = "" if is_credit else f" and {percent(out_minor / in_minor)}% out"
        return Reason(
            code="DORMANT_D" if fresh.slept_d else "OWN_AGE_D",
            zh=f"{fresh.zh}的账户突然到账{yuan(in_minor)}元{out_zh}。请回拨核实是否本人使用。",
            en=f"Account {fresh.en}: {yuan(in_minor)} in{out_en}. Call back: does the holder use it?",
            value=float(fresh.slept_d or fresh.age_d),
            threshold=float(policy.asleep_d if fresh.slept_d else policy.young_d),
            window_s=policy.window_s,
        )


_NO_STRANGER: Final = e.OWN_NAME | e.PUBLIC
