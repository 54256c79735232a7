"""Source partitions read in step: in the order of their log time, waiting no longer than needed, losing nothing."""

from collections.abc import Iterable
from random import Random

import pytest

from stream.alignment import Aligner
from stream.batches import TP, Batch, LoneRecord

A, B, C = TP("account-events", 0), TP("transactions", 0), TP("transactions", 1)


def batch(tp: TP, *times_ms: int, first: int = 0) -> Batch:
    records = [LoneRecord(*tp, first + number, at_ms, None, b"") for number, at_ms in enumerate(times_ms)]
    return Batch(*tp, records, 1, None)


class Reader:
    """An aligner over partitions of which the test says whether they have more to come."""

    def __init__(self, *partitions: TP, more: bool | None = True) -> None:
        self.more: dict[TP, bool | None] = dict.fromkeys(partitions, more)
        self.aligner = Aligner(self.more.__getitem__)
        self.aligner.assign(partitions)
        self.completed: list[Batch] = []

    def add(self, *batches: Batch) -> None:
        for each in batches:
            self.aligner.add(each)

    def take(self, *, is_overdue: bool = False) -> list[tuple[TP, int]] | None:
        """Return (partition, log time) of the next slice."""
        due = self.aligner.take(is_overdue=is_overdue)
        if due is None:
            return None
        self.completed += due.completed
        return [(TP(record.topic, record.partition), record.timestamp) for record in due.records]

    def take_all(self) -> list[tuple[TP, int]]:
        taken = []
        while (part := self.take()) is not None:
            taken += part
        return taken


def test_records_of_all_partitions_come_in_the_order_of_their_log_time() -> None:
    reader = Reader(A, B, C, more=False)
    reader.add(batch(A, 2, 7), batch(B, 1, 3, 8), batch(C, 4, 5))
    assert [at_ms for _, at_ms in reader.take_all()] == [1, 2, 3, 4, 5, 7, 8]


def test_records_of_one_time_come_in_the_order_of_partitions_and_of_their_log() -> None:
    reader = Reader(A, B, C, more=False)
    reader.add(batch(C, 5, 5), batch(B, 5), batch(A, 5))
    assert reader.take_all() == [(A, 5), (B, 5), (C, 5), (C, 5)]


def test_a_partition_with_nothing_at_hand_and_more_to_come_is_waited_for() -> None:
    reader = Reader(A, B)
    reader.add(batch(B, 1, 2))
    assert reader.take() is None
    reader.add(batch(A, 1))
    assert reader.take() == [(A, 1), (B, 1)]


def test_a_partition_of_which_nothing_is_known_yet_is_waited_for() -> None:
    reader = Reader(A, B)
    reader.more[A] = None
    reader.add(batch(B, 1))
    assert reader.take() is None
    reader.more[A] = False
    assert reader.take() == [(B, 1)]


def test_nobody_is_waited_for_when_nothing_more_is_to_come() -> None:
    reader = Reader(A, B, C, more=False)
    reader.add(batch(B, 1, 900))
    assert reader.take() == [(B, 1), (B, 900)]


def test_no_record_is_handed_on_beyond_what_a_lagging_partition_has_given() -> None:
    reader = Reader(A, B)
    reader.add(batch(A, 1, 4), batch(B, 2, 3, 5, 6))
    assert reader.take() == [(A, 1), (B, 2), (B, 3), (A, 4)]
    assert reader.take() is None


def test_an_overdue_partition_no_longer_holds_up_the_others() -> None:
    reader = Reader(A, B, C)
    reader.add(batch(B, 1, 5), batch(C, 2, 3))
    assert reader.take() is None
    assert reader.take(is_overdue=True) == [(B, 1), (C, 2), (C, 3)]


def test_a_partition_that_was_waited_for_in_vain_is_not_waited_for_again_until_it_delivers() -> None:
    reader = Reader(A, B)
    for first_ms in (1, 3, 5):
        reader.add(batch(B, first_ms, first_ms + 1))
    assert reader.take(is_overdue=True) == [(B, 1), (B, 2)]
    assert reader.take_all() == [(B, 3), (B, 4), (B, 5), (B, 6)]
    reader.add(batch(A, 2), batch(B, 7))
    assert reader.take_all() == [(A, 2)]


def test_a_partition_that_had_no_more_to_give_is_waited_for_again() -> None:
    reader = Reader(A, B)
    reader.add(batch(B, 1))
    assert reader.take(is_overdue=True) == [(B, 1)]
    reader.more[A] = False
    reader.add(batch(B, 2))
    assert reader.take() == [(B, 2)]
    reader.more[A] = True
    reader.add(batch(B, 3))
    assert reader.take() is None


def test_a_new_assignment_waits_for_everybody_again() -> None:
    reader = Reader(A, B)
    reader.add(batch(B, 1))
    reader.take(is_overdue=True)
    reader.aligner.assign([A, B])
    reader.add(batch(B, 2))
    assert reader.take() is None


def test_a_batch_is_completed_with_its_last_record_and_not_before() -> None:
    reader = Reader(A, B)
    first, second = batch(A, 1, 2), batch(B, 1, 5)
    reader.add(first, second)
    reader.take()
    assert reader.completed == [first]
    assert len(reader.aligner) == 1
    reader.more[A] = False
    reader.take()
    assert reader.completed == [first, second]


def test_what_is_dropped_is_given_back_whole_and_forgotten() -> None:
    reader = Reader(A, B)
    half_used, unused = batch(B, 1, 5), batch(B, 6, first=2)
    reader.add(batch(A, 1), half_used, unused)
    reader.take()
    assert reader.aligner.drop() == [half_used, unused]
    assert len(reader.aligner) == 0
    assert reader.take() is None


def test_a_new_assignment_starts_with_nothing_held() -> None:
    reader = Reader(A, B, more=False)
    reader.add(batch(A, 1))
    reader.aligner.assign([B])
    assert reader.take() is None
    reader.add(batch(B, 1))
    assert reader.take() == [(B, 1)]


def test_within_a_partition_the_order_of_the_log_stands_whatever_the_times_say() -> None:
    reader = Reader(A, B, more=False)
    reader.add(batch(A, 9, 2, 5), batch(B, 3))
    assert reader.take_all() == [(A, 9), (A, 2), (B, 3), (A, 5)]


@pytest.mark.parametrize("absurd_ms", [2**62, 10**12])
def test_one_record_from_a_broken_clock_does_not_hold_its_partition_behind_the_others(absurd_ms: int) -> None:
    reader = Reader(A, B)
    reader.add(batch(A, 1, 2, absurd_ms), batch(A, 3, 8, first=3), batch(B, 1, 4, 7))
    assert reader.take() == [(A, 1), (B, 1), (A, 2), (A, absurd_ms)]
    assert reader.take() == [(A, 3), (B, 4), (B, 7)]


def test_a_record_without_a_time_is_due_at_once() -> None:
    reader = Reader(A, B)
    reader.add(batch(A, 5, -1), batch(B, 6))
    assert reader.take() == [(A, 5), (A, -1)]


class Counted:
    """A sequence of records that counts how often one is looked at."""

    def __init__(self, records: Iterable[LoneRecord]) -> None:
        self.records = list(records)
        self.looks = 0

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> LoneRecord:
        self.looks += 1
        return self.records[index]


def test_a_slice_looks_at_no_more_than_the_first_batch_of_each_partition() -> None:
    held = 200
    reader = Reader(A, B)
    waiting = [Counted(batch(B, at_ms, at_ms + 1).records) for at_ms in range(0, 2 * held, 2)]
    for records in waiting:
        reader.add(Batch(*B, records, 1, None))  # type: ignore[arg-type] # a sequence, as far as it is used
    reader.add(batch(A, 10_000))
    before = sum(records.looks for records in waiting)
    reader.take()
    assert sum(records.looks for records in waiting) - before <= 4


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_whatever_parts_is_handed_on_once_in_order(seed: int) -> None:
    random = Random(seed)
    partitions = [A, B, C]
    streams = {tp: sorted(random.randrange(100) for _ in range(random.randrange(30))) for tp in partitions}
    position = dict.fromkeys(partitions, 0)
    aligner = Aligner(lambda tp: position[tp] < len(streams[tp]))
    aligner.assign(partitions)
    taken: list[tuple[int, int, int]] = []
    completed = added = 0
    while any(position[tp] < len(streams[tp]) for tp in partitions) or len(aligner):
        tp = random.choice(partitions)
        times = streams[tp][position[tp] : position[tp] + random.randrange(1, 6)]
        if times and random.random() < 0.7:
            aligner.add(batch(tp, *times, first=position[tp]))
            position[tp] += len(times)
            added += 1
        due = aligner.take()
        if due is not None:
            taken += [(record.timestamp, partitions.index(TP(*record[:2])), record.offset) for record in due.records]
            completed += len(due.completed)
    everything = [(at_ms, number, offset) for number, tp in enumerate(partitions) for offset, at_ms in enumerate(streams[tp])]
    assert sorted(taken) == sorted(everything)
    assert [at_ms for at_ms, _, _ in taken] == sorted(at_ms for at_ms, _, _ in everything)
    assert completed == added
