"""Two policies, value by value. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """A value that differs, by section and key; None where one side has none. Each with the reason that stands beside it."""

    name: str
    ours: Any
    theirs: Any
    our_reason: str | None
    their_reason: str | None


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Difference]:
    """Return every value, and every reason of the same value, that differs between two parsed policies, in order of name."""
    left, right = dict(_values("", ours)), dict(_values("", theirs))
    found = []
    for name in sorted(left.keys() | right.keys()):
        one, other = left.get(name, (None, None)), right.get(name, (None, None))
        if one != other:
            found.append(Difference(name, one[0], other[0], one[1], other[1]))
    return found


def _values(path: str, table: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, str | None]]]:
    """Yield (name, (value, reason)) of every value below a table."""
    for key, value in table.items():
        name = f"{path}.{key}".lstrip(".")
        if isinstance(value, Mapping) and "value" in value:
            yield name, (value["value"], value.get("reason"))
        elif isinstance(value, Mapping):
            yield from _values(name, value)
        else:
            yield name, (value, None)
