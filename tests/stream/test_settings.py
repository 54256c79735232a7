"""Settings: one value from file, environment and command line, and every problem told at once."""

from pathlib import Path

import msgspec
import pytest

from models.policy import PolicyError
from stream.app import read_rulebook
from stream.settings import Settings, SettingsError, load_settings


def problems(environ: dict[str, str], file: Path | None = None, **given: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, file, **given)
    return caught.value.problems


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_given_the_defaults_hold() -> None:
    assert load_settings({"HOME": "/root", "PATH": "/bin"}) == Settings()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'topic_prefix = "file"\napplication_id = "file"\npartitions = 7\n')
    environ = {"GOLDENHOUR_TOPIC_PREFIX": "environment", "GOLDENHOUR_APPLICATION_ID": "environment"}
    found = load_settings(environ, file, topic_prefix="line", partitions=None)
    assert (found.topic_prefix, found.application_id, found.partitions) == ("line", "environment", 7)


def test_texts_from_the_environment_become_what_the_setting_is() -> None:
    environ = {"GOLDENHOUR_PARTITIONS": "8", "GOLDENHOUR_SCORES": "true", "GOLDENHOUR_DRAIN_S": "2.5"}
    found = load_settings(environ)
    assert (found.partitions, found.scores, found.drain_s) == (8, True, 2.5)


def test_every_problem_is_told_with_where_it_came_from(tmp_path: Path) -> None:
    file = written(tmp_path, 'partitions = "many"\ncolour = "red"\n')
    environ = {"GOLDENHOUR_TRANSPORT": "pigeon", "GOLDENHOUR_HTTP_PORT": "70000", "GOLDENHOUR_SIZE": "1"}
    found = problems(environ, file, drain_s=0)
    assert len(found) == 6
    assert [text.split(": ")[:2] for text in found] == [
        [str(file), "colour is not a setting; `goldenhour settings` lists them"],
        [str(file), "partitions"],
        ["GOLDENHOUR_HTTP_PORT", "http_port"],
        ["GOLDENHOUR_SIZE", "size is not a setting; `goldenhour settings` lists them"],
        ["GOLDENHOUR_TRANSPORT", "transport"],
        ["command line", "drain_s"],
    ]


def test_a_file_that_is_no_toml_is_named_beside_the_other_problems(tmp_path: Path) -> None:
    file = written(tmp_path, "partitions = ")
    found = problems({"GOLDENHOUR_PARTITIONS": "0"}, file)
    assert [text.split(":")[0] for text in found] == [str(file), "GOLDENHOUR_PARTITIONS"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "settings.toml" in problems({}, tmp_path / "settings.toml")[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partitions", 0),
        ("http_port", -1),
        ("session_timeout_s", 5.9),
        ("record_bytes_max", 1_000_001),
        ("future_skew_s", -1),
        ("write_timeout_s", 0),
        ("application_id", ""),
        ("slice_records_max", 0),
    ],
)
def test_a_value_that_cannot_work_is_refused(name: str, value: object) -> None:
    assert problems({}, None, **{name: value})[0].startswith(f"command line: {name}: ")


def test_a_limit_of_zero_means_zero_where_zero_makes_sense() -> None:
    assert load_settings({}, None, future_skew_s=0).future_skew_s == 0
    assert load_settings({}, None, http_port=0).http_port == 0


def test_every_default_is_a_value_the_setting_takes() -> None:
    assert load_settings({}, None, **msgspec.structs.asdict(Settings())) == Settings()


def test_isolated_detectors_are_listed_by_comma() -> None:
    assert Settings(isolate=" pass_through, fan_in,,").isolated == {"pass_through", "fan_in"}
    assert Settings().isolated == frozenset()


def test_a_detector_to_isolate_must_exist() -> None:
    with pytest.raises(SettingsError, match="no detector is named astrology"):
        read_rulebook(Settings(isolate="pass_through,astrology"))


def test_a_policy_file_that_is_missing_is_a_problem_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"policy\.toml"):
        read_rulebook(Settings(policy_file=str(tmp_path / "policy.toml")))


def test_a_policy_without_its_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('version = "empty"\n', encoding="utf-8")
    with pytest.raises(PolicyError):
        read_rulebook(Settings(policy_file=str(path)))
