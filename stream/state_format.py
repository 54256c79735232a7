"""The format of a partition's state as a whole: one number, which stands in its marker.

State is made from a log, so it is never converted: what a format lacks (days of history, say) is not in the old bytes, but it is in
the log. A change of any stored form raises `STATE_FORMAT`, gets a line in `FORMATS`, and its release is upgraded to by `goldenhour
upgrade`, which makes state anew from the inputs. Within a format everybody reads everybody's state, so workers are restarted one
by one.
"""

from typing import Final

from models.stored import StoredStateError
from stream.batches import TP
from stream.watermarks import STATE_FORMAT, state_format_of

FORMATS: Final = {
    1: "0.1.0: profile 2, segment 3",
    2: "since 0.1.0: profile 3, segment 3, learner 1, ledger 1",
}
"""What each format is: releases and the versions of its parts. A test holds the last line against the code."""


class StateFormatError(StoredStateError):
    """A partition's state is of another format. The text says which, and what to do."""


def refuse_other_format(tp: TP, marker: bytes | None) -> None:
    """Return if the state of `tp`, of which this is the marker's payload, is of our format, or there is none.

    Errors: StateFormatError.
    """
    if marker is None:
        return
    found = state_format_of(marker)
    if found < STATE_FORMAT:
        raise StateFormatError(f"{tp.topic} partition {tp.partition}: {told(found)} {TO_UPGRADE}")
    if found > STATE_FORMAT:
        raise StateFormatError(f"{tp.topic} partition {tp.partition}: {told(found)} {TO_GO_BACK}")


def told(found: int) -> str:
    """Return a sentence on a format that is not ours."""
    by = f"format {found} ({FORMATS[found]})" if found in FORMATS else f"format {found}, which a newer version writes"
    return f"the state is of {by}; this version reads format {STATE_FORMAT} ({FORMATS[STATE_FORMAT]})."


TO_UPGRADE: Final = (
    "Nothing was changed. Stop all workers, run `goldenhour upgrade`, and start them: the state is made anew from what the input "
    "topics still hold. Until then the version before goes on where it stopped."
)
TO_GO_BACK: Final = (
    "Nothing was changed. Start the newer version again; or, to go back for good, stop all workers, run `goldenhour reset` with "
    "this version and start them: the state is made anew from what the input topics still hold."
)
