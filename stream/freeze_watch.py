"""What a partition has to remember of its freeze requests beside the accounts' own state: clocks, the guard, and who waits for it.

In state: `Z:` account -> its clock, when something changes there next; `Y:` the guard; `H:` account -> its request waits for people
to resume. Clocks run on log time: each record of the partition looks at them, and in a silent one a tick (`KeyedAgent.tick`), so
they survive whatever the worker does not. What a clock brings is of the moment at which it ran out, whoever looks, and rests on the
record that set it: so it is the same in a busy partition, in a silent one and in a replay.
"""

import heapq
from typing import Final, NamedTuple

import msgspec

from models.case import Context
from models.freeze_guard import Gate, Guard, limits_of
from models.freeze_life import next_due_us
from models.profile import AccountProfile
from models.records import CaseControl
from models.rulebook import Rulebook
from stream.alert_queue import NEVER_MS
from stream.case_index import Storage
from stream.store import payload_of, value_of

_CLOCK: Final = b"Z:"
_GUARD: Final = b"Y:"
_HELD: Final = b"H:"
LOOKS_MAX: Final = 8
"""Accounts looked at beside one record of `keyed`, so that no slice grows."""

_encode = msgspec.msgpack.Encoder().encode
_decode_guard = msgspec.msgpack.Decoder(Guard).decode


class Clock(NamedTuple):
    """When something changes at an account by itself, and the record that set the clock: what it brings rests on that one."""

    due_ms: int
    account: str
    topic: str
    partition: int
    offset: int


_decode_clock = msgspec.msgpack.Decoder(Clock).decode


class FreezeWatch:
    """The watch of one partition. gate: what the core asks before a proposal goes out. clock_ms: when the next clock runs out;
    next_ms: when there is something to look at.
    """

    def __init__(self, storage: Storage, rulebook: Rulebook, partitions: int) -> None:
        """Take over what the state holds."""
        self._storage = storage
        values = storage.values
        stored = values.get(_GUARD)
        guard = Guard() if stored is None else _decode_guard(payload_of(stored))
        self.gate = Gate(guard, limits_of(rulebook.freeze_guard, partitions))
        self.held = {key[2:].decode() for key in values if key[:2] == _HELD}
        clocks = [_decode_clock(payload_of(value)) for key, value in values.items() if key[:2] == _CLOCK]
        self._clocks = {clock.account: clock for clock in clocks}
        self._ends = [(clock.due_ms, clock.account) for clock in clocks]
        heapq.heapify(self._ends)
        self._looked_at, self._looks = -1, 0
        self._set_next()

    def adopt(self, rulebook: Rulebook, partitions: int) -> None:
        """Let requests out by another policy from now on; what its review-only mode held may go when that ends."""
        self.gate.limits = limits_of(rulebook.freeze_guard, partitions)
        self._set_next()

    def take_due(self, now_ms: int, position: int) -> Clock | None:
        """Return the clock that ran out first and stop it; None if none has, or if enough was looked at beside this record."""
        while self._ends and self._ends[0][0] <= now_ms and self._has_room(position):
            due_ms, account = heapq.heappop(self._ends)
            clock = self._clocks.get(account)
            if clock is not None and clock.due_ms == due_ms:
                del self._clocks[account]
                self._storage.remove(_CLOCK + account.encode(), position)
                self._looks += 1
                self._set_next()
                return clock
        self._set_next()
        return None

    def take_held(self, position: int) -> list[str]:
        """Return the accounts that waited for people and may go now, as many as may be looked at beside this record."""
        found: list[str] = []
        for account in sorted(self.held) if self.gate.is_open else ():
            if not self._has_room(position):
                break
            self.held.remove(account)
            self._storage.remove(_HELD + account.encode(), position)
            self._looks += 1
            found.append(account)
        self._set_next()
        return found

    def _has_room(self, position: int) -> bool:
        if position != self._looked_at:
            self._looked_at, self._looks = position, 0
        return self._looks < LOOKS_MAX

    def note(self, account: str, profile: AccountProfile, context: Context, position: int) -> None:
        """Set the clock of an account anew after something was decided there."""
        due_ms = -(-next_due_us(profile.freezes, context.log_ms * 1_000) // 1_000)
        known = self._clocks.get(account)
        if due_ms == (known.due_ms if known is not None else 0):
            return
        if due_ms:
            clock = self._clocks[account] = Clock(due_ms, account, context.topic, context.partition, context.offset)
            self._storage.put(_CLOCK + account.encode(), value_of(position, _encode(clock)), position)
            heapq.heappush(self._ends, (due_ms, account))
        else:
            del self._clocks[account]
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
        self.clock_ms = self._ends[0][0] if self._ends else NEVER_MS
        self.next_ms = 0 if self.held and self.gate.is_open else self.clock_ms
