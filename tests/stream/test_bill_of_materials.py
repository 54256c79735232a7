"""The bill of materials: valid, complete against the lock file, and no licence that was not agreed to."""

import json
import re
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from stream.bill_of_materials import Licences, Locked, licence_of, licence_problems
from stream.cli import cli

LOCK = Path(__file__).parents[2] / "requirements.lock"
ALLOWED = Licences(frozenset({"MIT", "BSD-3-Clause"}), {"old": "BSD-3-Clause"}, {"far": ""})


def test_the_bill_is_valid_cyclonedx_and_has_every_locked_package_with_hashes_and_licence() -> None:
    done = CliRunner().invoke(cli, ["sbom", "--lock", str(LOCK)])
    assert done.exit_code == 0, done.output
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(done.output) is None
    bill = json.loads(done.output)
    locked = re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", LOCK.read_text("utf-8"), re.MULTILINE)
    assert [(found["name"], found["version"]) for found in bill["components"]] == locked
    assert len(locked) > 80
    hashes = [part["value"] for found in bill["components"] for part in found["properties"] if part["name"].endswith("sha256")]
    assert hashes == re.findall(r"--hash=sha256:(\w+)", LOCK.read_text("utf-8"))
    assert [found["name"] for found in bill["components"] if "licenses" not in found] == ["httpx2-jsfetch"]


def test_the_same_packages_give_the_same_bill() -> None:
    first, second = (CliRunner().invoke(cli, ["sbom", "--lock", str(LOCK)]).output for _ in range(2))
    assert first == second


def test_the_list_has_a_line_per_package() -> None:
    done = CliRunner().invoke(cli, ["sbom", "--lock", str(LOCK), "--licences"])
    lines = done.output.splitlines()
    assert "kafka-python" in done.output
    assert len(lines) == len(re.findall(r"^[a-z0-9._-]+==", LOCK.read_text("utf-8"), re.MULTILINE))


def said(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_a_licence_that_was_not_agreed_to_and_one_that_nobody_knows_are_problems() -> None:
    metadata = {
        "old": said(License="BSD"),
        "copyleft": said(License_Expression="GPL-3.0-only"),
        "choice": said(License_Expression="GPL-3.0-only OR MIT"),
        "both": said(License_Expression="GPL-3.0-only AND MIT"),
        "silent": said(License="as is"),
        "classified": said(Classifier="License :: OSI Approved :: MIT License"),
    }

    def read(name: str) -> Message:
        if name not in metadata:
            raise PackageNotFoundError(name)
        return metadata[name]

    packages = [Locked(name, "1", "", ()) for name in (*metadata, "far", "missing")]
    assert licence_problems(packages, ALLOWED, read) == [
        "copyleft 1: GPL-3.0-only is not among the allowed licences",
        "both 1: GPL-3.0-only AND MIT is not among the allowed licences",
        "silent 1: no licence is known; state it in deploy/licences.toml",
        "missing 1: no licence is known; state it in deploy/licences.toml",
    ]
    assert licence_of("classified", ALLOWED, read) == "MIT"
