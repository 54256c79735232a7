"""V8, loan fee (贷款保证金): a loan arrives, and most of it goes on at once as a "deposit" or "proof of flow" to somebody new.

Seen at the first transfer after the credit. Key: account, both sides.
Looks at: a company's credit whose purpose is a loan, the share of it that left for new payees, and how soon; each fades, none is a
cliff. Without the purpose, or from a payer of unknown type (then beside a strong sign), it is support only: strangers' money that
moves on at once is a mule's pattern (M1), and nobody may escape that one by a word in a purpose field.
Not to be confused with: N9 large life payment (what the loan was taken for), N10 own-name moves.
Cannot see: the lender's licence; a fee paid without any loan coming in is V4's to see.
"""

import msgspec

from models import entry as e
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, VICTIM, Also, Signal, money_state, percent
from models.signs import main_payees, strong_signs, weak_signs
from models.view import View
from models.young_relations import fading


class LoanFeePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file."""

    credit_window_s: int
    soon_s: int
    fade_s: int
    fresh_s: int
    stranger_s: int
    credit_min_minor: int
    out_share_min: float
    match_support: float
    match_remind: float
    payee_share_min: float
    young_payee_d: int
    weight: float


class LoanFee(Detector[LoanFeePolicy]):
    """Examines transfers out; suspects that the borrower is a victim, and supports a case against the payees."""

    name = "loan_fee"
    typologies = ("V8",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER,)
    role = VICTIM
    lookalikes = ("N9", "N10")
    Policy = LoanFeePolicy

    def examine(self, view: View) -> Signal | None:
        """Return a signal if most of a loan leaves for somebody new soon after it came."""
        now, policy = view.now, self.policy
        if now.code & e.SELF_CORPORATE or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if view.totals().in_minor < policy.credit_min_minor or not view.is_new_payee(now.other, policy.fresh_s):
            return None
        window = view.window(policy.credit_window_s)
        best: tuple[float, bool, Entry, list[Entry], float] | None = None
        for credit in window:
            if not self._is_lent(view, credit):
                continue
            outs = [entry for entry in window if self._is_sent_on(view, entry, credit)]
            if not outs:
                continue
            share = sum(entry.amount_minor for entry in outs) / credit.amount_minor
            match = min(1.0, share / policy.out_share_min) * fading(_wait_s(credit, outs[0]), policy.soon_s, policy.fade_s)
            found = (match, _is_loan(credit), credit, outs, share)
            if best is None or (found[1], match) > (best[1], best[0]):
                best = found
        if best is None or best[0] < policy.match_support:
            return None
        match, is_loan, credit, outs, share = best
        signs = strong_signs(window, outs, policy.young_payee_d, policy.credit_window_s)
        if not credit.code & e.CORPORATE and not signs:
            return None
        signs += weak_signs(outs, 2, policy.credit_window_s)
        tier = 0
        if is_loan:
            tier = 2 if match >= 1.0 else 1 if match >= policy.match_remind else 0
        strength = min(1.0, (0.8 if is_loan else 0.2) * match + 0.1 * len(signs))
        reasons = (self._reason(credit, outs, share, is_loan=is_loan), *signs)
        return self._signal(now, tier, strength, reasons, credit, outs)

    def _is_lent(self, view: View, entry: Entry) -> bool:
        """Return whether an entry may be a loan paid out: a company's credit, by its purpose or from one never met before."""
        code = entry.code
        wanted = e.CREDIT | e.TRANSFER | e.MONEY
        if code & wanted != wanted or code & (e.OWN_NAME | e.PERSON | e.PUBLIC):
            return False
        if entry.amount_minor < self.policy.credit_min_minor:
            return False
        return bool(code & e.LOAN) or view.is_new_payer(entry.other, self.policy.stranger_s)

    def _is_sent_on(self, view: View, entry: Entry, credit: Entry) -> bool:
        if entry.code & (e.TRANSFER | e.CREDIT) != e.TRANSFER or not (entry.code & e.MONEY or entry is view.now):
            return False
        return entry.at_us >= credit.at_us and (entry is view.now or view.is_new_payee(entry.other, self.policy.fresh_s))

    def _signal(
        self, now: Entry, tier: int, strength: float, reasons: tuple[Reason, ...], credit: Entry, outs: list[Entry]
    ) -> Signal:
        policy = self.policy
        sent_minor = sum(entry.amount_minor for entry in outs)
        payees = main_payees(outs, policy.payee_share_min) if tier else []
        return Signal(
            detector=self.name,
            version=self.version,
            typology="V8",
            role=VICTIM,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=tier,
            strength=strength,
            nats=strength * policy.weight,
            reasons=reasons,
            evidence=tuple(entry.event_id for entry in [credit, *outs]),
            at_risk_minor=sent_minor,
            also=tuple(Also("ACCOUNT", payee, MULE, 0, "V8") for payee in payees),
            money=money_state(now.code),
        )

    def _reason(self, credit: Entry, outs: list[Entry], share: float, *, is_loan: bool) -> Reason:
        policy, minutes = self.policy, max(1, _wait_s(credit, outs[0]) // 60)
        what_zh, what_en = ("贷款", "a loan") if is_loan else ("新对手款项", "a new payer's money")
        return Reason(
            code="OUT_IN_RATIO",
            zh=f"{what_zh}到账{minutes}分钟后向新收款人转出{percent(share)}%。请问收款人是谁。正规贷款不会先收保证金或验资。",
            en=f"{percent(share)}% of {what_en} went to a new payee from {minutes} min after it arrived. Ask who that is. "
            "Real lenders take no deposit or proof of funds first.",
            value=round(share, 4),
            threshold=policy.out_share_min,
            window_s=policy.credit_window_s,
        )


def _is_loan(credit: Entry) -> bool:
    """Return whether a company says that a credit is a loan; the word of anybody else is worth nothing."""
    return credit.code & (e.LOAN | e.CORPORATE) == e.LOAN | e.CORPORATE


def _wait_s(credit: Entry, out: Entry) -> int:
    return (out.at_us - credit.at_us) // 1_000_000
