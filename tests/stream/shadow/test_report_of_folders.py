"""`goldenhour shadow report LIVE SHADOW`: two replays of one day under two policies."""

import json
from pathlib import Path

import pytest

from stream.settings import DEPLOY, Settings, SettingsError
from stream.shadow.run import own_topics, shadow_of
from tests.parity.days import replay, small_day, write_day
from tests.stream.test_cli import ended


def trial_policy(folder: Path) -> Path:
    """Return a policy under which victims are reminded at most."""
    text = (DEPLOY / "policy.toml").read_text("utf-8")
    changed = text.replace("victim_tier_max = { value = 2", "victim_tier_max = { value = 1")
    assert changed != text
    path = folder / "trial.toml"
    path.write_text(changed, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("shadow")
    day = write_day(folder / "day.jsonl", small_day(11))
    live = replay(day, folder / "live")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOLDENHOUR_POLICY_FILE", str(trial_policy(folder)))
        return str(live), str(replay(day, folder / "trial"))


def test_the_table_tells_what_a_policy_changes_and_with_how_much_money(
    capfd: pytest.CaptureFixture[str], folders: tuple[str, str]
) -> None:
    status, out, err = ended(capfd, "shadow", "report", *folders)

    assert (status, err) == (0, "")
    assert "alerts: live 17, shadow 17; 0 added, 0 dropped, 3 changed, 14 same" in out
    assert "1  changed  V1 tier 2 -> V1 tier 1   267,400.00 -> 267,400.00 CNY" in out
    assert "freeze requests: live 13, shadow 13; 0 added, 0 dropped, 0 changed, 13 same" in out


def test_machines_get_every_difference_as_json_and_a_span_leaves_out_the_rest(
    capfd: pytest.CaptureFixture[str], folders: tuple[str, str]
) -> None:
    _, out, _ = ended(capfd, "shadow", "report", *folders, "--json")
    assert len(json.loads(out)["alerts"]["each"]) == 3
    _, out, _ = ended(capfd, "shadow", "report", *folders, "--json", "--until", "2000-01-01T00:00:00+0800")
    assert json.loads(out)["alerts"]["live"]["count"] == 0
    assert json.loads(out)["until"] == "2000-01-01T00:00:00+08:00"
    _, out, _ = ended(capfd, "shadow", "report", *folders, "--json", "--from", "2000-01-01T00:00:00+0800")
    assert json.loads(out)["alerts"]["live"]["count"] == 17


def test_a_folder_without_a_replay_and_one_folder_alone_are_refused(
    capfd: pytest.CaptureFixture[str], folders: tuple[str, str], tmp_path: Path
) -> None:
    status, _, err = ended(capfd, "shadow", "report", folders[0], str(tmp_path))
    assert (status, "no alerts.jsonl" in err) == (2, True)
    status, _, err = ended(capfd, "shadow", "report", folders[0])
    assert (status, "two folders" in err) == (2, True)


def test_an_unreachable_broker_is_told_in_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    status, _, err = ended(capfd, "shadow", "report", "--bootstrap", "127.0.0.1:1")
    assert (status, err.count("\n")) == (2, 1)


def test_a_shadow_has_a_group_and_names_of_its_own_and_the_live_inputs() -> None:
    from stream.app import topic_specs

    live = Settings(topic_prefix="bank-", application_id="group")
    shadow = shadow_of(live, "trial")
    names = {name: spec.name for name, spec in topic_specs(shadow).items()}

    assert shadow.application_id == "group-trial"
    assert {names[name] for name in ("transactions", "dispositions")} == {"bank-transactions", "bank-dispositions"}
    assert {names[name] for name in ("keyed", "state", "alerts", "dead-letters")} == {
        f"bank-trial-{name}" for name in ("keyed", "state", "alerts", "dead-letters")
    }
    assert not set(names.values()) & {spec.name for spec in topic_specs(live).values() if spec.direction != "in"}


def test_the_topics_of_a_live_worker_are_never_taken_for_a_shadows() -> None:
    assert {spec.name for spec in own_topics(shadow_of(Settings(), "s"))} >= {"s-state", "s-keyed", "s-scores"}
    with pytest.raises(SettingsError):
        own_topics(Settings())


@pytest.mark.parametrize("name", ["", "a b", "x" * 51])
def test_a_name_that_cannot_stand_in_a_topics_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        shadow_of(Settings(), name)
