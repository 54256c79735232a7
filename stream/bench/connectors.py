"""How fast each connector reads, on one core, beside a peer library for the same format in the same run."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from connectors.cdc import Changes
from connectors.connector import Connector, WritingConnector, find_connectors
from connectors.contract_json import encode
from connectors.kafka_group import BATCH_RECORDS
from connectors.tokens import Tokens
from stream.bench.connector_peers import peer_of
from stream.bench.figures import Section
from stream.bench.record_peers import record_peer_of
from stream.bench.session import Session

_TOKENS = Tokens(b"a key of the bench, for nothing else")


def connectors(session: Session) -> Section:
    """Time every connector over its own samples: bytes to records, and bytes to fields beside the peer."""
    section = Section(name="connectors", title="Connectors, one core")
    sizes = []
    for connector in find_connectors(_TOKENS):
        session.say(f"connectors: {connector.name}")
        samples = connector.samples()
        sizes.append(f"{connector.name}: {len(samples)} samples of {sum(map(len, samples)) // len(samples)} bytes on average")
        _measure(session, section, connector, samples)
    section.facts = {"messages": session.sizes.connector_messages, "samples": sizes}
    return section


def _measure(session: Session, section: Section, connector: Connector, samples: Sequence[bytes]) -> None:
    name, count, runs = connector.name, session.sizes.connector_messages, range(session.options.runs)
    section.add(f"{name}_per_s", f"{name}, to records", "messages/s", [_rate(connector.decode, samples, count) for _ in runs])
    _measure_records(section, connector, samples, count, runs)
    peer = peer_of(connector)
    if peer is None or not isinstance(connector, WritingConnector):
        return
    both = [(_rate(connector.read, samples, count), _rate(peer.read, samples, count)) for _ in runs]
    ours = section.add(f"{name}_read_per_s", f"{name}, to fields", "messages/s", [rate for rate, _ in both])
    theirs = section.add(f"{name}_peer_per_s", f"{peer.name}, the same layout, to fields", "messages/s", [rate for _, rate in both])
    section.add_ratio(f"{name}_to_peer", f"{name} against {peer.name}", ours, theirs)
    equal = sum(connector.read(raw).values == peer.fields(peer.read(raw)) for raw in samples)
    section.check(f"{name} and {peer.name} read the same", f"{equal} of {len(samples)} samples", is_ok=equal == len(samples))


def _measure_records(section: Section, connector: Connector, samples: Sequence[bytes], count: int, runs: range) -> None:
    """Time what maps columns by its records, of which a table holds many, beside the same written by hand."""
    peer = record_peer_of(connector, _TOKENS)
    if peer is None:
        return
    name, (title, read) = connector.name, peer
    each = sum(len(connector.decode(raw)) for raw in samples) / len(samples)
    messages = max(len(samples), round(count / each))
    pairs = [(each * _rate_of_many(connector, samples, messages), each * _rate(read, samples, messages)) for _ in runs]
    ours = section.add(f"{name}_records_per_s", f"{name}, records", "records/s", [rate for rate, _ in pairs])
    theirs = section.add(f"{name}_peer_per_s", f"{title}, without a check of any record", "records/s", [rate for _, rate in pairs])
    section.add_ratio(f"{name}_to_peer", f"{name} against {title}", ours, theirs)
    equal = sum([json.loads(encode(record)) for record in connector.decode(raw)] == read(raw) for raw in samples)
    section.check(
        f"{name} and what is written by hand say the same", f"{equal} of {len(samples)} samples", is_ok=equal == len(samples)
    )


def _rate_of_many(connector: Connector, samples: Sequence[bytes], count: int) -> float:
    """Return messages per second of processor time, read as many at a time as the ingest reads them."""
    if not isinstance(connector, Changes):
        return _rate(connector.decode, samples, count)
    many = list(samples) * max(1, min(BATCH_RECORDS, count) // len(samples))
    rounds = max(1, count // len(many))
    started_s = time.process_time()
    for _ in range(rounds):
        connector.decode_many(many)
    return rounds * len(many) / (time.process_time() - started_s)


def _rate(read: Callable[[bytes], Any], samples: Sequence[bytes], count: int) -> float:
    """Return messages per second of processor time."""
    rounds = max(1, count // len(samples))
    started_s = time.process_time()
    for _ in range(rounds):
        for raw in samples:
            read(raw)
    return rounds * len(samples) / (time.process_time() - started_s)
