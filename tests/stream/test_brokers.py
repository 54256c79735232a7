"""Brokers: what each says of itself, which one is chosen, and that none outlives whoever started it."""

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from connectors.kafka_admin import ensure_topics
from connectors.topics import TopicSpec
from stream.brokers import (
    BrokerUnavailable,
    EmbeddedBroker,
    GivenBroker,
    KafkaBroker,
    choose_broker,
    local_kafka,
)
from stream.kafka_jars import cache_folder, fetch_jars
from tests.waiting import GIVE_UP_S, wait_until


def answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


@contextlib.contextmanager
def caller_in_another_process(script: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a script that prints one line and then sleeps; give it with that line, and end it in any case."""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        try:
            yield caller, caller.stdout.readline().strip()
        finally:
            caller.kill()


# ---- which broker is chosen ------------------------------------------------------------------------------------------


def test_a_given_broker_goes_before_every_other(tmp_path: Path) -> None:
    broker = choose_broker("kafka.bank:9092", "embedded", tmp_path)
    assert isinstance(broker, GivenBroker)
    assert broker.bootstrap == "kafka.bank:9092"
    assert broker.kind == "the Kafka given as BOOTSTRAP=kafka.bank:9092"


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_machine_with_python_alone_gets_the_embedded_broker_and_is_told_why(nothing: str | None, tmp_path: Path) -> None:
    broker = choose_broker(nothing, None, tmp_path)
    assert isinstance(broker, EmbeddedBroker)
    assert "There is no java. Install Java 17" in broker.kind


@pytest.mark.usefixtures("bare_machine")
def test_a_kafka_that_was_asked_for_is_never_replaced_by_something_less(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="Install Java 17"):
        choose_broker(None, "kafka", tmp_path)


def test_an_embedded_broker_that_was_asked_for_needs_no_excuse(tmp_path: Path) -> None:
    assert "no Kafka" not in choose_broker(None, "embedded", tmp_path).kind


# ---- a given broker --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["kafka", "kafka:", ":9092", "kafka:port", "kafka:99999"])
def test_an_address_that_is_none_is_told_with_the_form_it_should_have(address: str) -> None:
    with pytest.raises(BrokerUnavailable, match="host:port"), GivenBroker(address):
        pass


def test_a_given_broker_that_does_not_answer_is_named_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(BrokerUnavailable, match=address), GivenBroker(address):
        pass


def test_one_answering_broker_of_a_list_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        silent = f"127.0.0.1:{closed.getsockname()[1]}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        both = f"{silent},127.0.0.1:{server.getsockname()[1]}"
        with GivenBroker(both) as broker:
            assert broker.bootstrap == both


# ---- the embedded broker ---------------------------------------------------------------------------------------------


def test_the_embedded_broker_carries_a_record_and_ends_with_its_block() -> None:
    with EmbeddedBroker() as broker:
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        producer.produce("alerts", b"hello")
        assert producer.flush(GIVE_UP_S) == 0
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "desk", "auto.offset.reset": "earliest"})
        consumer.subscribe(["alerts"])
        record = consumer.poll(GIVE_UP_S)
        assert record is not None
        assert record.value() == b"hello"
        consumer.close()
    assert not answers(broker.bootstrap)


def test_the_embedded_broker_ends_with_a_caller_that_is_killed() -> None:
    script = (
        "import time; from stream.brokers import EmbeddedBroker; broker = EmbeddedBroker().__enter__(); "
        "print(broker.bootstrap, flush=True); time.sleep(600)"
    )
    with caller_in_another_process(script) as (caller, address):
        assert answers(address)
        caller.kill()
        wait_until(lambda: not answers(address))


# ---- Kafka itself ----------------------------------------------------------------------------------------------------


IGNORING_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for a job in the background
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.broker
@pytest.mark.parametrize("start", [[], ["-c", IGNORING_CTRL_C]], ids=["by itself", "as a job in the background"])
def test_a_kafka_in_the_foreground_says_where_it_is_and_keeps_its_data_after_ctrl_c(start: list[str], tmp_path: Path) -> None:
    command = [sys.executable, *start, "-m", "stream.brokers", "kafka", "--home", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as foreground:
        try:
            assert foreground.stdout is not None
            name, _, address = foreground.stdout.readline().strip().partition("=")
            assert name == "BOOTSTRAP"
            send_one(address)
            foreground.send_signal(signal.SIGINT)
            assert foreground.wait(GIVE_UP_S) == 0
        finally:
            foreground.kill()  # or leaving the block would wait for ever
    assert not answers(address)
    with local_kafka(tmp_path) as broker:
        assert read_one(broker.bootstrap) == b"kept"
    assert not (tmp_path / "data").exists()


@pytest.mark.broker
def test_kafka_ends_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, time; from stream.brokers import local_kafka; "
        f"broker = local_kafka(pathlib.Path({str(tmp_path)!r})).__enter__(); "
        "print(broker.bootstrap, flush=True); time.sleep(600)"
    )
    with caller_in_another_process(script) as (caller, address):
        assert answers(address)
        caller.kill()
        wait_until(lambda: not answers(address))


@pytest.mark.broker
def test_a_kafka_that_cannot_start_ends_in_its_own_words(tmp_path: Path) -> None:
    jars = fetch_jars(cache_folder(), say=lambda text: None)
    with pytest.raises(BrokerUnavailable, match="heap"), KafkaBroker(tmp_path, jars=jars, heap="1k"):
        pass


def send_one(address: str) -> None:
    ensure_topics(address, [TopicSpec("alerts", "out", partitions=1, replication=1, config={})])
    producer = Producer({"bootstrap.servers": address})
    producer.produce("alerts", b"kept")
    assert producer.flush(GIVE_UP_S) == 0


def read_one(address: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "desk"})
    consumer.assign([TopicPartition("alerts", 0, 0)])
    record = consumer.poll(GIVE_UP_S)
    consumer.close()
    assert record is not None
    return record.value()
