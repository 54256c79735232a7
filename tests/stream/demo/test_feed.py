"""Sending the day: when each record was handed over, and waiting for the worker."""

import threading

from models.records import Source
from stream.brokers import EmbeddedBroker
from stream.demo.feed import PARTITIONS, UNPROCESSED_MAX, Feed, largest_partition_bytes
from stream.demo.scenario import Message
from stream.partitioning import partition_of
from tests.waiting import wait_until

QUICK = 1e6


class Ticks:
    """A clock that is one second on at every look."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


def messages(count: int) -> list[Message]:
    return [Message(1_758_038_400_000_000 + number, "transactions", b"a-%d" % (number % 7), b"{}") for number in range(count)]


def test_the_moment_a_record_was_handed_over_is_found_by_its_place_in_the_log() -> None:
    sent = messages(40)
    with EmbeddedBroker() as broker:
        feed = Feed(broker.bootstrap, "demo-", threading.Event(), lambda: 0, Ticks())
        feed.load(sent[:20])
        feed.send(sent[20:], QUICK)
    moments = []
    counts = dict.fromkeys(range(PARTITIONS), 0)
    for message in sent:
        partition = partition_of(message.key, PARTITIONS)
        moments.append(feed.handed_over_s(Source(topic="demo-transactions", partition=partition, offset=counts[partition])))
        counts[partition] += 1
    assert None not in moments
    assert moments == sorted(set(moments)), "each has its own, in the order of sending"  # type: ignore[type-var]
    assert feed.handed_over_s(Source(topic="demo-transactions", partition=0, offset=counts[0])) is None
    assert feed.handed_over_s(Source(topic="transactions", partition=0, offset=0)) is None


def test_the_feed_waits_while_the_worker_has_too_much_before_it() -> None:
    processed = 0
    with EmbeddedBroker() as broker:
        feed = Feed(broker.bootstrap, "demo-", threading.Event(), lambda: processed)
        sending = threading.Thread(target=feed.send, args=(messages(3 * UNPROCESSED_MAX), UNPROCESSED_MAX * 50.0))
        sending.start()
        wait_until(lambda: feed.handed_count > UNPROCESSED_MAX)
        held_at = feed.handed_count
        processed = 3 * UNPROCESSED_MAX
        sending.join()
    assert held_at < 3 * UNPROCESSED_MAX
    assert feed.handed_count == 3 * UNPROCESSED_MAX


def test_a_feed_that_is_told_to_stop_sends_no_more() -> None:
    stopping = threading.Event()
    with EmbeddedBroker() as broker:
        feed = Feed(broker.bootstrap, "demo-", stopping, lambda: 0)
        sending = threading.Thread(target=feed.send, args=(messages(1_000), 10.0))
        sending.start()
        wait_until(lambda: feed.handed_count > 0)
        stopping.set()
        sending.join(30)
    assert not sending.is_alive()
    assert feed.handed_count < 1_000


def test_the_fullest_partition_is_found() -> None:
    crowd = [Message(0, "transactions", b"a-1", b"x" * 100) for _ in range(5)]
    assert largest_partition_bytes([*crowd, Message(0, "account-events", b"a-1", b"x")]) == 5 * (3 + 100 + 24)
    assert largest_partition_bytes([]) == 0
