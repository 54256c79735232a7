import re
from types import SimpleNamespace

import pytest

from models.profile import PROFILE_VERSION
from models.segment import SEGMENT_VERSION
from stream import versions as under_test
from stream.versions import model_version, versions


def test_the_model_is_named_by_the_formats_it_keeps_and_a_digest_of_its_detectors() -> None:
    assert re.fullmatch(f"profile{PROFILE_VERSION}-segment{SEGMENT_VERSION}-[0-9a-f]{{8}}", model_version())
    assert model_version() == versions()["model"]


def test_another_version_of_a_detector_is_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    before, (first, *others) = model_version(), under_test.find_detectors()
    newer = SimpleNamespace(name=first.name, version=first.version + 1)
    monkeypatch.setattr(under_test, "find_detectors", lambda: [newer, *others])
    assert model_version() != before


def test_one_look_alike_less_is_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    before, all_of_them = model_version(), under_test.find_lookalikes()
    monkeypatch.setattr(under_test, "find_lookalikes", lambda: all_of_them[1:])
    assert model_version() != before


@pytest.mark.parametrize(("is_compiled", "core"), [(True, "compiled"), (False, "plain")])
def test_it_is_told_which_core_runs(monkeypatch: pytest.MonkeyPatch, is_compiled: bool, core: str) -> None:
    monkeypatch.setattr(under_test, "is_native", lambda: is_compiled)
    assert versions()["core"] == core
