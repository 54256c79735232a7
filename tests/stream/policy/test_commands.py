"""`goldenhour policy check` and `diff`: all problems at once, reasons beside the values, exit statuses, JSON."""

import json
from pathlib import Path

import pytest

from stream.policy.difference import Difference, differences
from stream.settings import DEPLOY
from tests.stream.test_cli import UNREACHABLE, ended

SHIPPED = DEPLOY / "policy.toml"


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    text = SHIPPED.read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = folder / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_policy_is_told_with_its_digest(capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = ended(capfd, "policy", "check", str(SHIPPED), "--json")
    (told,) = json.loads(out)
    assert (status, told["problems"], len(told["digest"])) == (0, [], 64)
    assert (
        ended(capfd, "policy", "check", str(SHIPPED))[1]
        == f"{SHIPPED}: right, version {told['version']}, digest {told['digest']}\n"
    )


def test_every_problem_of_every_file_is_told_at_once(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = changed(tmp_path, ("lateness_s = { value = 600", "lateness_s = { value = -600"), ("[hearsay]", "[heresay]"))
    status, out, _ = ended(capfd, "policy", "check", str(SHIPPED), str(path))
    assert status == 1
    assert f"{SHIPPED}: right" in out
    assert f"{path}: [bounds] lateness_s must be a finite number, not below 0" in out
    assert f"{path}: [heresay] is not a known section" in out
    status, out, _ = ended(capfd, "policy", "check", str(path), "--json")
    assert (status, len(json.loads(out)[0]["problems"]) > 2) == (1, True)


def test_a_file_that_is_not_there_is_wrong_usage(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = ended(capfd, "policy", "check", str(tmp_path / "none.toml"))
    assert (status, "there is no such file" in err) == (2, True)


def test_a_difference_is_shown_with_both_reasons(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before, after = 'review_only = { value = false, reason = "true:', 'review_only = { value = true, reason = "drill:'
    path = changed(tmp_path, (before, after))
    status, out, _ = ended(capfd, "policy", "diff", str(SHIPPED), str(path))
    assert (status, out.splitlines()[0]) == (1, "freeze_guard.review_only")
    assert "  + True  # drill: every" in out
    status, out, _ = ended(capfd, "policy", "diff", str(SHIPPED), str(path), "--json")
    (told,) = json.loads(out)
    assert (told["name"], told["ours"], told["theirs"]) == ("freeze_guard.review_only", False, True)
    assert (told["our_reason"][:6], told["their_reason"][:6]) == ("true: ", "drill:")
    assert ended(capfd, "policy", "diff", str(path), str(path))[:2] == (0, "")


def test_values_of_one_side_only_differ_too() -> None:
    ours = {"version": "a", "x": {"y": {"value": 1, "reason": "r"}}}
    theirs = {"version": "b", "x": {"z": {"value": 2, "reason": "s"}}}
    assert differences(ours, theirs) == [
        Difference("version", "a", "b", None, None),
        Difference("x.y", 1, None, "r", None),
        Difference("x.z", None, 2, None, "s"),
    ]


def test_a_policy_that_does_not_check_is_refused_before_any_cluster_is_asked(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = changed(tmp_path, ("[hearsay]", "[heresay]"))
    status, _, err = ended(capfd, "policy", "apply", str(path), "--actor", "chief", "--bootstrap", UNREACHABLE)
    assert (status, "[heresay] is not a known section" in err) == (1, True)
