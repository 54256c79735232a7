"""Reads single rules of a column mapping: one table of TOML becomes one rule, and what is wrong with it is noted."""

import re
import string
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import (
    SPREAD_US,
    Constant,
    DerivedRule,
    FromColumn,
    FromSign,
    FromTemplate,
    FromTime,
    Plain,
    Rule,
)
from connectors.time_format import TimeFormatError, reader_of
from models.units import time_us

OPEN: Final = "TO" + "DO"
"""What stands where a proposed mapping asks its reader; in two parts, because the house leaves none in its own sources."""
_COUNTS: Final = ("unix_s", "unix_ms", "unix_us", "unix_ns")
_WALL_COUNTS: Final = ("wall_ms", "wall_us", "wall_ns")
_READINGS: Final = ("timestamp", *_COUNTS, *_WALL_COUNTS, "day", "hour")
_ZONE: Final = re.compile(r"([+-])(\d\d):(\d\d)")
_HOLE: Final = re.compile(r"\.\df|0\d{1,2}")
_OF_COLUMN: Final = frozenset(
    {"column", "scale", "unsigned", "grouping", "decimals", "codes", "otherwise", "default", "date", "token"}
)
_OF_TIME: Final = frozenset({"time", "zone", "origin", "first", "format"})
_TOKENS: Final = ("account", "card", "customer")
_NUMERIC: Final = ("unsigned", "grouping", "decimals")
_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {"integer": (int,), "number": (int, float), "boolean": (bool,)}


class RuleReader:
    """Collects problems as (key, sentence) while it reads."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def _rule(self, key: str, rule: Any) -> Rule | None:
        if isinstance(rule, str | int | float | bool):
            return Constant(rule)
        before = len(self.problems)
        rule = self._table(key, rule)
        self._no_other_keys(key + ".", rule, {*_OF_COLUMN, *_OF_TIME, "template"})
        if "template" in rule:
            read: Rule = self._template(key, rule)
        elif "time" in rule:
            read = self._time(key, rule)
        else:
            read = self._from_column(key, rule)
        return read if len(self.problems) == before else None

    def _derived_rule(self, key: str, rule: Any) -> DerivedRule | None:
        """Return the rule of a derived column: a template, codes with a default, or a sign."""
        before = len(self.problems)
        rule = self._table(key, rule)
        read: DerivedRule
        if "sign" in rule:
            self._no_other_keys(key + ".", rule, {"sign", "grouping"})
            read = FromSign(self._text(key + ".sign", rule["sign"]), str(rule.get("grouping", "")))
        elif "template" in rule:
            self._no_other_keys(key + ".", rule, {"template"})
            read = self._template(key, rule)
        else:
            self._no_other_keys(key + ".", rule, {"column", "codes", "otherwise", "default"})
            read = self._from_column(key, rule)
        return read if len(self.problems) == before else None

    def _from_column(self, key: str, rule: dict[str, Any]) -> FromColumn:
        for stray in sorted(rule.keys() & _OF_TIME):
            self._problem(f"{key}.{stray}", "goes with `time` only")
        ways = [way for way in ("scale", "codes", "date") if way in rule]
        if len(ways) > 1:
            self._problem(key, f"{' and '.join(ways)} exclude each other")
        for stray in sorted(rule.keys() & set(_NUMERIC) if "scale" not in rule else ()):
            self._problem(f"{key}.{stray}", "goes with `scale` only")
        if "otherwise" in rule and "codes" not in rule:
            self._problem(f"{key}.otherwise", "goes with `codes` only")
        date = rule.get("date", "")
        if date != "days":
            self._check_format(f"{key}.date", date) if "date" in rule else None
        decimals = rule.get("decimals")
        if decimals is not None and (type(decimals) is not int or decimals < 0):
            self._problem(f"{key}.decimals", "must be a whole number from 0")
        if not isinstance(rule.get("unsigned", False), bool):
            self._problem(f"{key}.unsigned", "must be true or false")
        return FromColumn(
            column=self._text(key + ".column", rule.get("column")),
            decimals=decimals,
            grouping=self._text(key + ".grouping", rule["grouping"]) if "grouping" in rule else "",
            scale=self._scale(key, rule.get("scale")),
            unsigned=rule.get("unsigned") is True,
            codes=self._codes(key + ".codes", rule["codes"]) if "codes" in rule else None,
            otherwise=self._plain(key + ".otherwise", rule.get("otherwise")),
            date=str(date),
            default=self._plain(key + ".default", rule.get("default")),
            token=self._token(key, rule),
        )

    def _codes(self, key: str, codes: Any) -> dict[str, Plain]:
        codes = self._table(key, codes)
        if not codes:
            self._problem(key, "must name a code")
        return {code: value for code in codes if (value := self._plain(f"{key}.{code}", codes[code])) is not None}

    def _plain(self, key: str, value: Any) -> Plain | None:
        if value is None or isinstance(value, str | int | float | bool):
            return value
        self._problem(key, "must be a text, a number or a truth value")
        return None

    def _token(self, key: str, rule: dict[str, Any]) -> str:
        token = rule.get("token", "")
        if "token" in rule and token not in _TOKENS:
            self._problem(f"{key}.token", f"must be one of {', '.join(_TOKENS)}")
        return str(token)

    def _template(self, key: str, rule: dict[str, Any]) -> FromTemplate:
        text = self._text(key + ".template", rule["template"])
        if not rule.keys() <= {"template", "token"}:
            self._problem(key, "a template goes with nothing else but `token`")
        parts: list[tuple[str, str | None, str]] = []
        try:
            for before, column, shape, conversion in string.Formatter().parse(text):
                if column == "" or conversion or (shape and not _HOLE.fullmatch(shape)):
                    self._problem(key, "a hole is {column}, or rounded to two decimals {column:.2f}, or six digits {column:06}")
                parts.append((before, column, shape or ""))
        except ValueError as error:
            self._problem(key, f"no template: {error}")
        if not any(column for _, column, _ in parts):
            self._problem(key, "a template without a column is a constant")
        return FromTemplate(tuple(parts), self._token(key, rule))

    def _time(self, key: str, rule: dict[str, Any]) -> FromTime:
        reading = rule["time"]
        allowed = {"column", "time"}
        if reading not in _READINGS:
            self._problem(key + ".time", f"must be one of {', '.join(_READINGS)}")
        elif reading == "timestamp":
            allowed |= {"zone", "format"}
        elif reading in _WALL_COUNTS:
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
        form = rule.get("format", "")
        if "format" in rule:
            self._check_format(key + ".format", form)
        return FromTime(column, str(reading), self._zone_us(key, rule.get("zone", "UTC")), origin_us, first, str(form))

    def _check_format(self, key: str, form: Any) -> None:
        try:
            reader_of(str(form))
        except TimeFormatError as error:
            self._problem(key, str(error))

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

    def _check_type(self, key: str, field: str, rule: Rule) -> None:
        kind, choices, _ = transaction_fields()[field]
        if isinstance(rule, FromTime) != (field == "event_time"):
            self._problem(key, "`time` goes with event_time, and event_time with `time`")
        if isinstance(rule, FromTemplate) and kind not in ("string", "date"):
            self._problem(key, "a template makes text, and the field is none")
        if isinstance(rule, Constant):
            if field == "event_id":
                self._problem(key, "a constant would make all rows copies of one event")
            self._check_value(key, kind, choices, rule.value)
        if isinstance(rule, FromColumn):
            if rule.scale is not None and kind != "integer":
                self._problem(key + ".scale", "makes a whole number, and the field is none")
            if rule.date and kind != "date":
                self._problem(key + ".date", "makes a day, and the field is none")
            if rule.default is not None and field == "event_id":
                self._problem(key + ".default", "would make rows copies of one event")
            given = {f"codes.{code}": value for code, value in (rule.codes or {}).items()}
            given |= {name: getattr(rule, name) for name in ("otherwise", "default") if getattr(rule, name) is not None}
            for name, value in given.items():
                self._check_value(f"{key}.{name}", kind, choices, value)
        if isinstance(rule, FromColumn | FromTemplate) and rule.token and (kind != "string" or choices or field == "event_id"):
            self._problem(key + ".token", "makes an identifier of somebody, and the field is none")

    def _check_value(self, key: str, kind: str, choices: frozenset[str], value: Plain) -> None:
        if type(value) not in _PYTHON_TYPES.get(kind, (str,)):
            self._problem(key, f"the constant is not of the field's type, {kind}")
        elif choices and value not in choices:
            self._problem(key, f"must be one of {', '.join(sorted(choices))}")

    def _no_open_questions(self, key: str, value: Any) -> None:
        """Note each text that a proposed mapping left to its reader."""
        if isinstance(value, str) and value.startswith(OPEN):
            self._problem(key, "is still to be answered")
        parts = value.items() if isinstance(value, dict) else enumerate(value, start=1) if isinstance(value, list) else ()
        for name, part in parts:
            inner = f"{key}[{name}]" if isinstance(value, list) else f"{key}.{name}".strip(".")
            self._no_open_questions(inner, part)

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
        self.problems.append((key, what))
