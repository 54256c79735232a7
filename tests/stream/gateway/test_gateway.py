"""The gateway over real connections and a broker in memory: what is safe is said so, what is not is not, and nothing is hidden."""

import hashlib
import json

import pytest

from connectors.contract_json import decode
from connectors.iso8583.message import Message
from connectors.iso8583.samples import ACCOUNT, CARD, request_fields, response_fields
from models.records import DeadLetter, Transaction
from tests.connectors.golden import cases
from tests.stream.gateway.switch_line import DEAD_LETTERS, TRANSACTIONS, Station, quiet, requests, run, station, until


def asked(trace: int) -> dict[int, str]:
    return request_fields(1987, "010000", trace, 500_000)


def records_of(found: Station) -> list[Transaction]:
    return [decode("transactions", value) for _, value in found.published(TRANSACTIONS)]  # type: ignore[misc]


def letters_of(found: Station) -> list[DeadLetter]:
    return [decode("dead-letters", value) for _, value in found.published(DEAD_LETTERS)]  # type: ignore[misc]


def test_a_conversation_becomes_transactions_keyed_by_account() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)), Message("0210", response_fields(asked(1), 1987, "00")))
            first, second = await line.receive(), await line.receive()
            assert (first.mti, second.mti) == ("9200", "9210")
            request, approved = records_of(found)
            assert (request.status, approved.status) == ("REQUESTED", "APPROVED")
            assert approved.original_event_id == request.event_id
            assert request.payer is not None
            assert {key for key, _ in found.published(TRANSACTIONS)} == {request.payer.account.encode()}

    run(story())


@pytest.mark.parametrize("layout", ["iso87_ascii", "iso87_binary"])
def test_network_management_is_answered_at_once_even_when_the_broker_is_silent(layout: str) -> None:
    async def story() -> None:
        async with station(layout, acks_itself=False, drain_s=0.1) as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)), Message("0800", {7: "0302011405", 11: "000001", 70: "301"}))
            answer = await line.receive()
            assert (answer.mti, answer.values[39], answer.values[11]) == ("0810", "00", "000001")

    run(story())


def test_a_message_is_acknowledged_after_the_broker_did_and_not_before() -> None:
    async def story() -> None:
        async with station(acks_itself=False) as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)))
            await until(lambda: bool(found.published(TRANSACTIONS)))
            await quiet()
            assert found.value("gateway_unacknowledged_frames") == 1
            assert not line.reader._buffer  # type: ignore[attr-defined]
            found.producer.ack(TRANSACTIONS)
            assert (await line.receive()).values[11] == "000001"
            assert found.value("gateway_unacknowledged_frames") == 0

    run(story())


def test_a_slow_broker_stops_the_reading_and_no_frame_is_held_beyond_the_limit() -> None:
    async def story() -> None:
        async with station(acks_itself=False, unacknowledged_max=10) as found:
            line = await found.connect()
            line.send(*requests(50, asked))
            await until(lambda: found.value("gateway_unacknowledged_frames") == 10)
            await quiet()
            assert len(records_of(found)) == 10
            found.producer.ack(TRANSACTIONS)  # room for ten more, and no more
            await until(lambda: len(records_of(found)) == 20)
            await quiet()
            assert len(records_of(found)) == 20
            found.producer.acks_itself = True
            found.producer.ack(TRANSACTIONS)
            assert [(await line.receive()).values[11] for _ in range(50)] == [f"{trace:06d}" for trace in range(1, 51)]
            assert len(records_of(found)) == 50

    run(story())


def test_idle_connections_take_no_room_from_a_busy_one() -> None:
    async def story() -> None:
        async with station(unacknowledged_max=1) as found:
            idle = [await found.connect() for _ in range(3)]
            line = await found.connect()
            line.send(*requests(3, asked))
            assert [(await line.receive()).values[11] for _ in range(3)] == ["000001", "000002", "000003"]
            assert found.value("gateway_connections") == 1 + len(idle)

    run(story())


def test_an_unreadable_message_is_put_aside_and_the_stream_goes_on() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            broken = cases("iso87_ascii")["letters_in_the_amount"]
            line.send_raw(broken)
            line.send(Message("0200", asked(2)))
            refused, taken = await line.receive(), await line.receive()
            assert (refused.mti, refused.values[39]) == ("9000", "30")
            assert taken.values[11] == "000002"
            (letter,) = letters_of(found)
            assert (letter.error.code, letter.error.field) == ("wrong_type", "DE 4")
            assert letter.error.reason.endswith("(byte 63)")
            assert letter.raw_sha256 == hashlib.sha256(broken).hexdigest()
            assert letter.source.topic == "iso8583"
            assert len(records_of(found)) == 1
            assert found.value("dead_letters_total", reason="wrong_type") == 1

    run(story())


def test_the_same_unreadable_message_again_has_the_same_key() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            for _ in range(2):
                line.send_raw(cases("iso87_ascii")["cut_off"])
                await line.receive()
            keys = [key for key, _ in found.published(DEAD_LETTERS)]
            source = json.loads(found.published(DEAD_LETTERS)[0][1])["source"]
            assert keys == [f"{source['topic']}-{source['partition']}-{source['offset']}".encode()] * 2

    run(story())


def test_a_length_that_is_none_ends_the_connection_after_what_came_before_was_acknowledged() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)))
            line.writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert (await line.receive()).mti == "9200"
            assert (await line.receive()).mti == "9000"
            assert await line.at_end()
            (letter,) = letters_of(found)
            assert (letter.error.code, letter.error.field) == ("bad_frame", "length")
            again = await found.connect()
            again.send(Message("0200", asked(2)))
            assert (await again.receive()).values[11] == "000002"

    run(story())


def test_a_frame_that_the_connection_cuts_off_states_nothing() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            frame = line.length.write(line.codec.write(Message("0200", asked(1))))
            line.writer.write(frame[:-10])
            line.writer.write_eof()
            assert await line.at_end()
            assert found.published(TRANSACTIONS) == found.published(DEAD_LETTERS) == []
            assert found.value("gateway_frames_total", outcome="cut_off") == 1

    run(story())


def test_a_sign_of_life_is_neither_answered_nor_published() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            line.writer.write(b"0000")
            line.send(Message("0200", asked(1)))
            assert (await line.receive()).mti == "9200"
            assert found.value("gateway_frames_total", outcome="sign_of_life") == 1

    run(story())


def test_an_inquiry_is_acknowledged_without_a_record() -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            line.send_raw(cases("iso87_ascii")["balance_inquiry"])
            assert (await line.receive()).mti == "9200"
            assert found.published(TRANSACTIONS) == []
            assert found.value("gateway_frames_total", outcome="no_record") == 1

    run(story())


def test_without_acknowledgements_only_network_management_is_answered() -> None:
    async def story() -> None:
        async with station(acknowledge=False) as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)), Message("0800", {7: "0302011405", 11: "000001", 70: "301"}))
            assert (await line.receive()).mti == "0810"
            await until(lambda: len(records_of(found)) == 1)
            line.writer.write_eof()
            assert await line.at_end()

    run(story())


def test_a_refused_write_ends_it_all_and_nothing_is_acknowledged_any_more() -> None:
    async def story() -> None:
        async with station(acks_itself=False) as found:
            line = await found.connect()
            line.send(*requests(2, asked))
            await until(lambda: len(records_of(found)) == 2)
            found.producer.ack(TRANSACTIONS, RuntimeError("refused"))
            await until(lambda: bool(found.failures))
            line.writer.write_eof()
            assert await line.at_end()
            assert "refused" in str(found.failures[0])
            assert len(found.failures) == 1

    run(story())


def test_a_broker_that_never_answers_is_a_failure() -> None:
    async def story() -> None:
        async with station(acks_itself=False, ack_timeout_s=0.05) as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)))
            await until(lambda: bool(found.failures))
            assert "no ack" in str(found.failures[0])

    run(story())


def test_a_stop_acknowledges_what_was_read() -> None:
    async def story() -> None:
        async with station(acks_itself=False) as found:
            line = await found.connect()
            line.send(*requests(3, asked))
            await until(lambda: len(records_of(found)) == 3)
            found.producer.ack(TRANSACTIONS)
            assert await found.gateway.stop(5)
            assert [(await line.receive()).values[11] for _ in range(3)] == ["000001", "000002", "000003"]
            assert await line.at_end()

    run(story())


def test_a_stop_gives_up_on_a_broker_that_is_silent() -> None:
    async def story() -> None:
        async with station(acks_itself=False, drain_s=0.05) as found:
            line = await found.connect()
            line.send(Message("0200", asked(1)))
            await until(lambda: len(records_of(found)) == 1)
            assert not await found.gateway.stop(0.05)

    run(story())


def test_nothing_of_a_card_or_account_is_in_what_is_published_or_sent_back(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with station() as found:
            line = await found.connect()
            kept = cases("iso87_ascii")
            for raw in kept.values():
                if raw:
                    line.send_raw(raw)
            line.writer.write_eof()
            sent_back = await line.reader.read()
            whole = b"".join(key + value for topic in (TRANSACTIONS, DEAD_LETTERS) for key, value in found.published(topic))
            assert whole
            assert CARD.encode() not in whole + sent_back
            assert ACCOUNT.encode() not in whole + sent_back
            assert CARD not in caplog.text

    run(story())
