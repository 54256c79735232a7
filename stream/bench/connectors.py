"""How fast each connector reads, on one core, beside a peer library for the same format in the same run."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from connectors.connector import Connector, WritingConnector, find_connectors
from connectors.tokens import Tokens
from stream.bench.connector_peers import peer_of
from stream.bench.figures import Section
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
    peer = peer_of(connector)
    if peer is None or not isinstance(connector, WritingConnector):
        return
    both = [(_rate(connector.read, samples, count), _rate(peer.read, samples, count)) for _ in runs]
    ours = section.add(f"{name}_read_per_s", f"{name}, to fields", "messages/s", [rate for rate, _ in both])
    theirs = section.add(f"{name}_peer_per_s", f"{peer.name}, the same layout, to fields", "messages/s", [rate for _, rate in both])
    section.add_ratio(f"{name}_to_peer", f"{name} against {peer.name}", ours, theirs)
    equal = sum(connector.read(raw).values == peer.fields(peer.read(raw)) for raw in samples)
    section.check(f"{name} and {peer.name} read the same", f"{equal} of {len(samples)} samples", is_ok=equal == len(samples))


def _rate(read: Callable[[bytes], Any], samples: Sequence[bytes], count: int) -> float:
    """Return messages per second of processor time."""
    rounds = max(1, count // len(samples))
    started_s = time.process_time()
    for _ in range(rounds):
        for raw in samples:
            read(raw)
    return rounds * len(samples) / (time.process_time() - started_s)
