"""What the state of a partition stands for beside its position: per source partition, the last offset taken in."""

import msgspec


class _Marker(msgspec.Struct, array_like=True):
    version: int
    watermarks: dict[str, int]


_VERSION = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Marker).decode


def encode_watermarks(watermarks: dict[str, int]) -> bytes:
    """Return the stored form. watermarks: "source:partition" -> offset."""
    return _encode(_Marker(_VERSION, watermarks))


def decode_watermarks(stored: bytes) -> dict[str, int]:
    """Return the watermarks of a stored form.

    Errors: msgspec's for anything that is none, our own fault.
    """
    return _decode(stored).watermarks
