"""Tokens: equal for equal numbers, different by key and purpose, and never the number."""

from pathlib import Path

import pytest

from connectors.tokens import TokenKeyError, Tokens, read_key

CARD = "6222020200112233445"
KEY = b"0123456789abcdef0123456789abcdef"


def test_a_number_has_one_token_for_each_key_and_purpose() -> None:
    one, other = Tokens(KEY), Tokens(KEY[::-1])
    assert one.card(CARD) == Tokens(KEY).card(CARD)
    assert len({one.card(CARD), other.card(CARD), one.card(CARD[:-1])}) == 3
    assert one.card(CARD)[2:] != one.account(CARD)[2:]


def test_tokens_show_neither_number_nor_key() -> None:
    assert CARD not in Tokens(KEY).card(CARD)
    assert repr(Tokens(KEY)) == "Tokens()"


def test_the_key_is_the_content_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(KEY + b"\n")
    assert read_key(str(path)).card(CARD) == Tokens(KEY).card(CARD)


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_a_key_that_cannot_be_used_is_told_by_its_file_and_not_shown(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TokenKeyError, match="key") as refused:
        read_key(str(path))
    assert "short" not in str(refused.value)


def test_no_key_is_told_with_the_setting_that_names_one() -> None:
    with pytest.raises(TokenKeyError, match="token_key_file"):
        read_key("")
