"""Where a partition begins to judge by another policy: kept in its state, and said on `policy-changes` with the slice that begins.

In state: `V:` -> digest and number of the policy that the state was made by. It is saved in one batch with the position, so after a
crash the partition knows by which policy what it saved was judged, and says anew where the next one begins.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from models.policy_records import PolicyChange, SourceEnd
from models.units import instant
from stream.bundle import KEYED, SOURCES, decode_bundle
from stream.keyed_processor import KeyedProcessor
from stream.policy.document import Policy
from stream.store import payload_of, value_of

KEY: Final = b"V:"
_encode = msgspec.msgpack.Encoder().encode


def next_change(processor: KeyedProcessor, policy: Policy, records: Iterable[Any]) -> PolicyChange | None:
    """Return where a partition begins to judge by a policy, before it works on records of `keyed`; None if it does so already."""
    stored = processor.values.get(KEY)
    if stored is not None and payload_of(stored) == _encode((policy.digest, policy.number)):
        return None
    first = next((record for record in records if record.offset > processor.position), None)
    if first is None:
        return None
    bundle = decode_bundle(first.value)
    times_ms = [event.log_ms for event in bundle.events] + [item.log_ms for item in bundle.statements]
    return PolicyChange(
        partition=processor.partition,
        position=processor.position,
        log_time=instant(min(times_ms, default=bundle.passed_ms or 0) * 1_000),  # a tick tells the time alone
        read=tuple(_read(processor.watermarks)),
        number=policy.number or None,
        version=policy.version,
        digest=policy.digest,
        text=policy.text,
    )


def keep(processor: KeyedProcessor, policy: Policy) -> None:
    """Note in the state that it is made by this policy from the slice at hand on."""
    value = value_of(processor.position, _encode((policy.digest, policy.number)))
    processor.put(KEY, value, processor.position)


def _read(watermarks: dict[str, int]) -> Iterable[SourceEnd]:
    """Yield how far each source has been read; what other partitions said is no source."""
    for source, offset in sorted(watermarks.items()):
        number, _, partition = source.partition(":")
        if int(number) != KEYED:
            yield SourceEnd(topic=SOURCES[int(number)], partition=int(partition), offset=offset)
