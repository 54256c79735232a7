import pytest

from tests.deploy.promql import Matcher, Query


def metrics_and_labels(text: str) -> list[tuple[str, set[str]]]:
    return [(found.metric, set(found.labels)) for found in Query(text).selected]


def test_a_metric_alone_wants_no_labels() -> None:
    assert metrics_and_labels("lag_seconds") == [("lag_seconds", set())]


def test_matchers_are_read_with_their_values() -> None:
    (found,) = Query("""events_total{outcome!="late", topic=~'a|b{2}'} > 0""").selected
    assert found.matchers == (Matcher("outcome", "!=", "late"), Matcher("topic", "=~", "a|b{2}"))
    assert found.labels == {"outcome", "topic"}


@pytest.mark.parametrize(
    "text", ["sum by (le, agent) (rate(seconds_bucket[5m]))", "sum(rate(seconds_bucket[$__rate_interval])) by (le, agent)"]
)
def test_the_labels_of_an_aggregation_are_wanted_of_what_it_aggregates(text: str) -> None:
    assert metrics_and_labels(text) == [("seconds_bucket", {"le", "agent"})]


def test_an_aggregation_wants_nothing_of_what_stands_beside_it() -> None:
    assert metrics_and_labels("sum by (kind) (events_total) / sum(all_total)") == [
        ("events_total", {"kind"}),
        ("all_total", set()),
    ]


def test_nested_aggregations_want_the_labels_of_all() -> None:
    assert metrics_and_labels("max by (a) (sum by (a, b) (x))") == [("x", {"a", "b"})]


def test_labels_to_join_on_are_wanted_of_both_sides() -> None:
    assert metrics_and_labels("x / on (a) group_left (b) y") == [("x", {"a", "b"}), ("y", {"a", "b"})]


def test_words_numbers_and_functions_are_no_metrics() -> None:
    assert metrics_and_labels("max((time() - done) and (lag > 1e3)) or vector(0)") == [("done", set()), ("lag", set())]


@pytest.mark.parametrize("text", ["sum(x", "x)", "magic(x)", "sum by (x", 'x{a="b"', "x{a}", "x # y", "by (a)"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        Query(text)
