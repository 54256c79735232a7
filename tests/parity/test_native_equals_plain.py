"""Compiled and plain modules give the same bytes, and no compiled form stands in for a source that has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hatch_build
from stream import native
from tests.parity.days import small_day, write_day

OUTPUTS = ("alerts.jsonl", "freeze_requests.jsonl", "dead_letters.jsonl", "report.json", "scores.csv")
ASK = "from stream import native; native.activate(); import models.decide; print(native.is_native())"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """On a machine that cannot compile this fails and says why: nothing would be compared."""
    assert hatch_build.obstacle() is None
    assert hatch_build.build() == native.folder()


def run(*arguments: str, native_setting: str = "", cwd: Path = native.ROOT) -> str:
    environment = {**os.environ, "GOLDENHOUR_NATIVE": native_setting, "PYTHONPATH": str(cwd)}
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_compiled_and_plain_replay_give_the_same_bytes(tmp_path: Path, seed: int) -> None:
    day = write_day(tmp_path / "day.jsonl", small_day(seed, malformed=6))
    for name, setting in (("compiled", ""), ("plain", "0")):
        run("-m", "stream", "replay", str(day), "--out", str(tmp_path / name), "--scores", native_setting=setting)
    for output in OUTPUTS:
        plain = (tmp_path / "plain" / output).read_bytes()
        assert plain, "an empty output proves nothing"
        assert (tmp_path / "compiled" / output).read_bytes() == plain, output


def test_the_command_runs_compiled_unless_told_otherwise() -> None:
    assert run("-c", ASK) == "True"
    assert run("-c", ASK, native_setting="0") == "False"


def test_a_changed_source_runs_as_it_is_written(tmp_path: Path) -> None:
    for folder in ("models", "connectors", "stream"):
        shutil.copytree(native.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("hatch_build.py", "requirements.lock"):
        shutil.copy(native.ROOT / file, tmp_path / file)
    kept = tmp_path / native.folder().relative_to(native.ROOT)
    kept.parent.mkdir(parents=True)
    kept.symlink_to(native.folder())
    assert run("-c", ASK, cwd=tmp_path) == "True"
    with (tmp_path / "models" / "units.py").open("a") as source:
        source.write("# changed\n")
    assert run("-c", ASK, cwd=tmp_path) == "False"
