"""Reads the TOML text of a column mapping and tells all its problems at once; `mapping.py` states the language."""

import tomllib
from typing import Any

from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import (
    Constant,
    DerivedRule,
    FromColumn,
    FromTemplate,
    FromTime,
    LabelRule,
    Mapping,
    MappingError,
    Rule,
    columns_of,
)
from connectors.rule_reader import RuleReader
from connectors.table_files import AS_USUAL, TableForm
from connectors.toml_lines import line_of, lines_of

_TOP_KEYS = {"about", "requires", "table", "derived", "fields", "when", "ignored", "label", "deleted"}
_TABLE_KEYS = {"encoding", "delimiter", "header", "trim"}
_WHEN_KEYS = {"column", "codes", "fields"}
_LABEL_KEYS = {"column", "case", "typology"}
_OF_ALL_ROWS = {"event_time", "event_id"}
_DELETED = ("IGNORED", "REVERSED")


def parse(name: str, text: str) -> Mapping:
    """Return the mapping written in TOML text. name: of the file, for messages.

    Errors: MappingError with every problem of the text, each with its line.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(name, [f"no TOML: {error}"]) from error
    reader = _Reader(name, document)
    mapping = reader.mapping()
    if reader.problems:
        lines = lines_of(text)
        placed = [(line_of(lines, key), f"{key}: {what}") for key, what in reader.problems]
        raise MappingError(name, [told if line is None else f"{told} (line {line})" for line, told in placed])
    return mapping


class _Reader(RuleReader):
    """Reads one mapping; a wrong part becomes a problem and reading goes on, so that all problems are told together."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        super().__init__()
        self._name = name
        self._document = document

    def mapping(self) -> Mapping:
        """Return the mapping, of use only where there are no problems."""
        document = self._document
        self._no_other_keys("", document, _TOP_KEYS)
        self._no_open_questions("", document)
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
            derived=self._derived(document.get("derived", {})),
            table=self._form(document.get("table", {})),
            deletes_reverse=document.get("deleted") == "REVERSED",
        )
        self._check_completeness(mapping)
        self._check_derived(mapping)
        self._check_leaks(mapping)
        if document.get("deleted", "IGNORED") not in _DELETED:
            self._problem("deleted", f"must be one of {', '.join(_DELETED)}")
        return mapping

    def _derived(self, tables: Any) -> dict[str, DerivedRule]:
        found = {name: self._derived_rule(f"derived.{name}", rule) for name, rule in self._table("derived", tables).items()}
        return {name: rule for name, rule in found.items() if rule is not None}

    def _check_derived(self, mapping: Mapping) -> None:
        before = set[str]()
        for name, rule in mapping.derived.items():
            for column in columns_of(rule):
                if column in mapping.derived and column not in before:
                    self._problem(f"derived.{name}", f"the derived column {column!r} must stand before it")
                    mapping.derived[name] = FromColumn("")  # or its columns would go round in a circle below
            before.add(name)
        if mapping.event_time.reading in ("day", "hour") and mapping.event_time.column in mapping.derived:
            self._problem("fields.event_time.column", "a day or hour to spread rows over must be a column of the file")

    def _form(self, given: Any) -> TableForm:
        given = self._table("table", given)
        self._no_other_keys("table.", given, _TABLE_KEYS)
        form = AS_USUAL
        encoding, delimiter, trim = given.get("encoding", form.encoding), given.get("delimiter", ","), given.get("trim", False)
        header = tuple(self._texts("table.header", given.get("header", [])))
        if not isinstance(encoding, str) or not _is_encoding(encoding):
            self._problem("table.encoding", "must be the name of an encoding, as utf-8 or gb18030")
            encoding = form.encoding
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            self._problem("table.delimiter", "must be one character")
            delimiter = ","
        if not isinstance(trim, bool):
            self._problem("table.trim", "must be true or false")
        encoding = form.encoding if encoding.lower() in ("utf-8", "utf8") else encoding
        return TableForm(encoding, delimiter, header, trim is True)

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

    def _label(self, label: Any) -> LabelRule | None:
        if label is None:
            return None
        label = self._table("label", label)
        self._no_other_keys("label.", label, _LABEL_KEYS)
        extra = {name: self._rule(f"label.{name}", label[name]) for name in ("case", "typology") if name in label}
        for name, rule in extra.items():
            if isinstance(rule, FromTime) or (isinstance(rule, FromColumn) and rule.scale is not None):
                self._problem(f"label.{name}", "must be a text, a column or a template")
            if isinstance(rule, FromColumn | FromTemplate) and rule.token:
                self._problem(f"label.{name}.token", "no label file has tokens")
        return LabelRule(self._text("label.column", label.get("column")), extra.get("case"), extra.get("typology"))

    def _needed_columns(
        self, event_time: FromTime, event_id: Rule | None, code_column: str | None, variants: dict[str, dict[str, Rule]]
    ) -> frozenset[str]:
        needed = {event_time.column} if code_column is None else {event_time.column, code_column}
        needed.update(columns_of(event_id) if event_id is not None else ())
        for fields in variants.values():
            for field, rule in fields.items():
                has_default = isinstance(rule, FromColumn) and rule.default is not None
                if transaction_fields()[field].is_required and not has_default:
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


def _is_encoding(name: str) -> bool:
    try:
        "a".encode(name)
    except LookupError:
        return False
    return True
