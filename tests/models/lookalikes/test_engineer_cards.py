"""N17: an engineer tries a machine with the bank's own test cards."""

import msgspec
import pytest

from models.detector import LookAlike
from models.recency import identifier_hash
from tests.models.examine import detector, lookalike, views_at

RUN = detector("many_cards_one_atm")
ATM = "T:ATM-7"
STORY = "".join(f"03:1{n}:00 withdrawal test{n} 16000.00 CNY ATM-7 payer.customer=k{n} card=trial-{n}\n" for n in range(4))

EXPLAINED = (STORY, "many_cards_one_atm", ATM, 0.0)
"""The shipped list is empty, each bank writes its own: nothing is explained before."""


def listed(*cards: str) -> LookAlike:
    """Return the look-alike with some cards on the bank's list."""
    found = lookalike("engineer_cards")
    hashes = " ".join(f"{identifier_hash(card):08x}" for card in cards)
    return type(found)(msgspec.structs.replace(found.policy, card_hashes=hashes))


def share(asked: LookAlike, story: str = STORY) -> float:
    *_, view = views_at(story, ATM)
    signal = RUN.examine(view)
    assert signal is not None
    return asked.explain(view, signal).share


def test_the_banks_own_cards_explain_a_run_of_them() -> None:
    assert share(listed("trial-0", "trial-1", "trial-2", "trial-3")) == pytest.approx(0.95)


def test_one_test_card_in_a_run_of_others_explains_little() -> None:
    assert share(listed("trial-0")) < 0.25


def test_an_unlisted_or_unknown_card_explains_nothing() -> None:
    assert share(listed("other")) == 0.0
    assert share(listed("trial-0"), STORY.replace("card=trial-", "id=w")) == 0.0


def test_the_hash_is_the_one_the_policy_file_tells_of() -> None:
    """CRC-32 as any tool computes it; this is its published check value."""
    assert f"{identifier_hash('123456789'):08x}" == "cbf43926"
