"""Peer libraries that read the same formats: what a connector is measured beside. Development packages, loaded when asked for."""

from collections.abc import Callable
from importlib import metadata
from typing import Any, NamedTuple

from connectors.connector import Connector
from connectors.iso8583 import Iso8583
from connectors.iso8583.layout import Encoding, Field, Layout


class Peer(NamedTuple):
    """A library under the same task as a connector's `read`. fields: its result as the connector's own `read` gives it."""

    name: str
    read: Callable[[bytes], Any]
    fields: Callable[[Any], dict[int, str]]


def peer_of(connector: Connector) -> Peer | None:
    """Return the peer of a connector, None where none is known or it is not installed."""
    if not isinstance(connector, Iso8583):
        return None
    try:
        import iso8583
    except ImportError:
        return None
    spec = pyiso8583_spec(connector.layout)
    return Peer(f"pyiso8583 {metadata.version('pyiso8583')}", lambda raw: iso8583.decode(raw, spec), _fields_of(connector.layout))


def _fields_of(layout: Layout) -> Callable[[Any], dict[int, str]]:
    def fields(result: Any) -> dict[int, str]:
        found = {int(key): value for key, value in result[0].items() if key.isdecimal() and int(key) > 1}
        return {number: text.replace("D", "=") if layout.fields[number].kind == "z" else text for number, text in found.items()}

    return fields


def pyiso8583_spec(layout: Layout) -> dict[str, dict[str, Any]]:
    """Return a layout in pyiso8583's terms. It cannot say a packed amount with a sign; such a field comes out in other digits."""
    encoding = layout.file.encoding
    fixed = {"len_enc": "ascii", "len_type": 0}
    spec: dict[str, dict[str, Any]] = {
        "h": {"data_enc": "b", **fixed, "max_len": layout.file.framing.header_bytes},
        "t": {"data_enc": "b" if encoding.mti == "bcd" else "ascii", **fixed, "max_len": 4},
        "p": {"data_enc": "ascii" if encoding.bitmap == "hex" else "b", **fixed, "max_len": 16},
    }
    spec["1"] = spec["p"]
    return spec | {str(number): _field_spec(field, encoding) for number, field in layout.fields.items()}


def _field_spec(field: Field, encoding: Encoding) -> dict[str, Any]:
    packed = encoding.digits == "bcd" and field.kind in "nz"
    length_form = {"ascii": "ascii", "bcd": "bcd", "binary": "b"}[encoding.lengths]
    prefix = field.prefix if encoding.lengths == "ascii" else (field.prefix + 1) // 2
    length = field.length
    if field.kind == "b":
        length *= 2 if encoding.binary == "hex" else 1
    elif field.kind == "x":
        length = 1 + (length // 2 if encoding.digits == "bcd" else length)
    is_binary = packed or (field.kind == "b" and encoding.binary == "binary") or (field.kind == "x" and encoding.digits == "bcd")
    return {
        "data_enc": "b" if is_binary else encoding.text if field.kind == "t" else "ascii",
        "len_enc": length_form,
        "len_type": prefix,
        "max_len": length,
        "len_count": "nibbles" if packed else "bytes",
        "left_pad" if encoding.odd == "left" else "right_pad": "0" if encoding.odd == "left" else "F",
    }
