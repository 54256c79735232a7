"""The alerts of one partition that wait for room, as `models/budget.py` rules, and their stored form.

Each waiting alert is stored under its own key and the queue under one, so that a change writes little; both go into the batch of
state and position that the change belongs to.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from models.budget import Queue, admit, advance, is_budgeted, is_same_minute, leave, limits_of, next_out
from models.policy import Budget
from models.records import Alert
from stream.store import payload_of

QUEUE_KEY: Final = b"Q:"
NEVER_MS: Final = 1 << 62
"""Later than any log time."""
_MINUTE_MS: Final = 60_000


class Raised(NamedTuple):
    """An alert, with the times its latency is measured from."""

    alert: Alert
    log_ms: int


_encode = msgspec.msgpack.Encoder().encode
_decode_queue = msgspec.msgpack.Decoder(Queue).decode
_decode_raised = msgspec.msgpack.Decoder(Raised).decode


class AlertQueue:
    """What waits in one partition, beside the values stored of it."""

    def __init__(self, budget: Budget, partitions: int, values: dict[bytes, bytes]) -> None:
        """values: stored values of the partition, as they are now; read again when an alert leaves the queue.

        next_ms: the log time at which something that waits has room, `NEVER_MS` if nothing waits.
        """
        self._limits, self._waiting_max, self._values = limits_of(budget, partitions), budget.waiting_max, values
        stored = values.get(QUEUE_KEY)
        self._queue = Queue() if stored is None else _decode_queue(payload_of(stored))
        self._changes: dict[bytes, bytes | None] = {}
        self._set_next()

    def adopt(self, budget: Budget, partitions: int) -> None:
        """Let alerts out by another policy from now on."""
        self._limits, self._waiting_max = limits_of(budget, partitions), budget.waiting_max

    @property
    def waiting_count(self) -> int:
        """Return how many alerts wait."""
        return len(self._queue.waiting)

    def put(self, raised: Raised, log_ms: int, out: list[Raised]) -> bool:
        """Add an alert to those that go out, and what has room with it; return whether the alert has to wait."""
        alert, queue = raised.alert, self._queue
        if not is_budgeted(alert):
            if self._queue.waiting and leave(queue, alert.alert_id) is not None:
                self._note(_key(alert.alert_id), None)
            out.append(raised)
            return False
        out += self.next_out(log_ms)
        advance(queue, log_ms)
        if admit(queue, alert, self._limits):
            out.append(raised)
            self._note()
            return False
        self._note(_key(alert.alert_id), _encode(raised))
        out += self._with_room()
        return True

    def next_out(self, log_ms: int) -> list[Raised]:
        """Take out of the queue what has room at this time: nothing before the next minute, which begins at `next_ms`."""
        if is_same_minute(self._queue, log_ms):
            return []
        advance(self._queue, log_ms)
        self._note()
        return self._with_room()

    def _with_room(self) -> list[Raised]:
        out = []
        while (waiting := next_out(self._queue, self._limits, self._waiting_max)) is not None:
            out.append(self._take_out(waiting.alert_id, waiting.since_ms))
        return out

    def all_out(self, log_ms: int) -> list[Raised]:
        """Take everything out of the queue."""
        advance(self._queue, log_ms)
        out = [self._take_out(waiting.alert_id, waiting.since_ms) for waiting in self._queue.waiting]
        self._queue.waiting = []
        if out:
            self._note()
        return out

    def take_changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the changed keys with their new payloads, None for a deleted one; and start collecting anew."""
        changes, self._changes = self._changes, {}
        if changes:
            changes[QUEUE_KEY] = _encode(self._queue)
        yield from changes.items()

    def _take_out(self, alert_id: str, since_ms: int) -> Raised:
        key = _key(alert_id)
        payload = self._changes.get(key) or payload_of(self._values[key])
        raised = _decode_raised(payload)
        self._note(key, None)
        held_back_s = max(0, self._queue.now_ms - since_ms) // 1_000
        return Raised(msgspec.structs.replace(raised.alert, held_back_s=held_back_s), raised.log_ms)

    def _note(self, key: bytes = QUEUE_KEY, payload: bytes | None = None) -> None:
        self._changes[key] = payload
        self._set_next()

    def _set_next(self) -> None:
        self.next_ms = (self._queue.now_ms // _MINUTE_MS + 1) * _MINUTE_MS if self._queue.waiting else NEVER_MS


def _key(alert_id: str) -> bytes:
    return QUEUE_KEY + alert_id.encode()
