"""What the tests of this folder share."""

from pathlib import Path

import pytest


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no Java, no Maven and nothing downloaded; return the folder its programs are looked for in."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("GOLDENHOUR_CACHE", str(tmp_path / "cache"))
    return programs
