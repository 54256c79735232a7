"""Compares statements of a bundle with those that a log gives, field by field; what is masked is compared masked, and by hash."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from connectors.masked_records import masked_record, without_place
from connectors.masking import MASK, mask
from connectors.record_chain import sha256_of
from stream.evidence.checks import NUMBERED, named, statements
from stream.evidence.form import Bundle, sha256

Record = dict[str, Any]

_PLACES = ("source", "revision", "sequence", "raised_at", "requested_at", "valid_until", "score", "chain", "as_of", "remedies")
"""What several partitions may tell otherwise: where, when, how often; and what a segment of one partition's population adds."""
_OLDER = ("event_time", "trigger_event_id", "amount_at_risk_minor", "evidence", "counter_evidence")
"""What may be older in one order of arrival than in another, of what is not repeated for a little more."""
_OF_THE_MOMENT = ("reasons", "case_id", "case_ref", "trace")
"""What a freeze request says as of the moment it was made."""
_TAKEN_BACK = ("WITHDRAWN", "DISPOSED_LEGITIMATE")
_SEGMENT_CODE = "UNUSUAL_FOR_SELF"


class Said(NamedTuple):
    """One statement: its name, its content as far as it is compared, and the hashes of its content and of all of it."""

    name: str
    record: Record
    content: str
    whole: str


def told_in(bundle: Bundle, part: str) -> dict[tuple[str, int], Said]:
    """Return the statements of a bundle by id and number."""
    is_masked = bundle.case.identifiers == "MASKED"
    said = {}
    for entry, record in statements(bundle, part):
        content = record.get("chain", {}).get("sha256", "") if is_masked else sha256_of(bytes(entry.record))
        whole = entry.sha256 if is_masked else sha256(bytes(entry.record))
        said[_key(part, record, content)] = Said(named(part, record), plain(record), content, whole)
    return said


def derived_from(bundle: Bundle, part: str, lines: Iterable[bytes]) -> dict[tuple[str, int], Said]:
    """Return what was derived, shown as the bundle shows it."""
    said = {}
    for raw in lines:
        shown = masked_record(raw, mask, is_ours=True) if bundle.case.identifiers == "MASKED" else raw
        record = json.loads(shown)
        content = sha256_of(raw)
        said[_key(part, record, content)] = Said(named(part, record), plain(record), content, sha256(raw))
    return said


def _key(part: str, record: Record, content: str) -> tuple[str, int]:
    """Return the id and number of a statement. A masked account is no id, so a trace goes by its content."""
    identifier, number = NUMBERED[part]
    if part == "traces" and without_place(str(record[identifier])).startswith(MASK):
        return content, 0
    return record[identifier], record[number]


def plain(value: Any) -> Any:
    """Return a record without the numbers that masked names have in a bundle."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return without_place(value) if isinstance(value, str) else value


def last_of(said: Mapping[tuple[str, int], Said], in_full_max: int) -> dict[tuple[str, int], Said]:
    """Return the last statement of each id, without what several partitions may tell otherwise.

    in_full_max: revisions of an alert that are told in full, by the policy.
    """
    last: dict[str, tuple[int, Said]] = {}
    for (identifier, number), statement in said.items():
        if identifier not in last or number >= last[identifier][0]:
            last[identifier] = number, statement
    return {
        (identifier, 0): statement._replace(record=_without_places(statement.record, in_full_max))
        for identifier, (_, statement) in last.items()
    }


def _without_places(record: Record, in_full_max: int) -> Record:
    told = {name: value for name, value in record.items() if name not in _PLACES}
    if "alert_ids" in told:
        return {name: value for name, value in told.items() if name not in _OF_THE_MOMENT}
    if "tier" not in told:
        return told
    is_taken_back = record["reasons"][0]["code"] in _TAKEN_BACK
    if is_taken_back:
        del told["case_id"]  # it keeps the network it was in then
    if (record["tier"] == 1 and not is_taken_back) or record["revision"] > in_full_max:
        told = {name: value for name, value in told.items() if name not in _OLDER}
    reasons = [reason for reason in record["reasons"] if reason["code"] != _SEGMENT_CODE]
    return {**told, "reasons": [reason["code"] for reason in reasons] if record["tier"] == 1 else reasons}


def compared(ours: Mapping[tuple[str, int], Said], theirs: Mapping[tuple[str, int], Said], *, is_exact: bool) -> Iterator[str]:
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        told, derived = ours.get(key), theirs.get(key)
        if derived is None and told is not None:
            yield f"{told.name}: the log does not give it"
        elif told is None and derived is not None:
            yield f"{derived.name}: the log gives it, and the bundle does not hold it"
        elif told is not None and derived is not None:
            yield from _between(told, derived, is_exact=is_exact)


def _between(told: Said, derived: Said, *, is_exact: bool) -> Iterator[str]:
    if is_exact and told.whole == derived.whole:
        return
    left = {name: value for name, value in told.record.items() if name != "chain"}
    right = {name: value for name, value in derived.record.items() if name != "chain"}
    fields = list(fields_between("", left, right))
    for field, ours, theirs in fields:
        yield f"{told.name}: {field} is {ours} in the bundle, {theirs} by the log"
    if is_exact and not fields:
        if told.content == derived.content:
            yield f"{told.name}: the same by the log, but at another place of its chain: what came before it differs"
        else:
            yield f"{told.name}: an identifier in it, masked here, is another by the log"


def fields_between(path: str, ours: Any, theirs: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (field, value here, value there) for every field that differs.

    >>> list(fields_between("", {"a": [1, 2], "b": "x"}, {"a": [1, 3], "b": "x"}))
    [('a[1]', '2', '3')]
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            yield from fields_between(f"{path}.{name}".lstrip("."), ours.get(name), theirs.get(name))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (left, right) in enumerate(zip(ours, theirs, strict=True)):
            yield from fields_between(f"{path}[{number}]", left, right)
    elif ours != theirs:
        yield path, _word(ours), _word(theirs)


def _word(value: Any) -> str:
    return "left out" if value is None else json.dumps(value, ensure_ascii=False)
