"""What the cells of a column look like, counted over a sample; no cell leaves this module but the codes of a code column."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any, Final

import msgspec

from connectors.currencies import currency_of
from connectors.table_files import Column, Timestamps
from connectors.time_format import reader_of

CODES_MAX: Final = 24
CODE_LENGTH_MAX: Final = 24
_CODE_DIGITS_MAX: Final = 5  # longer runs of digits may be numbers of somebody; masking.py fails closed the same way
_REPEATS_MIN: Final = 2.0  # a code comes at least so often on average
FORMATS: Final = (
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)
DATE_FORMATS: Final = ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%d.%m.%Y")
_NUMBER: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_RANGES: Final = (("unix_s", 10**9, 2 * 10**9), ("unix_ms", 10**12, 2 * 10**12), ("unix_us", 10**15, 2 * 10**15))


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What is common to all cells that are there.

    time: reading and format (""), where all are times; date: the format, where all are days. has_zone: the times tell their offset.
    codes: code -> how often, where there are few; is_code: short ones that come again and again. digits: the fewest digits, where
    all cells consist of them.
    """

    count: int
    absent: int
    distinct: int
    is_number: bool = False
    is_whole: bool = False
    has_negative: bool = False
    has_grouping: bool = False
    decimals: int = 0
    time: tuple[str, str] | None = None
    has_zone: bool = False
    date: str | None = None
    is_currency: bool = False
    digits: int = 0
    is_time_of_day: bool = False
    is_flag: bool = False
    is_code: bool = False
    codes: dict[str, int] = {}
    is_padded: bool = False

    @property
    def is_unique(self) -> bool:
        """Say whether no two cells are the same."""
        return self.distinct == self.count > 1


def shape_of(column: Column) -> Shape:
    """Return the shape of a column's cells."""
    if isinstance(column, Timestamps):
        known = [str(at) for at in column.at.tolist() if at is not None]
        absent, distinct = len(column.at) - len(known), len(set(known))
        return Shape(count=len(known), absent=absent, distinct=distinct, time=("timestamp", ""), has_zone=column.is_utc)
    cells = [cell for cell in column if cell is not None]
    texts = [text.strip() for cell in cells if (text := _text(cell)).strip()]
    shape = Shape(count=len(texts), absent=len(column) - len(texts), distinct=len(set(texts)))
    if not texts:
        return shape
    told: dict[str, Any] = {**_numbers(texts), **_times(texts), **_codes(texts)}
    is_padded = any(isinstance(cell, str) and cell != cell.strip() for cell in cells)
    return msgspec.structs.replace(shape, is_padded=is_padded, **told)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return f"{cell:.1f}"
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _numbers(texts: list[str]) -> dict[str, Any]:
    if not all(map(_NUMBER.fullmatch, texts)):
        return {}
    decimals = max(len(text.rpartition(".")[2]) if "." in text else 0 for text in texts)
    return {
        "is_number": True,
        "is_whole": not any("." in text for text in texts),
        "has_negative": any(text.startswith("-") for text in texts),
        "has_grouping": any("," in text for text in texts),
        "decimals": decimals,
        "digits": min(map(len, texts)) if all(text.isdecimal() for text in texts) else 0,
        "is_time_of_day": max(map(len, texts)) >= 5 and all(_is_time_of_day(text) for text in texts),
    }


def _is_time_of_day(text: str) -> bool:
    """Say whether a text can be hour, minute and second, its zeros in front perhaps left out."""
    return text.isdecimal() and len(text) <= 6 and int(text) < 240_000 and int(text[-2:]) < 60


def _times(texts: list[str]) -> dict[str, Any]:
    date_format = next((form for form in DATE_FORMATS if _all(form, texts)), None)
    if date_format is not None:
        return {"date": date_format}
    if all(text.isdecimal() for text in texts):
        numbers = list(map(int, texts))
        reading = next((reading for reading, low, high in _RANGES if all(low <= number < high for number in numbers)), None)
        if reading is not None:
            return {"time": (reading, ""), "has_zone": True}
    parsed = [_iso(text) for text in texts]
    if not any(text.isdecimal() for text in texts) and None not in parsed:
        return {"time": ("timestamp", ""), "has_zone": all(at.tzinfo is not None for at in parsed if at is not None)}
    form = next((form for form in FORMATS if _all(form, texts)), None)
    return {} if form is None else {"time": ("timestamp", form)}


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _all(form: str, texts: list[str]) -> bool:
    read = reader_of(form)
    try:
        return all(1990 <= read(text).year <= 2100 for text in texts)
    except ValueError:
        return False


def _codes(texts: list[str]) -> dict[str, Any]:
    counted = Counter(texts)
    found: dict[str, Any] = {
        "is_currency": all(currency_of(code) is not None for code in counted),
        "is_flag": set(counted) <= {"0", "1", "true", "false"},
    }
    if len(counted) <= CODES_MAX and all(len(code) <= CODE_LENGTH_MAX and not _may_name_somebody(code) for code in counted):
        found |= {"codes": dict(sorted(counted.items())), "is_code": len(texts) / len(counted) >= _REPEATS_MIN}
    return found


def _may_name_somebody(code: str) -> bool:
    return re.search(rf"\d{{{_CODE_DIGITS_MAX + 1}}}", code) is not None or not code.isprintable()
