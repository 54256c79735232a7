"""What the messages of one switch look like, as data: a TOML file that ships with the package or that a bank writes.

`connectors/layouts/` holds three to start from. A bank's own file names one of them in `extends` and states what
differs; what it states replaces, key by key:

    extends = "iso87_binary"
    [framing]
    includes_itself = true
    [fields]
    48 = "b...999"
    [kinds]
    "50" = { kind = "PURCHASE", channel = "POS" }
    [bank]
    card_prefixes = ["622202"]

Every table and key is a field of `LayoutFile` below; the comments of `iso87_ascii.toml` say what the tables mean.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from models.contract_types import Channel, Kind

Use = Literal["request", "response", "advice", "reversal", "network", "ignored"]
"""What a message type says of a transaction."""

FIXED_FORMS: Final = {
    1987: {3: "n6", 4: "n12", 7: "n10", 11: "n6", 12: "n6", 13: "n4", 39: "an2"},
    1993: {3: "n6", 4: "n12", 7: "n10", 11: "n6", 12: "n12", 39: "n3"},
}
"""Edition -> fields that the mapping and the answers count on, as the standard has them."""


class LayoutError(ValueError):
    """A layout that cannot be used: its name and every problem found, one sentence each."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"layout {name}: {problem}" for problem in problems))
        self.problems = problems


class Field(NamedTuple):
    """How one data element stands on the wire.

    kind: `n`, `x` (an amount with a sign), `z`, `b`, or `t` for every sort of text. length: digits, characters or bytes;
    the most where the field is variable. prefix: digits of the length before it, 0 for a fixed field.
    """

    number: int
    kind: Literal["n", "x", "z", "b", "t"]
    length: int
    prefix: int

    @property
    def name(self) -> str:
        """Return what errors call it."""
        return f"DE {self.number}"


_FORM: Final = re.compile(r"(x\+n|n|z|b|a|an|as|ns|ans|anp)(\.{2,3})?([1-9][0-9]{0,2})")


def field_of(number: int, form: str) -> Field | None:
    """Return the field that the standard's notation describes, None if it is none.

    >>> field_of(2, "n..19")
    Field(number=2, kind='n', length=19, prefix=2)
    >>> field_of(28, "x+n8"), field_of(43, "ans40")[1:], field_of(4, "12")
    (Field(number=28, kind='x', length=8, prefix=0), ('t', 40, 0), None)
    """
    found = _FORM.fullmatch(form)
    if found is None:
        return None
    sort, dots, length = found[1], len(found[2] or ""), int(found[3])
    is_signed = sort == "x+n"
    if (dots and (length >= 10**dots or is_signed)) or (is_signed and length % 2):
        return None
    kind: Any = "x" if is_signed else sort if sort in "nzb" else "t"
    return Field(number, kind, length, dots)


class Framing(Struct, frozen=True, forbid_unknown_fields=True):
    """How messages are told apart in a stream: a length of 2 or 4 bytes, then so many. header_bytes: before the type."""

    bytes: Literal[2, 4] = 2
    length: Literal["binary", "ascii", "bcd"] = "binary"
    includes_itself: bool = False
    header_bytes: Annotated[int, Meta(ge=0, le=64)] = 0


class Encoding(Struct, frozen=True, forbid_unknown_fields=True):
    """How values are written. odd: on which side an odd number of packed digits is filled up; right fills with F."""

    mti: Literal["ascii", "bcd"] = "ascii"
    bitmap: Literal["hex", "binary"] = "binary"
    digits: Literal["ascii", "bcd"] = "ascii"
    lengths: Literal["ascii", "bcd", "binary"] = "ascii"
    binary: Literal["hex", "binary"] = "binary"
    text: Literal["ascii", "latin-1", "gb18030", "utf-8"] = "ascii"
    odd: Literal["left", "right"] = "left"


class KindOfCode(Struct, frozen=True, forbid_unknown_fields=True):
    """What a processing code means."""

    kind: Kind
    channel: Channel


class Channels(Struct, frozen=True, forbid_unknown_fields=True):
    """Merchant type (four digits) and entry mode -> channel; the first that is known wins."""

    merchant_type: dict[str, Channel] = {}
    entry_mode: dict[str, Channel] = {}


class Answers(Struct, frozen=True, forbid_unknown_fields=True):
    """approved: what the response codes of an approval start with. mac_expected: whether each approval has DE 64 or 128."""

    approved: Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1)]
    mac_expected: bool = False


Offset = Annotated[str, Meta(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")]


class Times(Struct, frozen=True, forbid_unknown_fields=True):
    """Offsets from UTC: of local times, and of the transmission time."""

    local: Offset = "+00:00"
    transmission: Offset = "+00:00"


class Amounts(Struct, frozen=True, forbid_unknown_fields=True):
    """decimals: of every amount; left out: as many as its currency has. currency: of a message that names none."""

    decimals: Annotated[int, Meta(ge=0, le=4)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None


class Bank(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose switch it is. card_prefixes: of cards held here. acquirers: whose terminals are ours and go by their own name."""

    card_prefixes: list[Annotated[str, Meta(pattern=r"^\d{1,19}$")]] = []
    acquirers: list[Annotated[str, Meta(pattern=r"^\d{1,11}$")]] = []


class LayoutFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A layout as it is written. regions: city, as the card acceptor's place names it -> administrative code."""

    about: str = ""
    edition: Literal[1987, 1993]
    framing: Framing
    encoding: Encoding
    fields: dict[str, str]
    messages: dict[Annotated[str, Meta(pattern=r"^\d{4}$")], Use]
    kinds: dict[Annotated[str, Meta(pattern=r"^\d\d$")], KindOfCode]
    unused_codes: dict[Annotated[str, Meta(pattern=r"^\d\d$")], str] = {}
    channels: Channels = Channels()
    answers: Answers
    times: Times = Times()
    amounts: Amounts = Amounts()
    bank: Bank = Bank()
    regions: dict[str, Annotated[str, Meta(min_length=1, max_length=128)]] = {}


class Layout(NamedTuple):
    """A checked layout. fields: number -> field."""

    name: str
    file: LayoutFile
    fields: Mapping[int, Field]


def builtin_layouts() -> list[str]:
    """Return the names of the layouts that come with the package.

    >>> builtin_layouts()
    ['iso87_ascii', 'iso87_binary', 'iso93']
    """
    folder = resources.files("connectors") / "layouts"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_layout(name_or_path: str) -> Layout:
    """Return the layout of a .toml file, or the one of the package with that bare name.

    Errors: LayoutError with every problem of the file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        return parse_layout(name_or_path, _builtin(name_or_path))
    try:
        return parse_layout(path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise LayoutError(path.name, [f"cannot be read: {error}"]) from error


def parse_layout(name: str, text: str) -> Layout:
    """Return the layout that a TOML text describes. Errors: LayoutError."""
    try:
        raw = tomllib.loads(text)
        if "extends" in raw:
            base = str(raw.pop("extends"))
            raw = _merged(tomllib.loads(_builtin(base)), raw)
            if base_of_base := raw.pop("extends", None):
                raw = _merged(tomllib.loads(_builtin(base_of_base)), raw)
        file = msgspec.convert(raw, LayoutFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LayoutError(name, [str(error)]) from error
    problems: list[str] = []
    fields = {field.number: field for field in _fields(file.fields, problems)}
    problems += [
        f"fields.{number}: must be {form}, which the mapping counts on"
        for number, form in FIXED_FORMS[file.edition].items()
        if fields.get(number) != field_of(number, form)
    ]
    problems += [
        f"messages.{mti}: network management is a request or an advice, whose third digit is even"
        for mti, use in file.messages.items()
        if use == "network" and mti[2] not in "02468"
    ]
    problems += [f"the code {code} has a kind and is unused as well" for code in file.kinds if code in file.unused_codes]
    if problems:
        raise LayoutError(name, problems)
    return Layout(name.removesuffix(".toml"), file, fields)


def _builtin(name: str) -> str:
    if name not in builtin_layouts():
        raise LayoutError(name, [f"neither a .toml file nor one of {', '.join(builtin_layouts())}"])
    return (resources.files("connectors") / "layouts" / f"{name}.toml").read_text(encoding="utf-8")


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, the bank's own winning; tables are merged key by key, but a rule that is one value stays one."""
    merged = dict(base)
    for key, value in own.items():
        standing = merged.get(key)
        both = isinstance(standing, dict) and isinstance(value, dict) and "kind" not in value
        merged[key] = _merged(standing, value) if both and standing is not None else value
    return merged


def _fields(forms: Mapping[str, str], problems: list[str]) -> list[Field]:
    found = []
    for key, form in forms.items():
        number = int(key) if key.isdecimal() else 0
        field = field_of(number, form)
        if not 2 <= number <= 128 or number == 65:
            problems.append(f"fields.{key}: a data element is a number from 2 to 128, 65 left out")
        elif field is None:
            problems.append(f"fields.{key}: not in the standard's notation, such as n6, n..19, ans...999, x+n8, b8")
        else:
            found.append(field)
    return found


def offset_of(text: str) -> timedelta:
    """Return an offset from UTC.

    >>> offset_of("-03:30")
    datetime.timedelta(days=-1, seconds=73800)
    """
    size = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return -size if text[0] == "-" else size
