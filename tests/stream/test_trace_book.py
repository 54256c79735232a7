"""The ledgers of accounts under trace: kept in state, the same after a restart, taken out when nothing more comes."""

import msgspec
import pytest

from models.trace_findings import origin_of
from models.trace_ledger import LEDGER_VERSION, TraceLedger
from stream.keyed_processor import Faults, KeyedProcessor
from stream.store import value_of
from stream.trace_book import LedgerVersionError
from tests.bank import Bank, shipped_rulebook
from tests.scenario import SCENARIOS, Step, read_story

CHAIN = (SCENARIOS / "r_chain_reported_after_20_minutes.txt").read_text(encoding="utf-8")


def told(steps: list[Step], bank: Bank) -> Bank:
    for step in steps:
        bank.take_one(step.event, delay_ms=step.late_ms)
    return bank


def restarted(bank: Bank) -> None:
    """Let every partition be taken over by a worker that knows only what was saved."""
    for number, keyed in enumerate(bank._keyed):
        keyed.take_changes()
        bank._keyed[number] = KeyedProcessor(
            number,
            keyed.partitions,
            shipped_rulebook(),
            Faults(),
            values=dict(keyed.values),
            position=keyed.position,
            marker=keyed.marker(),
        )


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_restart_before_every_record_changes_nothing(partitions: int) -> None:
    steps = read_story(CHAIN + "10:30:00  transfer  mule1 -> mule3  20000.00 CNY  mobile\n")
    undisturbed, bank = told(steps, Bank(partitions)), Bank(partitions)
    for step in steps:
        told([step], bank)
        restarted(bank)

    assert bank.traces == undisturbed.traces
    assert bank.alerts == undisturbed.alerts
    assert bank.requests == undisturbed.requests
    assert bank.state() == undisturbed.state()
    assert bank.final_traces()["mule3"].hop == 2


def test_what_one_partition_and_many_find_is_the_same() -> None:
    steps = read_story(CHAIN)
    found = [
        {account: msgspec.structs.replace(trace, revision=1) for account, trace in told(steps, Bank(n)).final_traces().items()}
        for n in (1, 2, 7)
    ]
    assert found[0] == found[1] == found[2]


def test_every_fen_reported_is_here_or_has_left_by_a_way() -> None:
    traces = told(read_story(CHAIN), Bank()).final_traces()
    for trace in traces.values():
        assert trace.received_minor == trace.still_here_minor + sum(part.amount_minor for part in trace.left)
    passed_on = sum(part.amount_minor for part in traces["mule1"].left if part.way == "TRANSFER")
    assert traces["mule2"].received_minor == passed_on


def test_a_ledger_without_news_for_long_is_taken_out_with_the_next_news() -> None:
    bank = told(read_story(CHAIN), Bank())
    assert origin_of("mule2") in bank.state()

    told(read_story("+31d 10:00:00  report  r-9  x -> y  1.00  paid=10:00:00"), bank)

    left = [key for key in bank.state() if key.startswith(b"M:")]
    assert left == [origin_of("x")]
    restarted(bank)
    assert list(bank._keyed[0]._book.ledgers) == ["x"]


def test_the_cash_names_machine_and_time_for_the_camera() -> None:
    (cash,) = told(read_story(CHAIN), Bank()).final_traces()["mule2"].left

    assert (cash.way, cash.terminal, cash.amount_minor) == ("CASH", "ATM-12", 500_000)
    assert f"{cash.booked_at:%H:%M:%S}" == "02:08:00"


def test_a_ledger_of_another_version_is_refused() -> None:
    stored = msgspec.msgpack.encode((0, TraceLedger(version=LEDGER_VERSION + 1)))

    with pytest.raises(LedgerVersionError, match=f"version {LEDGER_VERSION + 1}"):
        KeyedProcessor(0, 1, shipped_rulebook(), Faults(), values={origin_of("a"): value_of(0, stored)})
