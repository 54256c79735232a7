import pytest

from models.rulebook import build_rulebook
from stream.bench.scaling import with_windows
from tests.bank import policy_mapping


@pytest.mark.parametrize("window_s", [3_600, 604_800])
def test_a_policy_with_other_windows_is_a_policy_and_leaves_the_first_alone(window_s: int) -> None:
    policy = policy_mapping()
    changed = build_rulebook(with_windows(policy, window_s))
    assert changed.bounds.window_max_s == window_s
    assert changed.bounds.forget_s == build_rulebook(policy).bounds.forget_s
    assert build_rulebook(policy).bounds.window_max_s == 86_400
