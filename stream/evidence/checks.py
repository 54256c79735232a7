"""Holds a bundle against itself: every byte against the manifest, every record against its hash, its chain and its neighbours.

Says what is wrong and where. Nothing said means: the file is as it was made, provided its SHA-256 is the one noted then.
"""

import json
from collections.abc import Iterator
from typing import Any

from connectors.record_chain import link_of, sha256_of
from models.records import Chain
from stream.evidence.form import (
    LISTS,
    OUTPUT_TOPICS,
    Bundle,
    ChainPart,
    ChangedBundleError,
    Entry,
    PartHash,
    Sheets,
    bundle_of,
    entries_of,
    manifest_of,
    put_together,
    sha256,
    take_apart,
)

NUMBERED = {"alerts": ("alert_id", "revision"), "freeze_requests": ("request_id", "sequence"), "traces": ("account", "revision")}
"""Part -> the fields by which its statements are named and counted."""


def check(raw: bytes) -> list[str]:
    """Return what is wrong with a bundle, a sentence each; none if it is whole.

    Errors: NoBundleError if it never was one.
    """
    found: list[str] = []
    try:
        sheets = take_apart(raw)
        found += _check_bytes(raw, sheets)
        bundle = bundle_of(sheets)
        found += [finding for look in _LOOKS for finding in look(bundle)]
    except ChangedBundleError as error:
        return [*found, str(error)]
    except (KeyError, TypeError, ValueError):
        found.append("a record in it does not follow the contract")
    return found


def _check_bytes(raw: bytes, sheets: Sheets) -> Iterator[str]:
    if (whole := put_together(sheets)) != raw:
        byte = next((place for place, pair in enumerate(zip(raw, whole, strict=False)) if pair[0] != pair[1]), len(whole))
        yield f"byte {byte} of the file, between its parts, was changed"
    if sha256(bytes(sheets.manifest)) != sheets.sha256:
        yield "the manifest is not the one that the file's SHA-256 is of"
    manifest = manifest_of(sheets)
    if [line.part for line in manifest] != list(sheets.parts):
        yield "the manifest names other parts than the file holds"
    for line in manifest:
        part = bytes(sheets.parts.get(line.part, b""))
        if sha256(part) != line.sha256:
            yield f"part {line.part} was changed{_where(sheets, line)}"


def _where(sheets: Sheets, line: PartHash) -> str:
    """Return which entries of a changed part differ from the manifest."""
    if line.part not in LISTS:
        return ""
    entries = entries_of(sheets, line.part)
    if len(entries) != len(line.entries):
        return f": it holds {len(entries)} entries, and the manifest names {len(line.entries)}"
    places = [place for place, entry in enumerate(entries) if sha256(entry) != line.entries[place]]
    return "".join(f"; entry {place}, {_name(line.part, entries[place])}" for place in places)


def _name(part: str, raw: bytes) -> str:
    """Return how a person finds an entry again: its statement's id and number, or its place in a topic."""
    try:
        entry = json.loads(raw)
        if part in NUMBERED:
            return named(part, entry["record"])
        return f"{entry['topic']} {entry['partition']}:{entry.get('offset', entry.get('first'))}"
    except (ValueError, KeyError, TypeError):
        return "which cannot be read any more"


def named(part: str, record: Any) -> str:
    """Return the name of a statement: an alert, a freeze request or a trace, and which."""
    identifier, number = NUMBERED[part]
    what = {"alerts": "alert", "freeze_requests": "freeze request", "traces": "trace of account"}[part]
    return f"{what} {record[identifier]} {number} {record[number]}"


def statements(bundle: Bundle, part: str) -> list[tuple[Entry, Any]]:
    """Return the entries of a part with their records as plain values."""
    return [(entry, json.loads(bytes(entry.record))) for entry in getattr(bundle, part)]


def _check_records(bundle: Bundle) -> Iterator[str]:
    """Records in clear must have the hashes that stand beside them; the policy always."""
    for policy in (*bundle.policy.earlier, bundle.policy):
        if sha256(policy.text.encode()) != policy.sha256:
            yield "the policy's text is not the one that its SHA-256 is of"
    if bundle.case.identifiers == "MASKED":
        return
    for part in (*OUTPUT_TOPICS, "inputs"):
        for place, entry in enumerate(getattr(bundle, part)):
            if sha256(bytes(entry.record)) != entry.sha256:
                yield f"{part}: the record of entry {place} is not the one that its SHA-256 is of"
    for part in OUTPUT_TOPICS:
        for entry, record in statements(bundle, part):
            if "chain" in record and record["chain"]["sha256"] != sha256_of(bytes(entry.record)):
                yield f"{named(part, record)}: its content is not what was chained"


def _check_chains(bundle: Bundle) -> Iterator[str]:
    links = {link: chain for part in bundle.chains for link, chain in _links(part)}
    for part, topic in OUTPUT_TOPICS.items():
        for _, record in statements(bundle, part):
            if "chain" not in record:
                yield f"{named(part, record)}: it is in no chain"
            elif link_of(topic, Chain(**record["chain"])) not in links:
                yield f"{named(part, record)}: it is not the record that stands in the chain at its number"
    yield from _check_own(bundle)
    for before, after in zip(bundle.chains, bundle.chains[1:], strict=False):
        if (before.topic, before.partition) == (after.topic, after.partition):
            last = before.first + len(before.sha256s) - 1
            yield (
                f"the chain of {after.topic}, partition {after.partition}, is broken between number {last} and {after.first}: "
                "records are missing there, or the state was made anew"
            )


def _check_own(bundle: Bundle) -> Iterator[str]:
    """Every record that the chain counts as the case's must be there; revisions may be skipped, so their numbers do not tell."""
    places = set[tuple[str, int, int]]()
    for part, topic in OUTPUT_TOPICS.items():
        chains = [record["chain"] for _, record in statements(bundle, part) if "chain" in record]
        places.update((topic, chain["partition"], chain["number"]) for chain in chains)
    for stretch in bundle.chains:
        for number in stretch.own:
            if (stretch.topic, stretch.partition, number) not in places:
                yield f"a record of {stretch.topic}, number {number} of the chain of partition {stretch.partition}, is not there"


def _links(part: ChainPart) -> Iterator[tuple[str, Chain]]:
    """Yield every link of a stretch, worked out from the hashes alone."""
    before = part.before
    for number, digest in enumerate(part.sha256s, part.first):
        chain = Chain(partition=part.partition, number=number, sha256=digest, before=before)
        before = link_of(part.topic, chain)
        yield before, chain


def _check_numbers(bundle: Bundle) -> Iterator[str]:
    """Numbers go up; those of freeze requests and traces by one, while an alert that was held back may skip revisions."""
    for part, (identifier, number) in NUMBERED.items():
        expected: dict[str, int] = {}
        for _, record in statements(bundle, part):
            name = record[identifier]
            wanted = expected.get(name, 1)
            if record[number] != wanted and (part != "alerts" or record[number] < wanted):
                yield f"{named(part, record)} stands where {number} {wanted} should"
            expected[name] = record[number] + 1
    alerts = {record["alert_id"] for _, record in statements(bundle, "alerts")}
    for _, record in statements(bundle, "freeze_requests"):
        for alert_id in record["alert_ids"]:
            if alert_id not in alerts:
                yield f"{named('freeze_requests', record)} rests on alert {alert_id}, which is not there"


def _check_inputs(bundle: Bundle) -> Iterator[str]:
    """Every event that the case rests on is there, or is told to be missing."""
    if not bundle.case.has_inputs:
        return
    known = {record.get("event_id") for _, record in statements(bundle, "inputs")} | set(bundle.case.missing_events)
    wanted = dict[str, None]()
    for _, record in statements(bundle, "alerts"):
        wanted.update(dict.fromkeys((record["trigger_event_id"], *record["evidence"])))
    for _, record in statements(bundle, "freeze_requests"):
        wanted.update(dict.fromkeys(row["event_id"] for row in record["transactions"]))
    for event_id in wanted:
        if event_id not in known:
            yield f"event {event_id}, on which the case rests, is not there"


_LOOKS = (_check_records, _check_chains, _check_numbers, _check_inputs)
