"""The users file: hashed passwords, one role each, changes count at once."""

import stat
from pathlib import Path

import pytest

from stream.desk.users import NOBODYS, UsersError, UsersFile, hashed, is_password

GOOD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> UsersFile:
    file = UsersFile(tmp_path / "users.toml")
    assert file.put("li", "MANAGER", GOOD)
    return file


def test_a_password_is_stored_as_a_salted_hash_and_is_recognised() -> None:
    first, second = hashed(GOOD), hashed(GOOD)
    assert first != second
    assert GOOD not in first
    assert is_password(GOOD, first)
    assert not is_password(GOOD + " ", first)


@pytest.mark.parametrize("stored", ["", "plain", "md5:1:1:1:AAAA:AAAA", "scrypt:x:8:1:AAAA:AAAA", "scrypt:32768:8:1:A:A", NOBODYS])
def test_what_we_did_not_store_is_nobody_s_password(stored: str) -> None:
    assert not is_password("", stored)
    assert not is_password(GOOD, stored)


def test_an_endless_password_is_not_even_hashed() -> None:
    endless = "x" * 257
    assert not is_password(endless, hashed(endless))


def test_the_file_can_be_read_by_its_owner_only_and_holds_no_password(users: UsersFile) -> None:
    assert stat.S_IMODE(users.path.stat().st_mode) == 0o600
    assert GOOD not in users.path.read_text("utf-8")


def test_a_change_by_another_process_counts_at_once(users: UsersFile) -> None:
    assert users.users()["li"].role == "MANAGER"
    other = UsersFile(users.path)
    assert not other.put("li", "READ_ONLY", GOOD)
    other.put("wang", "BANK_DESK", GOOD)
    assert {name: user.role for name, user in users.users().items()} == {"li": "READ_ONLY", "wang": "BANK_DESK"}
    other.remove("li")
    assert list(users.users()) == ["wang"]


def test_the_key_that_hides_accounts_stays_and_differs_from_file_to_file(users: UsersFile, tmp_path: Path) -> None:
    hidden = users.subject_hmac("a-902")
    users.put("wang", "BANK_DESK", GOOD)
    other = UsersFile(tmp_path / "other.toml")
    other.put("li", "MANAGER", GOOD)
    assert users.subject_hmac("a-902") == hidden
    assert other.subject_hmac("a-902") != hidden
    assert len(hidden) == 64


@pytest.mark.parametrize(
    ("name", "password"), [("Li", GOOD), ("", GOOD), ("a" * 33, GOOD), ('x"]', GOOD), ("li", "short"), ("li", "x" * 257)]
)
def test_a_bad_name_or_password_is_refused_in_one_sentence(users: UsersFile, name: str, password: str) -> None:
    before = users.path.read_bytes()
    with pytest.raises(UsersError):
        users.put(name, "MANAGER", password)
    assert users.path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[", "users = 3", 'audit_key = "00112233445566778899aabbccddeeff"\n[users.li]\nrole = "KING"', ""]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.toml"
    path.write_text(text)
    with pytest.raises(UsersError, match=r"users\.toml"):
        UsersFile(path).users()


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(UsersError, match="goldenhour desk-user add"):
        UsersFile(tmp_path / "none.toml").users()


def test_only_who_is_there_can_be_removed(users: UsersFile) -> None:
    with pytest.raises(UsersError, match="no user 'wang'"):
        users.remove("wang")
