"""Lines of a proposed mapping: a rule in TOML, behind it how sure it is and why."""

import json
from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.rule_reader import OPEN
from connectors.suggest.proposal import Found
from connectors.suggest.shapes import Shape

_CLEAR_DIGITS: Final = 10  # ours: an account number of so many digits is taken for a clear one


class Line(msgspec.Struct, frozen=True):
    """One rule: key, value in TOML, certainty and why."""

    key: str
    value: str
    certainty: str
    why: str

    def __str__(self) -> str:
        """Return the line of TOML with its reason behind it."""
        mark = f"{OPEN}: " if OPEN in self.value else f"{self.certainty}: " if self.certainty else ""
        return f"{self.key} = {self.value} # {mark}{self.why}"


def quoted(text: str) -> str:
    """Return a text as TOML."""
    return json.dumps(text, ensure_ascii=False)


def ask(what: str) -> str:
    """Return an open answer."""
    return quoted(f"{OPEN} {what}")


def grouping(shape: Shape) -> str:
    """Return what reads thousands' commas, where there are any."""
    return ', grouping = ","' if shape.has_grouping else ""


def identifier(one: Found, kind: str) -> str:
    """Return the rule of an identifier; one that looks like a number in clear becomes a token."""
    token = f', token = "{kind}"' if one.shape.digits >= _CLEAR_DIGITS or kind in ("card", "customer") else ""
    return f"{{ column = {quoted(one.column)}{token} }}"


def table_of(codes: Mapping[str, str]) -> str:
    """Return a table of codes as TOML."""
    return "{ " + ", ".join(f"{quoted(code)} = {quoted(value)}" for code, value in codes.items()) + " }"
