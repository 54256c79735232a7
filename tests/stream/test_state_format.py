"""State of another format is refused in words: by a worker, of an older version and of a newer one; the fixture is of 0.1.0."""

import msgspec
import pytest

from models.learner import LEARNER_VERSION
from models.profile import PROFILE_VERSION
from models.segment import SEGMENT_VERSION
from models.stored import StoredStateError
from models.trace_ledger import LEDGER_VERSION
from stream.batches import TP
from stream.state_format import FORMATS, StateFormatError, refuse_other_format
from stream.store import MARKER_KEY, payload_of
from stream.upgrade import beginning_at, needs_rebuild
from stream.watermarks import STATE_FORMAT, decode_watermarks, encode_watermarks, state_format_of
from tests.previous_release import left_behind

KEYED = TP("keyed", 3)
NEWER = msgspec.msgpack.encode((STATE_FORMAT + 1, {}, "something a newer version added"))


def markers_of_the_release_before() -> list[bytes]:
    return [payload_of(record.value) for record in left_behind("state") if record.key == MARKER_KEY and record.value]


def test_state_of_the_release_before_is_refused_with_what_to_do() -> None:
    markers = markers_of_the_release_before()
    assert markers
    for marker in markers:
        with pytest.raises(StateFormatError) as refusal:
            refuse_other_format(KEYED, marker)
        said = str(refusal.value)
        assert said.startswith(
            "keyed partition 3: the state is of format 1 (0.1.0: profile 2, segment 3); this version reads format 2"
        )
        assert "Stop all workers, run `goldenhour upgrade`" in said
        assert "Nothing was changed" in said


def test_state_of_a_newer_version_is_refused_with_the_ways_back() -> None:
    with pytest.raises(StateFormatError, match=r"which a newer version writes.*Start the newer version again.*goldenhour reset"):
        refuse_other_format(KEYED, NEWER)


@pytest.mark.parametrize("marker", [None, encode_watermarks({"0:1": 7})], ids=["no state", "state of ours"])
def test_state_of_this_version_and_no_state_at_all_are_taken(marker: bytes | None) -> None:
    refuse_other_format(KEYED, marker)


def test_what_is_no_marker_is_spoilt_state() -> None:
    with pytest.raises(StoredStateError, match="marker of a state is not readable"):
        state_format_of(b"\xff\x00")


def test_the_newest_format_is_told_with_the_versions_of_its_parts() -> None:
    assert max(FORMATS) == STATE_FORMAT
    parts = f"profile {PROFILE_VERSION}, segment {SEGMENT_VERSION}, learner {LEARNER_VERSION}, ledger {LEDGER_VERSION}"
    assert FORMATS[STATE_FORMAT].endswith(f": {parts}")


def test_older_state_needs_to_be_made_anew_and_newer_state_is_refused() -> None:
    assert needs_rebuild({0: STATE_FORMAT, 1: STATE_FORMAT - 1})
    assert not needs_rebuild({0: STATE_FORMAT})
    assert not needs_rebuild({})
    with pytest.raises(StateFormatError):
        needs_rebuild({0: STATE_FORMAT, 1: STATE_FORMAT + 1})


def test_a_state_that_begins_in_the_middle_of_a_log_knows_its_place_and_nothing_else() -> None:
    key, value = beginning_at(40)
    assert (key, int.from_bytes(value[:8], "little", signed=True)) == (MARKER_KEY, 39)
    assert decode_watermarks(payload_of(value)) == {}
