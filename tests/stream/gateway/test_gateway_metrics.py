"""A gateway's metrics start at zero and are told of where an operator looks."""

from connectors.errors import ERROR_CODES
from stream.gateway.metrics import OUTCOMES, build_gateway_metrics
from stream.settings import DEPLOY


def test_every_outcome_and_reason_is_counted_from_zero() -> None:
    registry = build_gateway_metrics().registry
    assert {registry.get_sample_value("goldenhour_gateway_frames_total", {"outcome": outcome}) for outcome in OUTCOMES} == {0}
    assert {registry.get_sample_value("goldenhour_dead_letters_total", {"reason": code}) for code in ERROR_CODES} == {0}


def test_every_metric_of_a_gateway_is_in_the_readme() -> None:
    readme = (DEPLOY.parent / "README.md").read_text("utf-8")
    ours = {family.name for family in build_gateway_metrics().registry.collect() if family.name.startswith("goldenhour_")}
    assert len(ours) > 5
    assert {name for name in ours if name not in readme} == set()
