"""Reads from PromQL which metrics a query names and which labels it expects of them. Refuses what it does not know.

Not a parser of the whole language: strings, ranges, label matchers and the label lists of aggregations are understood, and of
operators only that they are some.
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<range>\[[^\]]+\])
      | (?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<sign>==|!=|=~|!~|>=|<=|[-+*/%^<>=(){},])
    )""",
    re.VERBOSE,
)
_AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile"})
_FUNCTIONS = frozenset({"rate", "increase", "absent", "changes", "histogram_quantile", "time", "vector", "scalar"})
_WORDS = frozenset({"and", "or", "unless", "bool"})
_JOINS = frozenset({"on", "ignoring", "group_left", "group_right"})


class Matcher(NamedTuple):
    label: str
    operator: str
    value: str


class Selected(NamedTuple):
    """One metric in a query: what it is called, what its labels must be like, and all labels the query needs of it."""

    metric: str
    matchers: tuple[Matcher, ...]
    labels: frozenset[str]


class Query:
    """A query, read. selected: its metrics in order. grouped: the labels that some `by` keeps."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens_of(text)
        self._ends = _matching(self._tokens, text)
        self._found: list[tuple[int, str, tuple[Matcher, ...]]] = []
        self._wanted: list[tuple[int, int, frozenset[str]]] = []
        self.grouped: frozenset[str] = frozenset()
        place = 0
        while place < len(self._tokens):
            place = self._read(place, text)
        self.selected = [
            Selected(metric, matchers, frozenset(matcher.label for matcher in matchers).union(*self._wanted_at(at)))
            for at, metric, matchers in self._found
        ]

    def _wanted_at(self, at: int) -> list[frozenset[str]]:
        return [labels for start, end, labels in self._wanted if start <= at < end]

    def _is(self, place: int, word: str) -> bool:
        return 0 <= place < len(self._tokens) and self._tokens[place] == ("sign", word)

    def _read(self, place: int, text: str) -> int:
        """Read what stands at a place; return the place behind it."""
        kind, word = self._tokens[place]
        if kind != "name" or word in _WORDS:
            return place + 1
        if word == "by" or word in _JOINS:
            return self._read_labels(place, word, text)
        if self._is(place + 1, "(") or (word in _AGGREGATIONS and self._tokens[place + 1][1] == "by"):
            if word not in _AGGREGATIONS | _FUNCTIONS:
                raise ValueError(f"unknown function {word} in {text}")
            return place + 1
        matchers: tuple[Matcher, ...] = ()
        end = place + 1
        if self._is(end, "{"):
            end = self._ends[end] + 1
            matchers = tuple(self._matchers(place + 2, end - 1, text))
        self._found.append((place, word, matchers))
        return end

    def _read_labels(self, place: int, word: str, text: str) -> int:
        if not self._is(place + 1, "("):
            raise ValueError(f"{word} without labels in {text}")
        end = self._ends[place + 1]
        labels = frozenset(word for kind, word in self._tokens[place + 2 : end] if kind == "name")
        if word in _JOINS:
            self._wanted.append((0, len(self._tokens), labels))
        elif self._is(end + 1, "("):
            self._wanted.append((end + 1, self._ends[end + 1], labels))
        elif self._is(place - 1, ")"):
            self._wanted.append((self._ends[place - 1], place, labels))
        else:
            raise ValueError(f"{word} beside no group in {text}")
        if word == "by":
            self.grouped |= labels
        return end + 1

    def _matchers(self, start: int, end: int, text: str) -> list[Matcher]:
        words = [word for _, word in self._tokens[start:end]]
        parts = [words[at : at + 3] for at in range(0, len(words), 4)]
        if any(len(part) != 3 or part[1] not in ("=", "!=", "=~", "!~") for part in parts):
            raise ValueError(f"matchers that cannot be read in {text}")
        return [Matcher(label, operator, value[1:-1]) for label, operator, value in parts]


def _tokens_of(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise ValueError(f"not understood: {text[at:]}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _matching(tokens: list[tuple[str, str]], text: str) -> dict[int, int]:
    """Return for each bracket the place of its partner."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token in (("sign", "("), ("sign", "{")):
            opened.append(place)
        elif token in (("sign", ")"), ("sign", "}")):
            if not opened:
                raise ValueError(f"a bracket too many in {text}")
            partners[place] = opened.pop()
            partners[partners[place]] = place
    if opened:
        raise ValueError(f"a bracket is open in {text}")
    return partners
