"""What README, CHANGELOG and ARCHITECTURE say of versions, packages and figures is what the code says."""

import re
import tomllib
from pathlib import Path

from models.profile import PROFILE_VERSION
from models.segment import SEGMENT_VERSION
from stream import watermarks
from stream.bench.targets import TARGETS
from tests.bank import shipped_rulebook

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINNED = re.compile(r"([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==([0-9.]+)")


def text(name: str) -> str:
    return " ".join((ROOT / name).read_text("utf-8").split())


def direct() -> list[str]:
    """Return every requirement that pyproject.toml names, extras and build included."""
    project = PROJECT["project"]
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    return [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"]]


def test_every_package_we_name_is_pinned_to_the_version_of_the_lock_file() -> None:
    locked = dict(re.findall(r"(?m)^([a-z0-9.-]+)==(\S+)", (ROOT / "requirements.lock").read_text("utf-8")))
    for requirement in direct():
        pinned = PINNED.fullmatch(requirement)
        assert pinned is not None, requirement
        assert locked[pinned[1]] == pinned[2]


def test_every_package_we_name_stands_with_its_use_in_the_architecture() -> None:
    table = (ROOT / "deploy" / "ARCHITECTURE.md").read_text("utf-8").partition("## Dependencies")[2]
    rows = re.findall(r"(?m)^\| ([a-z][^|]*) \| ([^|]+) \|", table)
    named = [name.strip() for cell, _ in rows if cell != "package" for name in re.sub(r"\(.*\)", "", cell).split(",")]
    assert sorted(named) == sorted({requirement.split("=")[0].split("[")[0] for requirement in direct()})


def test_the_changelog_names_the_formats_of_stored_state_as_they_are() -> None:
    formats = f"profile format {PROFILE_VERSION}, segment format {SEGMENT_VERSION}, marker format {watermarks.STATE_FORMAT}"
    assert formats in text("CHANGELOG.md")


def test_the_changelog_names_the_policy_that_is_shipped() -> None:
    assert f"`{shipped_rulebook().version}`" in text("CHANGELOG.md")


def test_the_readme_shows_floors_and_goals_as_the_bench_does() -> None:
    figures = text("README.md").partition("## Figures")[2]
    for section, figure in (("throughput", "worker_per_s"), ("throughput", "worker_to_naive"), ("replay", "per_s")):
        target, unit = TARGETS[section, figure], "x" if figure.endswith("naive") else ""
        assert re.search(rf"\| {target.floor:,.0f}{unit}[^|]*\| {target.goal:,.0f}{unit} \|", figures)


def test_the_readme_does_not_promise_more_than_the_types_hold() -> None:
    """A withdrawal names the account that its proposal named, whatever it is suspected as by then."""
    assert "never name" not in text("README.md")
