"""N17, test cards and night deposits (加钞测试、夜间存款): engineers try a machine with the bank's own cards, one after the other.

Separated by: the card itself, which the bank has put on the policy's list. The list holds hashes, not card tokens, so that a
policy file tells nobody a card: CRC-32 of the token in UTF-8, eight hex digits. A deposit at night is no withdrawal, and no
detector of runs counts it.
"""

import msgspec

from models.detector import Explanation, LookAlike
from models.signal import Signal
from models.view import View


class EngineerCardsPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which cards are the bank's own, and how much they explain."""

    card_hashes: str
    card_share: float


class EngineerCards(LookAlike[EngineerCardsPolicy]):
    """Explains withdrawals of listed cards, as far as all named withdrawals are theirs."""

    id = "N17"
    name = "engineer_cards"
    Policy = EngineerCardsPolicy

    def explain(self, view: View, signal: Signal) -> Explanation:
        """Count the withdrawals named that a listed card made."""
        policy, evidence = self.policy, set(signal.evidence)
        listed = {int(text, 16) for text in policy.card_hashes.split()}
        named = [entry for entry in view.entries[: view.index + 1] if entry.event_id in evidence]
        tests = sum(entry.card in listed for entry in named if entry.card)
        if not tests:
            return Explanation(0.0, "没有使用本行测试卡。", "No test card of the bank was used.")
        return Explanation(
            policy.card_share * tests / len(named),
            f"{len(named)}笔中有{tests}笔使用本行测试卡。",
            f"{tests} of {len(named)} withdrawals are of the bank's own test cards.",
        )
