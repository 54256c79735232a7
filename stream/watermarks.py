"""What the state of a partition stands for beside its position: its format, and per source partition the last offset taken in."""

import msgspec

from models.stored import StoredStateError

STATE_FORMAT = 2
"""Of all that a partition's state holds, this marker included (state_format.py)."""


class _Marker(msgspec.Struct, array_like=True):
    version: int
    watermarks: dict[str, int]


class _Version(msgspec.Struct, array_like=True):
    """The start of a marker of any version."""

    version: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Marker).decode
_decode_version = msgspec.msgpack.Decoder(_Version).decode


def encode_watermarks(watermarks: dict[str, int]) -> bytes:
    """Return the stored form. watermarks: "source:partition" -> offset."""
    return _encode(_Marker(STATE_FORMAT, watermarks))


def decode_watermarks(stored: bytes) -> dict[str, int]:
    """Return the watermarks of a stored form.

    Errors: msgspec's for anything that is none, our own fault.
    """
    return _decode(stored).watermarks


def state_format_of(stored: bytes) -> int:
    """Return which format the state is of that this marker stands for, also a format we do not know.

    Errors: StoredStateError for what is no marker.
    """
    try:
        return _decode_version(stored).version
    except msgspec.MsgspecError as error:
        raise StoredStateError(f"the marker of a state is not readable: {type(error).__name__}") from error
