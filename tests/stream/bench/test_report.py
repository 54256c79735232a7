import json
from pathlib import Path

import pytest

from stream.bench import SECTIONS
from stream.bench.figures import Section
from stream.bench.report import table, write
from stream.bench.session import Sizes
from stream.bench.suite import MEASURES
from stream.bench.targets import TARGETS, Target


def kill_section() -> Section:
    section = Section(name="kill", title="kill -9", seconds=12.3, facts={"events": 80_000, "phases": ["one", "two"]})
    section.add("lost", "lost", "ids", [0, 2, 1])
    section.add("told", "told", "records", [1234.5])
    section.check("same ids", "1 missing", is_ok=False)
    return section


def test_the_table_lines_up_figures_with_floor_and_goal_and_shouts_what_is_wrong() -> None:
    assert list(table(kill_section())) == [
        "kill -9  (12 s)",
        "        median  min .. max  unit     floor  goal  reached",
        "  lost       1      0 .. 2  ids          0     0  below floor",
        "  told   1,234              records",
        "  events: 80,000",
        "  phases:",
        "    one",
        "    two",
        "  WRONG same ids: 1 missing",
    ]


def test_a_section_without_figures_has_no_table_head() -> None:
    assert list(table(Section(name="hotspots", title="Where"))) == ["Where  (0 s)"]


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [
        (Target(10, 20, ""), 20, "goal"),
        (Target(10, 20, ""), 10, "floor"),
        (Target(10, 20, ""), 9, "below floor"),
        (Target(20, 10, ""), 10, "goal"),
        (Target(20, 10, ""), 20, "floor"),
        (Target(20, 10, ""), 21, "below floor"),
        (Target(0, 0, ""), 0, "goal"),
        (Target(0, 0, ""), 1, "below floor"),
    ],
)
def test_less_is_better_where_the_goal_is_not_above_the_floor(target: Target, value: float, reached: str) -> None:
    assert target.reached(value) == reached


def test_every_section_can_be_measured_and_every_target_belongs_to_one() -> None:
    assert set(MEASURES) == set(SECTIONS)
    assert {section for section, _ in TARGETS} <= set(SECTIONS)


@pytest.mark.parametrize(
    ("section", "figure", "floor", "goal"),
    [
        ("throughput", "worker_per_s", 20_000, 50_000),
        ("throughput", "worker_to_naive", 5, 12),
        ("replay", "per_s", 40_000, 100_000),
        ("latency", "p99_5000", 100, 50),
        ("recovery", "seconds_1000000", 15, 6),
        ("memory", "mb_1000000", 1_500, 800),
        ("kill", "lost", 0, 0),
        ("kill", "doubled", 0, 0),
        ("scaling", "accounts_ratio", 0.7, 0.9),
        ("scaling", "window_ratio", 0.7, 0.9),
    ],
)
def test_figures_are_held_against_the_floors_and_goals_that_were_set(section: str, figure: str, floor: float, goal: float) -> None:
    assert TARGETS[section, figure][:2] == (floor, goal)


def test_a_full_run_measures_at_the_sizes_that_the_targets_speak_of() -> None:
    full = Sizes()
    assert full.recovery_keys == 1_000_000
    assert 1_000_000 in full.memory_accounts
    assert full.scaling_accounts == (10_000, 100_000, 1_000_000)
    assert 5_000 in full.latency_rates
    assert full.kills == 10


def test_the_result_file_holds_head_and_sections_in_a_folder_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "result.json"
    write(path, {"format": 1, "seed": 7}, [kill_section()])
    result = json.loads(path.read_text())
    assert (result["format"], result["seed"]) == (1, 7)
    assert [section["name"] for section in result["sections"]] == ["kill"]
    assert result["sections"][0]["figures"][0]["reached"] == "below floor"
