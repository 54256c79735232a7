"""The gateway as an operator runs it, before a real Kafka: killed, restarted, sent broken frames, and read by a worker."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract_json import decode
from connectors.iso8583.message import Message
from connectors.iso8583.samples import ACCOUNT, CARD, request_fields, response_fields, reversal_fields
from models.records import DeadLetter, Transaction
from stream.brokers import KafkaBroker
from stream.local_kafka import free_ports
from tests.integration.switch_client import SwitchClient
from tests.integration.worker_tools import _GUARDED, Site, WorkerRun
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

IDENTIFYING = (7, 11, 12, 13, 32, 39, 41)


class Gateway:
    """A site whose gateway listens at one port, life after life."""

    def __init__(self, kafka: KafkaBroker, prefix: str, folder: Path, *options: str) -> None:
        key = folder / "token.key"
        key.write_bytes(b"a key for tests, of 32 bytes or more")
        self.site = Site(kafka.bootstrap, prefix, folder, partitions=2, scores=True, token_key_file=str(key)).make_topics()
        self.port = free_ports(1)[0]
        self._options = options

    def life(self, number: int) -> WorkerRun:
        command = [sys.executable, "-c", _GUARDED, "gateway", "iso8583", "--listen", f"127.0.0.1:{self.port}", *self._options]
        return WorkerRun(self.site.folder / f"gateway{number}.log", self.site.environ(), command)

    def transactions(self) -> list[Transaction]:
        return [decode("transactions", record.value) for record in self.site.read("transactions")]  # type: ignore[misc]

    def dead_letters(self) -> list[DeadLetter]:
        return [decode("dead-letters", record.value) for record in self.site.read("dead-letters")]  # type: ignore[misc]

    def said(self) -> str:
        return "".join(path.read_text("utf-8") for path in self.site.folder.glob("gateway*.log"))


def asked(trace: int, code: str = "010000") -> dict[int, str]:
    """Return the fields of a request of this minute."""
    now = datetime.now(UTC)
    return request_fields(1987, code, trace, 500_000 + trace) | {
        7: f"{now:%m%d}000000",
        12: "000000",
        13: f"{now:%m%d}",
    }


def conversations(count: int) -> list[Message]:
    """Return requests with their responses, each tenth reversed."""
    found = []
    for trace in range(1, count + 1):
        request = asked(trace)
        found += [Message("0200", request), Message("0210", response_fields(request, 1987, "00"))]
        if trace % 10 == 0:
            back = reversal_fields(request, 1987, 5_000 + trace)
            found.append(Message("0400", back | {90: f"0200{request[11]}{request[7]}{request[32]:0>11}{'':0>11}"}))
    return found


def test_kill_9_in_mid_stream_loses_nothing_and_doubles_no_id(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    gateway = Gateway(kafka, topic_prefix, tmp_path)
    switch = SwitchClient(gateway.port)
    messages = conversations(2_000)
    sender = threading.Thread(target=switch.deliver, args=(messages,))
    with gateway.life(0) as first:
        first.wait_ready()
        sender.start()
        wait_until(lambda: switch.acknowledged > 700)
        first.kill()
    with gateway.life(1) as second:
        wait_until(lambda: switch.acknowledged > 2_000)
        second.kill()
    with gateway.life(2) as third:
        sender.join()
        assert third.terminate() == 0, third.said()
    assert switch.connections == 3
    assert switch.acknowledged == len(messages)
    found = gateway.transactions()
    copies: dict[str, set[Transaction]] = {}
    for record in found:
        copies.setdefault(record.event_id, set()).add(record)
    assert len(copies) == len(messages)  # every message states one event: none is lost, none came out under two ids
    assert all(len(different) == 1 for different in copies.values())  # and a message sent again says the same again
    by_id = {record.event_id: record for record in found}
    answers = [record for record in by_id.values() if record.original_event_id is not None]
    assert len(answers) == 2_200
    assert all(record.original_event_id in by_id for record in answers)


def test_after_a_kill_a_response_is_still_filled_in_from_its_request(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    gateway = Gateway(kafka, topic_prefix, tmp_path)
    switch, request = SwitchClient(gateway.port), asked(1, "401000")
    with gateway.life(0) as first:
        first.wait_ready()
        switch.deliver([Message("0200", request)])
        first.kill()
    little = {number: value for number, value in response_fields(request, 1987, "00").items() if number in IDENTIFYING}
    with gateway.life(1) as second:
        second.wait_ready()
        switch.deliver([Message("0210", little)])
        assert second.terminate() == 0
    assert "restored_requests=1" in gateway.said()
    requested, approved = sorted(gateway.transactions(), key=lambda record: record.status, reverse=True)
    assert (requested.status, approved.status) == ("REQUESTED", "APPROVED")
    assert (approved.payee, approved.amount_minor, approved.original_event_id) == (
        requested.payee,
        requested.amount_minor,
        requested.event_id,
    )


def test_broken_frames_become_dead_letters_and_the_worker_takes_all_others(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    gateway = Gateway(kafka, topic_prefix, tmp_path)
    switch = SwitchClient(gateway.port)
    good = conversations(50)
    broken = [b"0200" + CARD.encode(), bytes(range(200)), b"{" + ACCOUNT.encode() + b"}"]
    mixed: list[Message | bytes] = [*good[:40], broken[0], *good[40:80], broken[1], broken[2], *good[80:]]
    with gateway.life(0) as running:
        running.wait_ready()
        switch.deliver(mixed)
        assert running.metrics("gateway_frames_total", "outcome")["dead_letter"] == 3
        assert running.metrics("gateway_frames_total", "outcome")["record"] == len(good)
        assert running.metric("gateway_unacknowledged_frames") == 0
        assert running.terminate() == 0
    assert [answer.mti for answer in switch.answers].count("9000") == 3
    letters = gateway.dead_letters()
    assert {letter.source.topic for letter in letters} == {"iso8583"}
    assert len({letter.raw_sha256 for letter in letters}) == 3
    whole = b"".join(record.value for topic in ("transactions", "dead-letters") for record in gateway.site.read(topic))
    for number in (CARD, ACCOUNT):
        assert number.encode() not in whole
        assert number not in gateway.said()
    gateway.site.work_to_the_end()
    assert len(gateway.dead_letters()) == 3  # the worker refuses none of ours
    assert {score.event_id for score in gateway.site.scores()} == {record.event_id for record in gateway.transactions()}


def test_it_refuses_to_start_without_topics_a_key_or_a_layout(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path)
    key = tmp_path / "token.key"
    key.write_bytes(b"k" * 32)
    for given, told in (
        ([], "token_key_file"),
        (["--token-key-file", str(key), "--layout", "iso2003"], "iso87_ascii"),
        (["--token-key-file", str(key)], "goldenhour topics"),
    ):
        command = [sys.executable, "-c", _GUARDED, "gateway", "iso8583", "--listen", "127.0.0.1:0", *given]
        with WorkerRun(tmp_path / "refused.log", site.environ(), command) as refused:
            assert refused.wait() == 2
            assert told in refused.said().splitlines()[-1]
