"""Labels of a file arrive as the stream would hear them: late, and of frauds only."""

from connectors.contract_json import decode, encode
from connectors.labels import Labels
from connectors.replay_files import InputRecord
from models.records import Disposition
from stream.label_feed import SOURCE, with_dispositions
from tests.stream.shop_cards import DAY_US, START_US, purchase

DAY_MS = 86_400_000
LABELS = Labels({"p-0": 1, "p-1": 0, "p-2": 1}, {}, {"p-2": "card"})


def records(days: list[int]) -> list[InputRecord]:
    found = []
    for number, day in enumerate(days):
        at_us = START_US + day * DAY_US
        raw = encode(purchase(number, at_us, "a-1", "T-1", 100))
        found.append(InputRecord("transactions", raw, at_us // 1_000, number))
    return found


def test_a_fraud_is_told_so_long_after_it_before_what_arrives_then() -> None:
    told = list(with_dispositions(records([0, 1, 2, 7, 12]), LABELS, 7 * DAY_MS))
    assert [record.topic[:4] for record in told] == ["tran", "tran", "tran", "disp", "tran", "disp", "tran"]
    first, second = (decode("dispositions", record.raw) for record in told if record.topic == "dispositions")
    assert isinstance(first, Disposition)
    assert isinstance(second, Disposition)
    assert (first.event_id, first.verdict, first.decided_by, second.event_id, second.typology) == (
        "p-0",
        "FRAUD",
        SOURCE,
        "p-2",
        "card",
    )
    assert [record.arrival_ms - START_US // 1_000 for record in told if record.topic == "dispositions"] == [7 * DAY_MS, 9 * DAY_MS]


def test_what_becomes_due_after_the_end_is_never_told() -> None:
    assert len(list(with_dispositions(records([0, 1, 2]), LABELS, 7 * DAY_MS))) == 3


def test_what_cannot_be_read_is_left_to_the_replay() -> None:
    broken = InputRecord("transactions", b"{", 0, 0)
    assert list(with_dispositions([broken], LABELS, DAY_MS)) == [broken]
