"""`goldenhour desk` and `desk-user`: what they refuse, in one sentence each."""

from pathlib import Path

import click.testing
import pytest

from stream.cli import main
from stream.cli.desk import desk_user
from stream.desk.server import DeskOptions, refuse_open_doors
from stream.desk.users import UsersFile
from stream.settings import SettingsError

PASSWORD = "a long enough one"


def told(path: Path, *arguments: str, said: str = "") -> tuple[int, str]:
    result = click.testing.CliRunner().invoke(desk_user, [*arguments, "--users", str(path)], input=said)
    return result.exit_code, result.output


def test_users_are_added_changed_listed_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    assert told(path, "add", "li", "--role", "MANAGER", "--password-stdin", said=f"{PASSWORD}\n") == (0, "li added: MANAGER\n")
    assert told(path, "add", "li", "--role", "LIAISON", said=f"{PASSWORD}\n{PASSWORD}\n")[1].endswith("li changed: LIAISON\n")
    assert told(path, "list") == (0, f"{'li':<32}  LIAISON\n")
    assert told(path, "remove", "li") == (0, "li removed\n")
    assert UsersFile(path).users() == {}


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    assert PASSWORD not in told(tmp_path / "u", "add", "li", "--role", "MANAGER", said=f"{PASSWORD}\n{PASSWORD}\n")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "Li", "--role", "MANAGER", "--password-stdin"), "A name is"),
        (("remove", "li"), "no users file"),
        (("list",), "no users file"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    status, output = told(tmp_path / "none.toml", *arguments, said=f"{PASSWORD}\n")
    assert status == 2
    assert sentence in output


def test_the_desk_without_users_says_how_to_add_some(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["desk", "--users", str(tmp_path / "none.toml")])
    assert end.value.code == 2
    assert "goldenhour desk-user add NAME" in capfd.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.4", "desk.example", "::"])
def test_passwords_never_travel_in_clear_to_other_machines(host: str) -> None:
    with pytest.raises(SettingsError, match="in clear"):
        refuse_open_doors(DeskOptions(host=host, port=0, users=Path("u")))
    refuse_open_doors(DeskOptions(host=host, port=0, users=Path("u"), certificate=Path("c"), key=Path("k")))
    refuse_open_doors(DeskOptions(host=host, port=0, users=Path("u"), proxy="10.0.0.1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_the_machine_itself_no_certificate_is_needed(host: str) -> None:
    refuse_open_doors(DeskOptions(host=host, port=0, users=Path("u")))


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="belong together"):
        refuse_open_doors(DeskOptions(host="127.0.0.1", port=0, users=Path("u"), certificate=Path("c")))
