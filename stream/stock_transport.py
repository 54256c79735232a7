"""Faust's own way to consume, one event for each record, behind the same edge: to compare with, and to fall back on.

Its known faults stay: it forgets acknowledgements at a rebalance and so repeats up to a commit interval, and it takes
ten times the CPU. Records are not lost by either transport.
"""

from typing import Any

from mode.utils.futures import notify

from stream.batches import TP
from stream.group_member import GroupMember


class StockConsumer(GroupMember):
    """Faust's fetch loop and acknowledgements, counting what was handed over and not finished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._held: dict[TP, int] = {}
        self._starts: dict[TP, int] = {}
        super().__init__(*args, **kwargs)

    def _to_message(self, tp: TP, record: Any) -> Any:
        message = super()._to_message(tp, record)
        message.epoch = self.epoch
        self.delivered[tp] = record.offset + 1
        self._held[tp] = self._held.get(tp, 0) + 1
        return message

    def finish(self, message: Any) -> None:
        if not message.acked and message.epoch == self.epoch:
            self._held[message.tp] -= 1
            message.ack(self)

    def give_up(self, message: Any) -> None:
        if not message.acked:
            message.acked = True  # and not in the list of acknowledged offsets
            self._unacked_messages.discard(message)
            notify(self._waiting_for_ack)

    def held_records(self, tp: TP) -> int:
        return self._held.get(tp, 0)

    async def perform_seek(self) -> None:
        """Note where the flow starts, while it is off: a partition without records has no other position to tell."""
        await super().perform_seek()
        subscription = self._thread._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is not None:
            states = {TP(*tp): assignment.state_value(tp) for tp in assignment.tps}
            self._starts = {tp: state.position for tp, state in states.items() if state.has_valid_position}

    def delivered_position(self, tp: TP) -> int | None:
        return self.delivered.get(tp, self._starts.get(tp))

    def begin_epoch(self) -> None:
        super().begin_epoch()
        self._held.clear()
        self._starts.clear()
