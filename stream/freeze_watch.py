"""What a partition has to remember of its freeze requests beside the accounts' own state: clocks, the guard, and who waits for it.

In state: `Z:` account -> when the clock changes something there next; `Y:` the guard; `H:` account -> its request waits for people
to resume. Clocks run on log time: they are looked at with each record of the partition, so they survive whatever the worker does
not.
"""

import heapq
from typing import Final

import msgspec

from models.freeze_guard import Gate, Guard, limits_of
from models.freeze_life import next_due_us
from models.profile import AccountProfile
from models.records import CaseControl
from models.rulebook import Rulebook
from stream.case_index import Storage
from stream.store import payload_of, value_of

_CLOCK: Final = b"Z:"
_GUARD: Final = b"Y:"
_HELD: Final = b"H:"
LOOKS_MAX: Final = 8
"""Accounts looked at beside one record of `keyed`, so that no slice grows."""

_encode = msgspec.msgpack.Encoder().encode
_decode_guard = msgspec.msgpack.Decoder(Guard).decode
_decode_ms = msgspec.msgpack.Decoder(int).decode


class FreezeWatch:
    """The watch of one partition. gate: what the core asks before a proposal goes out."""

    def __init__(self, storage: Storage, rulebook: Rulebook, partitions: int) -> None:
        """Take over what the state holds."""
        self._storage = storage
        values = storage.values
        stored = values.get(_GUARD)
        guard = Guard() if stored is None else _decode_guard(payload_of(stored))
        self.gate = Gate(guard, limits_of(rulebook.freeze_guard, partitions))
        self.held = {key[2:].decode() for key in values if key[:2] == _HELD}
        self._due_ms = {key[2:].decode(): _decode_ms(payload_of(value)) for key, value in values.items() if key[:2] == _CLOCK}
        self._ends = [(due_ms, account) for account, due_ms in self._due_ms.items()]
        heapq.heapify(self._ends)
        self._looked_at, self._looks = -1, 0
        self._set_next()

    def is_due(self, now_ms: int) -> bool:
        """Return whether there is something to look at."""
        return now_ms >= self._next_ms

    def take_due(self, now_ms: int, position: int) -> list[str]:
        """Return the accounts to look at now, at most `LOOKS_MAX`: whose clock has run out, then who waited and may go."""
        found: list[str] = []
        if position != self._looked_at:
            self._looked_at, self._looks = position, 0
        room = LOOKS_MAX - self._looks
        while self._ends and self._ends[0][0] <= now_ms and len(found) < room:
            due_ms, account = heapq.heappop(self._ends)
            if self._due_ms.get(account) == due_ms:
                del self._due_ms[account]
                self._storage.remove(_CLOCK + account.encode(), position)
                found.append(account)
        if self.gate.is_open and self.held:
            for account in sorted(self.held)[: room - len(found)]:
                self.held.remove(account)
                self._storage.remove(_HELD + account.encode(), position)
                found.append(account)
        self._looks += len(found)
        self._set_next()
        return list(dict.fromkeys(found))

    def note(self, account: str, profile: AccountProfile, now_ms: int, position: int) -> None:
        """Set the clock of an account anew after something was decided there."""
        due_ms = -(-next_due_us(profile.freezes, now_ms * 1_000) // 1_000)
        if due_ms == self._due_ms.get(account, 0):
            return
        if due_ms:
            self._due_ms[account] = due_ms
            self._storage.put(_CLOCK + account.encode(), value_of(position, _encode(due_ms)), position)
            heapq.heappush(self._ends, (due_ms, account))
        else:
            del self._due_ms[account]
            self._storage.remove(_CLOCK + account.encode(), position)
        self._set_next()

    def switch(self, control: CaseControl, position: int) -> None:
        """Take a person's order for all freeze requests."""
        self.gate.switch(control)
        self.save(position)

    def save(self, position: int) -> None:
        """Store what the guard counted and whom it refused."""
        gate = self.gate
        if gate.is_changed:
            self._storage.put(_GUARD, value_of(position, _encode(gate.guard)), position)
            gate.is_changed = False
        for account in gate.held:
            if account not in self.held:
                self.held.add(account)
                self._storage.put(_HELD + account.encode(), value_of(position, b""), position)
        gate.held = []
        self._set_next()

    def _set_next(self) -> None:
        if self.held and self.gate.is_open:
            self._next_ms = 0
        else:
            self._next_ms = self._ends[0][0] if self._ends else 1 << 62
