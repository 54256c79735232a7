"""Whether the state of a partition and the log it was made from still fit together.

Each record of `keyed` is applied once, in order, so what was removed before it was applied is missing from every later judgement,
and no output shows it. Offsets of `keyed` have no gaps: it is not compacted and nobody writes to it in transactions.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import aiokafka

from connectors.cluster import Where, aiokafka_arguments
from stream.batches import TP

_REBUILD = "Stop all workers, run `goldenhour reset` and start them: state is rebuilt from what the input topics still hold."


class RecordsGoneError(Exception):
    """State and log do not continue each other. The text says what is missing and what to do; it holds offsets only."""

    def __init__(self, tp: TP, what: str) -> None:
        """what: is missing, in words."""
        super().__init__(f"{tp.topic} partition {tp.partition}: {what}. {_REBUILD}")


class Standing(NamedTuple):
    """A partition of `keyed`: its first offset, that after its last one, and the group's committed one, 0 if there is none."""

    begin: int
    end: int
    committed: int


async def standing_of(bootstrap: Where, group: str, tp: TP) -> Standing:
    """Return where a partition stands now. To be asked after its state was loaded, so that the state cannot be ahead of it.

    Errors: aiokafka's, when the broker cannot be reached.
    """
    consumer = aiokafka.AIOKafkaConsumer(**aiokafka_arguments(bootstrap), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        at = aiokafka.TopicPartition(*tp)
        consumer.assign([at])
        begins, ends = await consumer.beginning_offsets([at]), await consumer.end_offsets([at])
        return Standing(begins[at], ends[at], await consumer.committed(at) or 0)
    finally:
        await consumer.stop()


def refuse_unfit_state(tp: TP, position: int, standing: Standing) -> None:
    """Return if the log of `tp` goes on where the state stands. position: what the state stands for, -1 for no state.

    Errors: RecordsGoneError.
    """
    following = position + 1
    if standing.begin > following:
        raise RecordsGoneError(tp, f"records {following} to {standing.begin - 1} were removed before they reached the state")
    if standing.end < following:
        raise RecordsGoneError(tp, f"its state stands for offset {position}, but it ends at {standing.end}: it was made anew")
    if standing.committed > following:
        raise RecordsGoneError(tp, f"its state stands for offset {position}, but {standing.committed} is committed: state is lost")


def refuse_gap(tp: TP, position: int, records: Sequence[Any]) -> None:
    """Return if no record is missing between the state and the end of these records, which may begin before it.

    Errors: RecordsGoneError.
    """
    first, last = records[0].offset, records[-1].offset
    if first > position + 1:
        raise RecordsGoneError(tp, f"records {position + 1} to {first - 1} were removed before they reached the state")
    if last - first + 1 != len(records):
        raise RecordsGoneError(tp, f"records between {first} and {last} were removed before they were read")
