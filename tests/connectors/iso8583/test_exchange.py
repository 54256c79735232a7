"""Stories of requests, responses and reversals: what is joined, what is linked, what is forgotten."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import DecodeError
from connectors.iso8583.codec import Codec
from models.records import Transaction
from tests.connectors.golden import cases
from tests.connectors.iso8583.messages import LAYOUTS, Switch, adapted
from tests.connectors.mutants import mutants

EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)
IDENTIFYING = (7, 11, 12, 13, 32, 39, 41)


def one(records: list[Transaction]) -> Transaction:
    (record,) = records
    return record


@EVERY_LAYOUT
def test_a_response_names_its_request_and_says_how_it_ended(layout: str) -> None:
    switch = Switch(layout)
    asked = switch.request()
    request = one(switch.say("200", asked).records)
    approved = one(switch.say("210", switch.response(asked)).records)
    assert (request.status, approved.status) == ("REQUESTED", "APPROVED")
    assert approved.original_event_id == request.event_id
    assert approved.event_id != request.event_id
    assert approved.payer is not None
    assert approved.payer.balance_after_minor == 447_500


@EVERY_LAYOUT
def test_a_declined_request_moves_nothing(layout: str) -> None:
    switch = Switch(layout)
    asked = switch.request()
    switch.say("200", asked)
    assert one(switch.say("210", switch.response(asked, approved=False)).records).status == "DECLINED"


@EVERY_LAYOUT
@pytest.mark.parametrize("mti", ["400", "420", "401", "421"])
def test_a_reversal_names_the_approval_it_takes_back(layout: str, mti: str) -> None:
    switch = Switch(layout)
    asked = switch.request()
    switch.say("200", asked)
    approved = one(switch.say("210", switch.response(asked)).records)
    back = one(switch.say(mti, switch.reversal(asked)).records)
    assert (back.status, back.original_event_id) == ("REVERSED", approved.event_id)
    assert (back.amount_minor, back.payer and back.payer.account) == (500_000, approved.payer and approved.payer.account)


@EVERY_LAYOUT
def test_the_links_need_no_memory(layout: str) -> None:
    """Request, response and reversal read by three gateways that know nothing of each other."""
    asked = Switch(layout).request()
    request = one(Switch(layout).say("200", asked).records)
    approved = one(Switch(layout).say("210", Switch(layout).response(asked)).records)
    back = one(Switch(layout).say("400", Switch(layout).reversal(asked)).records)
    assert approved.original_event_id == request.event_id
    assert back.original_event_id == approved.event_id


@EVERY_LAYOUT
def test_the_same_frame_again_gives_the_same_records(layout: str) -> None:
    switch = Switch(layout)
    asked = switch.request()
    first = [switch.say("200", asked).records, switch.say("210", switch.response(asked)).records]
    switch.wait(20)
    assert [switch.say("201", asked).records, switch.say("210", switch.response(asked)).records] == first


@EVERY_LAYOUT
def test_a_response_that_says_little_is_filled_in_from_its_request(layout: str) -> None:
    switch = Switch(layout)
    asked = switch.request("401000")
    request = one(switch.say("200", asked).records)
    answer = {number: value for number, value in switch.response(asked).items() if number in IDENTIFYING}
    approved = one(switch.say("210", answer).records)
    assert (approved.payer, approved.payee, approved.amount_minor) == (request.payer, request.payee, request.amount_minor)
    assert approved.card == request.card


def test_after_its_time_a_request_fills_in_nothing_and_is_counted() -> None:
    switch = Switch(keep_s=60)
    asked = switch.request()
    switch.say("200", asked)
    switch.wait(61)
    switch.say("200", switch.request(trace=13))
    assert (switch.exchange.unanswered, switch.exchange.waiting_count) == (1, 1)
    answer = {number: value for number, value in switch.response(asked).items() if number in IDENTIFYING}
    with pytest.raises(DecodeError, match="DE 4"):
        switch.say("210", answer)


def test_an_answered_request_is_forgotten_without_being_counted() -> None:
    switch = Switch(keep_s=60)
    asked = switch.request()
    switch.say("200", asked)
    switch.say("210", switch.response(asked))
    switch.wait(61)
    switch.exchange.forget_old(switch.now)
    assert (switch.exchange.unanswered, switch.exchange.waiting_count) == (0, 0)


def test_the_memory_is_bounded_and_the_oldest_leave_first() -> None:
    switch = Switch(count_max=10)
    for trace in range(1, 31):
        switch.say("200", switch.request(trace=trace))
    assert switch.exchange.waiting_count == 10
    assert switch.exchange.evicted == 20
    assert one(switch.say("210", {n: v for n, v in switch.response(switch.request(trace=30)).items() if n in IDENTIFYING}).records)


def test_a_request_that_an_earlier_process_published_is_taken_up_again() -> None:
    before, after = Switch(), Switch()
    asked = before.request()
    request = one(before.say("200", asked).records)
    assert after.exchange.restore(request, after.now)
    answer = {number: value for number, value in before.response(asked).items() if number in IDENTIFYING}
    assert after.say("210", answer).records == before.say("210", answer).records


def test_what_others_published_is_not_taken_up() -> None:
    switch = Switch()
    asked = switch.request()
    request = one(switch.say("200", asked).records)
    approved = one(switch.say("210", switch.response(asked)).records)
    assert not Switch().exchange.restore(approved, switch.now)
    assert not Switch().exchange.restore(msgspec.structs.replace(request, event_id="e1"), switch.now)


def test_an_approval_in_part_states_its_own_amount() -> None:
    switch = Switch()
    asked = switch.request()
    switch.say("200", asked)
    approved = one(switch.say("210", switch.response(asked) | {39: "10", 4: "000000300000"}).records)
    assert (approved.status, approved.amount_minor) == ("APPROVED", 300_000)


def test_a_reversal_in_part_gives_all_back_and_keeps_the_rest_as_a_transaction_of_its_own() -> None:
    switch = Switch()
    asked = switch.request()
    back, rest = switch.say("420", switch.reversal(asked) | {95: "000000200000" + "0" * 30}).records
    assert (back.status, back.amount_minor) == ("REVERSED", 500_000)
    assert (rest.status, rest.amount_minor, rest.original_event_id) == ("APPROVED", 200_000, None)
    assert rest.event_id not in (back.event_id, back.original_event_id)
    with pytest.raises(DecodeError, match="DE 95"):
        switch.say("420", switch.reversal(asked) | {95: "000000500000" + "0" * 30})


def test_an_advice_that_names_an_authorisation_is_the_same_money() -> None:
    """0100 and 0110 hold it, 0220 takes it: one approval, not two."""
    switch = Switch()
    asked = switch.request("000000")
    switch.say("100", asked)
    held = one(switch.say("110", switch.response(asked)).records)
    taken = {number: value for number, value in asked.items() if number != 35} | {
        11: "000099",
        7: "0302020000",
        39: "00",
        90: f"0100{asked[11]}{asked[7]}{asked[32]:0>11}{'':0>11}",
    }
    assert one(switch.say("220", taken).records).event_id == held.event_id


@EVERY_LAYOUT
def test_network_management_is_answered_and_is_no_transaction(layout: str) -> None:
    switch = Switch(layout)
    fields = {7: "0302011405", 11: "000001", **({70: "301"} if switch.edition == 1987 else {24: "831"})}
    taken = switch.say("800", fields)
    assert taken.records == []
    assert taken.answer is not None
    answer = Codec(switch.layout).read(taken.answer)
    assert answer.mti == switch.version + "810"
    assert answer.values == fields | {39: "00" if switch.edition == 1987 else "800"}


@pytest.mark.parametrize("layout", [*LAYOUTS, "with a header"])
@settings(max_examples=300, deadline=None)
@given(drawn=st.data())
def test_whatever_comes_is_refused_or_can_be_answered(layout: str, drawn: st.DataObject) -> None:
    """Nothing a switch sends ends the gateway: an answer or an acknowledgement of what was read can always be written."""
    found = adapted("[framing]\nheader_bytes = 5", "iso87_binary") if layout == "with a header" else layout
    switch = Switch(found)
    header = bytes(switch.layout.file.framing.header_bytes)
    corpus = [header + raw for raw in cases("iso87_binary" if header else layout).values()]
    for raw in drawn.draw(st.lists(mutants(corpus), max_size=5)):
        try:
            taken = switch.exchange.take(raw, switch.now)
        except DecodeError:
            continue
        answer = taken.answer or switch.exchange.acknowledgement(taken.message)
        assert switch.codec.read(answer).header == taken.message.header


@EVERY_LAYOUT
def test_an_acknowledgement_repeats_what_identifies_the_message_and_no_card_number(layout: str) -> None:
    switch = Switch(layout)
    taken = switch.say("200", switch.request())
    answer = Codec(switch.layout).read(switch.exchange.acknowledgement(taken.message))
    assert answer.mti == "9200"
    assert {number: answer.values[number] for number in (7, 11, 41)} == {
        number: taken.message.values[number] for number in (7, 11, 41)
    }
    assert 2 not in answer.values
    assert Codec(switch.layout).read(switch.exchange.acknowledgement(None)).mti == "9000"
