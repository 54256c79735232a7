"""JSON Schema (2020-12) of every record, exported from the classes that decode them, for partners in other languages.

One document per topic, for whoever writes or reads it. It says "left out" where the decoder also takes null, and spells
a time in the one form the contract shows. Rules that join fields are exported from the tables the classes check by.
"""

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from connectors.policy_schema import policy_schema
from models.input_records import FOR_ALL
from models.records import (
    CASH_KINDS,
    CASHLESS_CHANNELS,
    INPUT_RECORDS,
    OUTPUT_RECORDS,
    PARTIES_BY_KIND,
    TERMINAL_CHANNELS,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TIME_PATTERN: Final = r"^(19[7-9]|[2-9]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$"
"""RFC 3339 with offset, at most microseconds, from 1970 on."""

_Schema = dict[str, Any]


def schemas() -> dict[str, _Schema]:
    """Return file name -> schema, one for each topic of the contract, and that of a policy file.

    >>> sorted(schemas())[:3]
    ['account-event.schema.json', 'alert.schema.json', 'audit.schema.json']
    """
    return {
        f"{topic.removesuffix('s')}.schema.json": _schema(topic, record)
        for topic, record in {**INPUT_RECORDS, **OUTPUT_RECORDS}.items()
    } | {"policy-file.schema.json": policy_schema(DIALECT)}


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder, made if need be, and return the paths; the same classes give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in schemas().items():
        path = folder / name
        path.write_text(rendered(schema), encoding="utf-8")
        paths.append(path)
    return paths


def rendered(schema: Mapping[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(topic: str, record: type[msgspec.Struct]) -> _Schema:
    schema = msgspec.json.schema(record)
    definitions: dict[str, _Schema] = schema["$defs"]
    for name, definition in definitions.items():
        definition["description"] = inspect.cleandoc(definition["description"]).replace("\n", " ").replace("  ", " ")
        definition["properties"] = {field: _left_out(part) for field, part in definition["properties"].items()}
        definition |= _rules().get(name, {})
    return {
        "$schema": DIALECT,
        "$id": f"urn:goldenhour:contract:1:{topic.removesuffix('s')}",
        "$comment": f"Topic {topic}. An unknown value is left out. Further members are allowed and ignored.",
        **schema,
    }


def _left_out(part: _Schema) -> _Schema:
    """Say that an optional field is left out rather than null, and how exactly a time is written."""
    options = [option for option in part.get("anyOf", [part]) if option != {"type": "null"}]
    options = [option | {"pattern": TIME_PATTERN} if option.get("format") == "date-time" else option for option in options]
    return options[0] if len(options) == 1 else {"anyOf": options}


def _if(field: str, values: tuple[str, ...], then: _Schema) -> _Schema:
    return {"if": {"properties": {field: {"enum": list(values)}}}, "then": then}


def _rules() -> Mapping[str, _Schema]:
    """Return class name -> the rules that join its fields, as the classes check them."""
    parties = [
        _if("kind", (kind,), {"required": [side for side, needed in zip(("payer", "payee"), sides, strict=True) if needed]})
        for kind, sides in PARTIES_BY_KIND.items()
    ]
    transaction = [
        *parties,
        _if("channel", TERMINAL_CHANNELS, {"required": ["terminal"]}),
        _if("status", ("REVERSED",), {"required": ["original_event_id"]}),
        _if("kind", CASH_KINDS, {"properties": {"channel": {"not": {"enum": list(CASHLESS_CHANNELS)}}}}),
        {"properties": {"payer": {"not": {"required": ["name_match"]}}}},
    ]
    return {
        "Transaction": {"allOf": transaction},
        "ReportedTransfer": {"anyOf": [{"required": ["payee_account"]}, {"required": ["terminal"]}]},
        "CaseControl": {
            "allOf": [
                _if("action", ("SNOOZE",), {"required": ["until"]}),
                {**_if("action", FOR_ALL, {"not": {"required": ["subject"]}}), "else": {"required": ["subject"]}},
            ]
        },
        "Disposition": {"oneOf": [{"required": ["alert_id"]}, {"required": ["event_id"]}]},
    }
