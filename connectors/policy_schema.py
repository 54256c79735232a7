"""JSON Schema (2020-12) of a policy file, from the very classes that read it: what an editor or another system checks before we do.

A policy is TOML; its parsed form is what the schema is of. Rules that join values, such as windows within `window_max_s`, are left
to `goldenhour policy check`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from models.detector import find_detectors, find_lookalikes
from models.policy import is_share, may_be_negative
from models.rulebook import SECTIONS

_Schema = dict[str, Any]


def policy_schema(dialect: str) -> _Schema:
    """Return the schema of a whole policy."""
    sections: _Schema = {name: _section(section) for name, section in SECTIONS.items()}
    folders: dict[str, Sequence[Any]] = {"detectors": find_detectors(), "lookalikes": find_lookalikes()}
    tables = {folder: {found.name: _section(found.Policy) for found in files} for folder, files in folders.items()}
    properties = {**sections, **{name: _table(part) for name, part in tables.items()}}
    return {
        "$schema": dialect,
        "$id": "urn:goldenhour:policy:1",
        "$comment": "The parsed form of a policy file. Every value stands beside its reason.",
        **_table({"version": {"type": "string", "minLength": 1}, **properties}),
    }


def _table(properties: _Schema) -> _Schema:
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


def _section(section: type[msgspec.Struct]) -> _Schema:
    schema = msgspec.json.schema(section)
    fields: dict[str, _Schema] = schema["$defs"][section.__name__]["properties"]
    return _table({name: _given(name, value) for name, value in fields.items()})


def _given(name: str, value: _Schema) -> _Schema:
    """Return the schema of a value with its reason."""
    shown = {key: part for key, part in value.items() if key != "default"}
    if shown.get("type") in ("integer", "number") and not may_be_negative(name):
        shown.setdefault("minimum", 0)
        if is_share(name):
            shown.setdefault("maximum", 1)
    return _table({"value": shown, "reason": {"type": "string", "pattern": r"\S"}})
