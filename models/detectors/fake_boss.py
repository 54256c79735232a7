"""V2, fake boss (冒充老板骗财会): an accountant is ordered to pay a private person whom the company has never paid.

A stolen or copied chat account of the boss asks for a "contract deposit" at once, and then again, to somebody else. Seen at the
first payment, requested or approved, that brings one person's sum to the line. Key: account, debit side.
Looks at: transfers of the last `window_s` from a company to persons first paid within `fresh_s`; parts to one person add up. Short
of the line a reminder is due, or a hold beside a strong sign: parts over days to one person, older ones fading; several new
persons together; a smaller sum that is far above the company's own habit. Signs add strength: a name that does not match, a young
account, another province, several such persons. Where nobody tells whether the payee is a person it is support only, unless strong
signs speak: most first payments of a company go to suppliers. Of a company at another bank we see only what it pays here, so every
payee looks new, and a lender's borrowers most of all: it supports the payee's case, and beside a strong sign it is a reminder.
Not to be confused with: N1 payroll, N10 own-name moves, N12 reimbursements, N13 owner draws.
Cannot see: who the legal representative is, or what was agreed.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, money_state, yuan
from models.signs import deviations_above, main_payees, strong_signs, weak_signs
from models.view import View
from models.young_relations import faded_out_minor


class FakeBossPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    window_s: int
    fresh_s: int
    stage_s: int
    stage_fade_s: int
    part_min_minor: int
    history_min: int
    deviations: float
    amount_min_minor: int
    young_payee_d: int
    payees_min: int
    payee_share_min: float
    weight: float


class FakeBoss(Detector[FakeBossPolicy]):
    """Examines a company's transfers out; suspects that it is a victim, and supports a case against the payees."""

    name = "fake_boss"
    typologies = ("V2",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N1", "N10", "N12", "N13")
    Policy = FakeBossPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if a company's payments to a person it hardly knows reach the line."""
        now, policy = view.now, self.policy
        if not now.code & e.SELF_CORPORATE or now.code & e.INSTITUTION or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if view.totals().out_minor < policy.part_min_minor or not view.is_new_payee(
            now.other, policy.stage_s + policy.stage_fade_s
        ):
            return None
        window = view.window(policy.window_s)
        transfers = [
            entry
            for entry in window
            if entry.code & e.SHAPE == e.TRANSFER and not entry.code & e.INSTITUTION and (entry.code & e.MONEY or entry is now)
        ]
        persons = {entry.other for entry in transfers if entry.code & e.PERSON}
        fresh = {other for other in persons | {now.other} if view.is_new_payee(other, policy.fresh_s)}
        paid = [entry for entry in transfers if entry.other in fresh]
        paid_minor = sum(entry.amount_minor for entry in transfers if entry.other == now.other)
        is_person = now.other in persons
        if now.other in fresh and paid_minor >= policy.amount_min_minor:
            return self._signal(view, window, paid, paid_minor, is_person=is_person, is_whole=True)
        # A payroll file pays many new persons at once, and they are its daily business.
        part_minor = self._parts_minor(view, paid, persons, paid_minor) if is_person and not now.code & e.BATCH else 0
        if part_minor:
            return self._signal(view, window, paid or [now], part_minor, is_person=True, is_whole=False)
        return None

    def _parts_minor(self, view: View, paid: list[Entry], persons: set[str], paid_minor: int) -> int:
        """Return the sum that speaks although today's to this person is below the line, or 0.

        The same person over days; several new persons together, who each got a part worth naming; or a sum far above the habit.
        """
        policy, now = self.policy, view.now
        spread: dict[str, int] = {}
        for entry in paid:
            if entry.other in persons:
                spread[entry.other] = spread.get(entry.other, 0) + entry.amount_minor
        spread_minor = sum(minor for minor in spread.values() if minor >= policy.part_min_minor)
        if spread_minor >= policy.amount_min_minor and spread.get(now.other, 0) >= policy.part_min_minor:
            return spread_minor
        same = [relation for relation in view.history().relations if relation.who == now.who and relation.currency == now.currency]
        staged_minor = faded_out_minor(same, now.at_us // 1_000_000, policy.stage_s, policy.stage_fade_s) + now.amount_minor
        if staged_minor >= policy.amount_min_minor:
            return staged_minor
        is_unusual = deviations_above(view, paid_minor, policy.history_min) >= policy.deviations
        return paid_minor if now.other in spread and paid_minor >= policy.part_min_minor and is_unusual else 0

    def _signal(
        self, view: View, window: list[Entry], transfers: list[Entry], paid_minor: int, *, is_person: bool, is_whole: bool
    ) -> Signal:
        now, policy = view.now, self.policy
        strong = strong_signs(window, transfers, policy.young_payee_d, policy.window_s)
        signs = strong + weak_signs(transfers, policy.payees_min, policy.window_s)
        strength = min(1.0, (0.6 if is_person and is_whole else 0.3) + 0.15 * len(signs))
        tier = min(2, len(strong) + is_person + (is_person and is_whole))
        if now.code & e.SELF_ELSEWHERE:
            tier = min(tier, 1) if strong else 0
        payees = main_payees(transfers, policy.payee_share_min) if tier else []
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V2",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=(self._reason(paid_minor, is_person=is_person), *signs),
            evidence=tuple(entry.event_id for entry in transfers),
            at_risk_minor=max(paid_minor, sum(entry.amount_minor for entry in transfers)),
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "V2") for payee in payees),
            money=money_state(now.code),
        )

    def _reason(self, paid_minor: int, *, is_person: bool) -> Reason:
        whom_zh, whom_en = ("个人", "person") if is_person else ("该收款人（性质不明）", "payee, of unknown kind")
        return Reason(
            code="NEW_PAYEE",
            zh=f"企业账户首次向{whom_zh}付款{yuan(paid_minor)}元。请拨打预留电话向法定代表人本人核实。",
            en=f"First company payment to this {whom_en}, {yuan(paid_minor)}. Call the legal representative on the number on file.",
            value=float(paid_minor),
            threshold=float(self.policy.amount_min_minor),
            window_s=self.policy.window_s,
        )
