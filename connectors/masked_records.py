"""A record as people may read it without having opened it: identifiers masked, amounts, times and references kept.

Fails closed, as masking does: what may be shown is listed. A text is shown if it is one of the values that the contract closes its
set of, a time, or stands under the name of a reference (of an event, an alert, a case, a machine); our own words are shown in our
own records. Everything else is taken for an identifier.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from connectors.masking import CLOSED_VALUES, FIELD_NAMES, MASK, mask

_REFERENCES: Final = frozenset(
    {
        *("event_id", "original_event_id", "trigger_event_id", "evidence", "events", "sources"),
        *("alert_id", "alert_ids", "request_id", "case_id", "case_ref", "case_refs", "report_id", "reports"),
        *("disposition_id", "control_id", "order_no", "typology", "currency", "purpose", "topic"),
        *("bank", "counterparty_bank", "authority", "terminal"),
    }
)
"""Names of what points at a record, a case, an institution or a machine, never at a person."""
_OUR_WORDS: Final = frozenset({"code", "zh", "en", "lookalike", "name", "version", "policy_version", "method", "sha256", "before"})
_HIDDEN_NUMBERS: Final = frozenset({"lat", "lon", "holder_age"})
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PLACE: Final = re.compile(r"^#\d+ ")


class Names:
    """Masked names by which people can tell accounts apart: numbered in the order of their first appearance.

    >>> names = Names()
    >>> names("6222020200112233445"), names("a-771"), names("6222020200112233445")
    ('#1 ***3445', '#2 ***', '#1 ***3445')
    """

    def __init__(self) -> None:
        """Start with nobody named."""
        self._numbers: dict[str, int] = {}

    def __call__(self, identifier: str) -> str:
        """Return the masked name of an identifier, the same each time."""
        return f"#{self._numbers.setdefault(identifier, len(self._numbers) + 1)} {mask(identifier)}"


def masked_record(raw: bytes, name: Callable[[str], str], *, is_ours: bool) -> bytes:
    """Return a record of the contract as compact JSON with every identifier replaced by its masked name.

    is_ours: whether we wrote it, so that its reasons are our words.
    Errors: ValueError for bytes that are no JSON.

    >>> masked_record(b'{"event_id":"e1","payer":{"account":"a-771","zh":"x"},"amount_minor":5}', Names(), is_ours=False)
    b'{"event_id":"e1","payer":{"account":"#1 ***","***":"#2 ***"},"amount_minor":5}'
    """
    shown = _REFERENCES | _OUR_WORDS if is_ours else _REFERENCES
    known = FIELD_NAMES if is_ours else FIELD_NAMES - _OUR_WORDS

    def rendered(field: str, value: Any) -> Any:
        if isinstance(value, dict):
            is_machine = field == "terminal" or value.get("kind") == "TERMINAL"
            return {
                key if key in known else MASK: part
                if is_machine and key == "id" and isinstance(part, str)
                else rendered(key if key in known else "", part)
                for key, part in value.items()
            }
        if isinstance(value, list):
            return [rendered(field, part) for part in value]
        if isinstance(value, str):
            is_shown = field in shown or value in CLOSED_VALUES.get(field, ()) or (field in known and _TIME.fullmatch(value))
            return value if is_shown else name(value)
        if isinstance(value, bool) or value is None:
            return value if field in known else MASK
        return value if field in known and field not in _HIDDEN_NUMBERS else MASK

    return json.dumps(rendered("", json.loads(raw)), ensure_ascii=False, separators=(",", ":")).encode()


def without_place(name: str) -> str:
    """Return a masked name without its number.

    >>> without_place("#2 ***3445")
    '***3445'
    """
    return _PLACE.sub("", name)
