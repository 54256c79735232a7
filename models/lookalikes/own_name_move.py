"""N10, own-name move (本人跨行、理财、还款): a person moves money between accounts of the same name.

Separated by: the same customer on both sides. Explains most of a payer's drain, not all: victims are told to gather their own money
first. Of money that strangers brought it explains less: mules hold several accounts in one name.
"""

import msgspec

from models import entry as e
from models.detector import Explanation, LookAlike
from models.signal import MULE, Signal, percent
from models.view import View


class OwnNameMovePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much the same name explains, of own money and of strangers'."""

    same_name_share: float
    passed_on_share: float


class OwnNameMove(LookAlike[OwnNameMovePolicy]):
    """Explains transfers to the holder's own name."""

    id = "N10"
    name = "own_name_move"
    Policy = OwnNameMovePolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Weigh the part of the signal's own transfers out that stayed within one name."""
        evidence, policy = set(signal.evidence), self.policy
        debits = [
            entry
            for entry in view.entries[: view.index + 1]
            if entry.code & (e.TRANSFER | e.CREDIT) == e.TRANSFER and entry.event_id in evidence
        ]
        own_minor = sum(entry.amount_minor for entry in debits if entry.code & e.OWN_NAME)
        if not own_minor:
            return Explanation(0.0, "没有转给本人名下账户。", "Nothing went to an account of the same customer.")
        part = own_minor / sum(entry.amount_minor for entry in debits)
        share = policy.passed_on_share if signal.role == MULE else policy.same_name_share
        return Explanation(
            share * part,
            f"转出款项的{percent(part)}%进入本人名下账户。",
            f"{percent(part)}% of what was sent went to an account of the same customer.",
        )
