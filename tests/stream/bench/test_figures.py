import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.bench.figures import Figure, Section, as_json, percentile, ratio
from stream.bench.targets import Target

VALUES = st.lists(st.floats(0, 1e6), min_size=1)


def figure(*runs: float) -> Figure:
    return Figure(name="f", text="a figure", unit="s", runs=runs)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.9, 90), (0.99, 99), (0.999, 100), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


@given(VALUES, st.floats(0.001, 1))
def test_at_least_the_share_lies_at_or_below_a_percentile_and_less_below_it(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_a_percentile_of_nothing_or_beyond_the_whole_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_a_figure_tells_median_and_range_of_its_runs() -> None:
    told = figure(3, 1, 2)
    assert (told.median, told.low, told.high) == (2, 1, 3)


def test_the_median_of_two_runs_is_between_them() -> None:
    assert figure(1, 2).median == 1.5


def test_a_ratio_is_taken_run_by_run_where_both_have_as_many() -> None:
    assert ratio("r", "", of=figure(10, 40), to=figure(5, 10)).runs == (2, 4)


def test_a_ratio_to_fewer_runs_is_taken_to_their_median() -> None:
    assert ratio("r", "", of=figure(10, 40, 70), to=figure(4, 6)).runs == (2, 8, 14)


def test_a_section_in_the_result_file_has_all_runs_and_its_targets() -> None:
    section = Section(name="replay", title="Replay", seconds=1.26, facts={"events": 9})
    section.add("per_s", "events", "events/s", [30.0, 10.0, 20.0])
    section.add("start_s", "start", "s", [1.0])
    section.check("same bytes", "2 runs", is_ok=False)
    assert as_json(section, {("replay", "per_s"): Target(10, 50, "ours")}) == {
        "name": "replay",
        "title": "Replay",
        "seconds": 1.3,
        "figures": [
            {
                "name": "per_s",
                "text": "events",
                "unit": "events/s",
                "median": 20.0,
                "min": 10.0,
                "max": 30.0,
                "runs": [30.0, 10.0, 20.0],
                "floor": 10,
                "goal": 50,
                "reached": "floor",
            },
            {"name": "start_s", "text": "start", "unit": "s", "median": 1.0, "min": 1.0, "max": 1.0, "runs": [1.0]},
        ],
        "checks": [{"name": "same bytes", "ok": False, "detail": "2 runs"}],
        "facts": {"events": 9},
    }
