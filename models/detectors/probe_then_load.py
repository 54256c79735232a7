"""M4, probe then load (小额测试): a mule's account is tried with a few yuan before the real money comes.

Seen at the large credit that follows a probe. Key: the account loaded, both sides. It adds to a case and raises nothing by itself;
beside a near miss of M1 or M5 it makes a case the manager's (`models/fuse.py`).
Looks at: a transfer of a few yuan to or from a stranger within `window_s`, or, counting less, in the days before; then a stranger's
credit many times as large.
Not to be confused with: N16 group buying, N20 refunds; who checks a payee by a small payment pays the rest himself, and that counts
little.
Cannot see: inquiries of the balance.
"""

import msgspec

from models import entry as e
from models.closeness import grade
from models.detector import Detector
from models.entry import Entry
from models.records import Reason
from models.signal import MULE, Signal, yuan
from models.view import View


class Probe:
    """A small payment before a load. share: 0..1, how well it fits; event_id: "" if it is older than the window."""

    __slots__ = ("amount_minor", "event_id", "share")

    def __init__(self, amount_minor: int, share: float, event_id: str = "") -> None:
        self.amount_minor = amount_minor
        self.share = share
        self.event_id = event_id


class ProbeThenLoadPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds; reasons in the policy file. near_*: where a near miss is worth nothing any more."""

    window_s: int
    near_s: int
    stranger_s: int
    probe_max_minor: int
    near_probe_minor: int
    load_min_minor: int
    times_min: float
    near_times: float
    same_payer_share: float
    support_min: float
    weight: float


class ProbeThenLoad(Detector[ProbeThenLoadPolicy]):
    """Examines large credits; supports the suspicion that the account is a mule's."""

    name = "probe_then_load"
    typologies = ("M4",)
    keyed_by = "ACCOUNT"
    shapes = (e.TRANSFER | e.CREDIT,)
    role = MULE
    lookalikes = ("N16", "N20")
    Policy = ProbeThenLoadPolicy

    def examine(self, view: View) -> Signal | None:
        """Return a supporting signal at a stranger's large credit after a probe."""
        policy, now = self.policy, view.now
        if now.amount_minor < policy.load_min_minor or not now.code & (e.MONEY | e.REQUESTED):
            return None
        if not view.is_from_stranger(now, policy.stranger_s, is_asked=True):
            return None
        probe = self._best(view)
        if probe is None:
            return None
        times = now.amount_minor / probe.amount_minor
        return Signal(
            detector=self.name,
            version=self.version,
            typology="M4",
            role=MULE,
            event_id=now.event_id,
            at_us=now.at_us,
            tier=0,
            strength=probe.share,
            nats=probe.share * policy.weight,
            reasons=(
                Reason(
                    code="PROBE_THEN_LOAD",
                    zh=f"小额试转{yuan(probe.amount_minor)}元后大额到账（{times:.0f}倍）。请留意后续转出。",
                    en=f"A test payment of {yuan(probe.amount_minor)}, then {times:.0f}x as much. Watch the next outflow.",
                    value=round(times, 1),
                    threshold=policy.times_min,
                    window_s=policy.window_s,
                ),
            ),
            evidence=(probe.event_id, now.event_id) if probe.event_id else (now.event_id,),
            at_risk_minor=now.amount_minor,
        )

    def _best(self, view: View) -> Probe | None:
        """Return the probe that fits best, the newest of equals; None if none fits well enough."""
        policy, now = self.policy, view.now
        now_s = now.at_us // 1_000_000
        best: Probe | None = None
        for entry in view.before(policy.window_s):
            if entry.amount_minor > policy.near_probe_minor or entry.code & (e.TRANSFER | e.MONEY) != e.TRANSFER | e.MONEY:
                continue
            best = self._better(best, now, entry.amount_minor, entry.who, 1.0, entry.event_id, is_in=bool(entry.code & e.CREDIT))
        for relation in view.history().relations:
            if relation.currency != now.currency:
                continue
            for payments, is_in in ((relation.ins, True), (relation.outs, False)):
                for at in range(0, len(payments), 2):
                    age_s = now_s - payments[at]
                    if age_s >= policy.window_s:
                        fresh = grade(float(age_s), float(policy.near_s), float(policy.window_s))
                        best = self._better(best, now, payments[at + 1], relation.who, fresh, "", is_in=is_in)
        return best

    def _better(
        self, best: Probe | None, now: Entry, amount_minor: int, who: int, fresh: float, event_id: str, *, is_in: bool
    ) -> Probe | None:
        """Return the better of the best probe so far and one more payment."""
        policy = self.policy
        if amount_minor <= 0:
            return best
        share = fresh * grade(float(amount_minor), float(policy.near_probe_minor), float(policy.probe_max_minor))
        share *= grade(now.amount_minor / amount_minor, policy.near_times, policy.times_min)
        if is_in and who == now.who:
            share *= policy.same_payer_share
        if share < policy.support_min or (best is not None and best.share >= share):
            return best
        return Probe(amount_minor, share, event_id)
