"""Labels of a file as the stream would hear them: dispositions that arrive a fixed time after their events.

Only what is labelled fraud is said; that nothing is said of the rest is what the system has to live with.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from connectors.contract_json import encode
from connectors.labels import Labels
from connectors.replay_files import InputRecord
from models.records import Disposition
from models.units import instant

SOURCE = "label-file"
"""Who decided, in these dispositions."""


class _Named(msgspec.Struct):
    event_id: str


_decode = msgspec.json.Decoder(_Named).decode


def with_dispositions(records: Iterable[InputRecord], labels: Labels, delay_ms: int) -> Iterator[InputRecord]:
    """Yield the records, and `delay_ms` after the arrival of each transaction that is labelled fraud a disposition on it.

    A record without a readable event id has no label; it is the replay's to refuse.
    """
    waiting: deque[tuple[int, str]] = deque()
    said = 0
    for record in records:
        while waiting and waiting[0][0] <= record.arrival_ms:
            due_ms, event_id = waiting.popleft()
            yield InputRecord("dispositions", _disposition(event_id, due_ms, labels), due_ms, said)
            said += 1
        yield record
        if record.topic != "transactions":
            continue
        try:
            event_id = _decode(record.raw).event_id
        except msgspec.MsgspecError:
            continue
        if labels.label_of.get(event_id) == 1:
            waiting.append((record.arrival_ms + delay_ms, event_id))


def _disposition(event_id: str, due_ms: int, labels: Labels) -> bytes:
    return encode(
        Disposition(
            disposition_id=f"label:{event_id}"[:128],
            decided_at=instant(due_ms * 1_000),
            event_id=event_id,
            verdict="FRAUD",
            typology=labels.typology_of.get(event_id),
            decided_by=SOURCE,
        )
    )
