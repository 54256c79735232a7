"""Reads the TOML text of a column mapping and tells all its problems at once; `mapping.py` states the language."""

import re
import string
import tomllib
from datetime import datetime, timedelta
from typing import Any

from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import (
    SPREAD_US,
    Constant,
    FromColumn,
    FromTemplate,
    FromTime,
    LabelRule,
    Mapping,
    MappingError,
    Rule,
    columns_of,
)
from models.units import time_us

_READINGS = ("timestamp", "unix_s", "unix_ms", "day", "hour")
_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")
_ROUNDING = re.compile(r"\.\df")
_RULE_KEYS = {"column", "template", "scale", "time", "zone", "origin", "first"}
_TOP_KEYS = {"about", "requires", "fields", "when", "ignored", "label"}
_WHEN_KEYS = {"column", "codes", "fields"}
_LABEL_KEYS = {"column", "case", "typology"}
_OF_ALL_ROWS = {"event_time", "event_id"}


def parse(name: str, text: str) -> Mapping:
    """Return the mapping written in TOML text. name: of the file, for messages.

    Errors: MappingError with every problem of the text.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(name, [f"no TOML: {error}"]) from error
    return _Reader(name, document).mapping()


class _Reader:
    """Reads one mapping; a wrong part becomes a problem and reading goes on, so that all problems are told together."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        self._name = name
        self._document = document
        self._problems: list[str] = []

    def mapping(self) -> Mapping:
        """Return the mapping, or raise MappingError with all that is wrong."""
        document = self._document
        self._no_other_keys("", document, _TOP_KEYS)
        common = self._rules("fields", document.get("fields"))
        if "event_time" not in common:
            self._problem("fields.event_time", "is required, with `column` and `time`")
        event_time = common.pop("event_time", None)
        if not isinstance(event_time, FromTime):
            event_time = FromTime("", "timestamp")
        event_id = common.pop("event_id", None)
        code_column, variants = self._variants(common)
        ignored = {column: str(why) for column, why in self._table("ignored", document.get("ignored", {})).items()}
        label = self._label(document.get("label"))
        requires = self._texts("requires", document.get("requires", []))
        mapping = Mapping(
            name=self._name,
            about=str(document.get("about", "")),
            requires=frozenset(requires) | self._needed_columns(event_time, event_id, code_column, variants),
            event_time=event_time,
            event_id=event_id,
            variants=variants,
            code_column=code_column,
            ignored=ignored,
            label=label,
        )
        self._check_completeness(mapping)
        self._check_leaks(mapping)
        if self._problems:
            raise MappingError(self._name, self._problems)
        return mapping

    def _variants(self, common: dict[str, Rule]) -> tuple[str | None, dict[str, dict[str, Rule]]]:
        cases = self._document.get("when")
        if not cases:
            return None, {"": dict(common)}
        columns: list[str] = []
        variants: dict[str, dict[str, Rule]] = {}
        for number, case in enumerate(cases if isinstance(cases, list) else [cases], start=1):
            key = f"when[{number}]"
            case = self._table(key, case)
            self._no_other_keys(key + ".", case, _WHEN_KEYS)
            columns.append(self._text(key + ".column", case.get("column")))
            own = self._rules(key + ".fields", case.get("fields"))
            for field in sorted(own.keys() & (common.keys() | _OF_ALL_ROWS)):
                self._problem(f"{key}.fields.{field}", "is in [fields] or belongs there")
            for code in self._texts(key + ".codes", case.get("codes")):
                if code in variants:
                    self._problem(key + ".codes", f"{code!r} is named twice")
                variants[code] = common | own
        if len(set(columns)) > 1:
            self._problem("when", "all of them must look at the same column")
        return columns[0] if columns else "", variants

    def _rules(self, key: str, fields: Any) -> dict[str, Rule]:
        rules: dict[str, Rule] = {}
        known = transaction_fields()
        for field, rule in self._table(key, fields).items():
            if field not in known:
                self._problem(f"{key}.{field}", "no such field in a transaction")
                continue
            read = self._rule(f"{key}.{field}", rule)
            rules[field] = read or Constant("")  # a rule with a problem is there all the same, not missing
            if read is not None:
                self._check_type(f"{key}.{field}", field, read)
        return rules

    def _rule(self, key: str, rule: Any) -> Rule | None:
        if isinstance(rule, str | int | float | bool):
            return Constant(rule)
        before = len(self._problems)
        rule = self._table(key, rule)
        self._no_other_keys(key + ".", rule, _RULE_KEYS)
        if "template" in rule:
            read: Rule = self._template(key, self._text(key + ".template", rule["template"]))
            if rule.keys() != {"template"}:
                self._problem(key, "a template goes with nothing else")
        elif "time" in rule:
            read = self._time(key, rule)
        else:
            read = FromColumn(self._text(key + ".column", rule.get("column")), self._scale(key, rule.get("scale")))
            for stray in sorted(rule.keys() & {"zone", "origin", "first"}):
                self._problem(f"{key}.{stray}", "goes with `time` only")
        return read if len(self._problems) == before else None

    def _template(self, key: str, text: str) -> FromTemplate:
        parts: list[tuple[str, str | None, str]] = []
        try:
            for before, column, rounding, conversion in string.Formatter().parse(text):
                if column == "" or conversion or (rounding and not _ROUNDING.fullmatch(rounding)):
                    self._problem(key, "a hole is {column} or, rounded to two decimals, {column:.2f}")
                parts.append((before, column, rounding or ""))
        except ValueError as error:
            self._problem(key, f"no template: {error}")
        if not any(column for _, column, _ in parts):
            self._problem(key, "a template without a column is a constant")
        return FromTemplate(tuple(parts))

    def _time(self, key: str, rule: dict[str, Any]) -> FromTime:
        reading = rule["time"]
        allowed = {"column", "time"}
        if reading not in _READINGS:
            self._problem(key + ".time", f"must be one of {', '.join(_READINGS)}")
        elif reading == "timestamp":
            allowed.add("zone")
        elif reading in SPREAD_US:
            allowed |= {"origin", "first"}
        for stray in sorted(rule.keys() - allowed):
            self._problem(f"{key}.{stray}", f"does not go with time = {reading!r}")
        first = rule.get("first", 0)
        if type(first) is not int:
            self._problem(key + ".first", "must be a whole number")
        origin_us = self._origin_us(key, rule.get("origin")) if reading in SPREAD_US else 0
        column = self._text(key + ".column", rule.get("column"))
        return FromTime(column, str(reading), self._zone_us(key, rule.get("zone", "UTC")), origin_us, first)

    def _origin_us(self, key: str, origin: Any) -> int:
        if not isinstance(origin, datetime) or origin.tzinfo is None:
            self._problem(key + ".origin", "must be a TOML date-time with offset, as in 2017-01-01T00:00:00Z")
            return 0
        return time_us(origin)

    def _zone_us(self, key: str, zone: Any) -> int:
        if zone == "UTC":
            return 0
        parts = _ZONE.fullmatch(zone) if isinstance(zone, str) else None
        if parts is None:
            self._problem(key + ".zone", 'must be "UTC" or an offset, as in "+08:00"')
            return 0
        east = timedelta(hours=int(parts[2]), minutes=int(parts[3])) // timedelta(microseconds=1)
        return east if parts[1] == "+" else -east

    def _scale(self, key: str, scale: Any) -> int | None:
        if scale is not None and (type(scale) is not int or scale < 1):
            self._problem(key + ".scale", "must be a whole number from 1")
            return None
        return scale

    def _label(self, label: Any) -> LabelRule | None:
        if label is None:
            return None
        label = self._table("label", label)
        self._no_other_keys("label.", label, _LABEL_KEYS)
        extra = {name: self._rule(f"label.{name}", label[name]) for name in ("case", "typology") if name in label}
        for name, rule in extra.items():
            if isinstance(rule, FromTime) or (isinstance(rule, FromColumn) and rule.scale is not None):
                self._problem(f"label.{name}", "must be a text, a column or a template")
        return LabelRule(self._text("label.column", label.get("column")), extra.get("case"), extra.get("typology"))

    def _check_type(self, key: str, field: str, rule: Rule) -> None:
        kind, choices, _ = transaction_fields()[field]
        if isinstance(rule, FromTime) != (field == "event_time"):
            self._problem(key, "`time` goes with event_time, and event_time with `time`")
        if isinstance(rule, FromColumn) and rule.scale is not None and kind != "integer":
            self._problem(key + ".scale", "makes a whole number, and the field is none")
        if isinstance(rule, FromTemplate) and kind not in ("string", "date"):
            self._problem(key, "a template makes text, and the field is none")
        if isinstance(rule, Constant):
            if field == "event_id":
                self._problem(key, "a constant would make all rows copies of one event")
            python_types = {"integer": (int,), "number": (int, float), "boolean": (bool,)}.get(kind, (str,))
            if type(rule.value) not in python_types:
                self._problem(key, f"the constant is not of the field's type, {kind}")
            elif choices and rule.value not in choices:
                self._problem(key, f"must be one of {', '.join(sorted(choices))}")

    def _needed_columns(
        self, event_time: FromTime, event_id: Rule | None, code_column: str | None, variants: dict[str, dict[str, Rule]]
    ) -> frozenset[str]:
        needed = {event_time.column} if code_column is None else {event_time.column, code_column}
        needed.update(columns_of(event_id) if event_id is not None else ())
        for fields in variants.values():
            for field, rule in fields.items():
                if transaction_fields()[field].is_required:
                    needed.update(columns_of(rule))
        return frozenset(needed)

    def _check_completeness(self, mapping: Mapping) -> None:
        required = {field for field, (_, _, is_required) in transaction_fields().items() if is_required} - _OF_ALL_ROWS
        for code, fields in mapping.variants.items():
            for field in sorted(required - fields.keys()):
                self._problem(f"fields.{field}", f"is required{f', also for code {code!r}' if code else ''}")

    def _check_leaks(self, mapping: Mapping) -> None:
        used = mapping.columns()
        for column in sorted(used & mapping.ignored.keys()):
            self._problem(f"ignored.{column}", "is used by a rule all the same")
        label = mapping.label
        if label is not None:
            if label.column in used:
                self._problem("label.column", "the label must not reach a field of the transaction")
            for column in sorted(label.columns() & mapping.ignored.keys()):
                self._problem(f"ignored.{column}", "is used by the label all the same")

    def _table(self, key: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._problem(key, "must be there, as a table")
        return {}

    def _text(self, key: str, value: Any) -> str:
        if isinstance(value, str) and value:
            return value
        self._problem(key, "must be there, as text")
        return ""

    def _texts(self, key: str, value: Any) -> list[str]:
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            return value
        self._problem(key, "must be a list of texts")
        return []

    def _no_other_keys(self, prefix: str, table: dict[str, Any], known: set[str]) -> None:
        for key in sorted(table.keys() - known):
            self._problem(prefix + key, f"unknown key; known are {', '.join(sorted(known))}")

    def _problem(self, key: str, what: str) -> None:
        self._problems.append(f"{key}: {what}")
