"""State and log must continue each other: every way in which they do not is refused, with what is missing and what to do."""

import pytest

from stream.batches import TP
from stream.continuity import RecordsGoneError, Standing, refuse_unfit_state

KEYED = TP("keyed", 3)


@pytest.mark.parametrize(
    ("position", "standing", "told"),
    [
        (99, Standing(5_000, 6_000, 100), "records 100 to 4999 were removed before they reached the state"),
        (-1, Standing(5_000, 6_000, 0), "records 0 to 4999 were removed before they reached the state"),
        (-1, Standing(0, 6_000, 5_000), "its state stands for offset -1, but 5000 is committed: state is lost"),
        (5_000, Standing(0, 0, 0), "its state stands for offset 5000, but it ends at 0: it was made anew"),
    ],
    ids=["retention ran out", "retention ran out and the state is new", "the state is new", "the log is new"],
)
def test_state_and_log_that_do_not_continue_each_other_are_refused(position: int, standing: Standing, told: str) -> None:
    with pytest.raises(RecordsGoneError) as refusal:
        refuse_unfit_state(KEYED, position, standing)
    assert str(refusal.value).startswith(f"keyed partition 3: {told}. Stop all workers, run `goldenhour reset`")


@pytest.mark.parametrize(
    ("position", "standing"),
    [
        (-1, Standing(0, 0, 0)),
        (-1, Standing(0, 7, 0)),
        (99, Standing(0, 100, 100)),
        (99, Standing(100, 100, 100)),
        (99, Standing(40, 200, 60)),
        (99, Standing(0, 200, 0)),
    ],
    ids=["nothing yet", "nothing applied yet", "all applied", "all applied and removed", "not all committed", "a new group"],
)
def test_a_log_that_goes_on_where_the_state_stands_is_accepted(position: int, standing: Standing) -> None:
    refuse_unfit_state(KEYED, position, standing)
