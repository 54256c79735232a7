"""What a masked page may show of an identifier, and what of a sentence that somebody typed one into."""

import re

import pytest

from stream.desk.veil import Veil, veil_of
from stream.desk.words import LANGUAGES, keys, word
from tests.stream.desk.stories import MULE, SECOND, STRANGER, VICTIM, board_of, traced_case


def test_accounts_are_numbered_in_their_order_and_masked() -> None:
    veil = Veil((MULE, VICTIM, MULE, ""), is_open=False)
    assert [veil.account(one) for one in (VICTIM, MULE, SECOND, MULE)] == ["#2 ***5432", "#1 ***3445", "#3 ***0018", "#1 ***3445"]


def test_an_opened_veil_shows_them() -> None:
    veil = Veil((MULE,), is_open=True)
    assert (veil.account(MULE), veil.text(f"see {MULE}")) == (f"#1 {MULE}", f"see {MULE}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"paid to {VICTIM}, twice", "paid to ***5432, twice"),
        ("short one a-771.", "short one ***."),
        ("card 6222021234567890128 of another case", "card ***0128 of another case"),
        ("账户6222021234567890128已核实", "账户***0128已核实"),
        ("order 2026-0302-17, 44800.00", "order 2026-0302-17, 44800.00"),
        ("a-7719 is another", "a-7719 is another"),
    ],
)
def test_accounts_typed_into_a_sentence_are_masked(text: str, shown: str) -> None:
    assert Veil((MULE, VICTIM, "a-771"), is_open=False).text(text) == shown


def test_the_veil_of_a_case_knows_every_account_that_its_page_may_name() -> None:
    board = board_of(traced_case())
    veil = veil_of(board, board.cases["c-1"], (), is_open=False)
    assert not re.search(r"\d{5}", veil.text(" ".join((MULE, VICTIM, SECOND, STRANGER))))


def test_every_word_is_said_in_both_languages() -> None:
    assert [key for key in keys() if not all(word(key, language).strip() for language in LANGUAGES)] == []


def test_no_text_accuses_anybody() -> None:
    said = " ".join(word(key, language) for key in keys() for language in LANGUAGES).lower()
    assert not re.search(r"suspect|criminal|犯罪|嫌疑人|罪犯", said)
