"""The transport's edge without a transport: the test says what is current and what is still to come."""

from stream.batches import TP, Batch, LoneRecord


class FakeEdge:
    """Remembers what was finished and given up, in order."""

    def __init__(self) -> None:
        self.finished: list[Batch] = []
        self.given_up: list[Batch] = []
        self.current = True
        self.of_this_assignment = True
        self.lags: dict[TP, int | None] = {}

    def finish(self, batch: Batch) -> None:
        self.finished.append(batch)

    def give_up(self, batch: Batch) -> None:
        self.given_up.append(batch)

    def is_current(self, batch: Batch) -> bool:
        return self.current

    def is_of_this_assignment(self, batch: Batch) -> bool:
        return self.of_this_assignment

    def lag(self, tp: TP) -> int | None:
        return self.lags.get(tp, 0)


def batch_of(records: list[LoneRecord]) -> Batch:
    """Return records of one partition as a batch."""
    return Batch(records[0].topic, records[0].partition, records, 1, None)
