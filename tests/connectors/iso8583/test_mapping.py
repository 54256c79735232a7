"""Fields to transactions: kinds, money, times, parties; and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import DecodeError
from connectors.iso8583.samples import ACCOUNT, CARD, OTHER_ACCOUNT
from models.records import Host, Transaction
from tests.connectors.golden import TOKENS
from tests.connectors.iso8583.messages import LAYOUTS, Switch, adapted

EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def one(switch: Switch, mti: str, fields: dict[int, str]) -> Transaction:
    (record,) = switch.say(mti, fields).records
    return record


def refused(switch: Switch, mti: str, fields: dict[int, str]) -> tuple[str, str | None]:
    with pytest.raises(DecodeError) as error:
        switch.say(mti, fields)
    assert error.value.position is not None
    return error.value.code, error.value.field


def asked(fields: dict[int, str], layout: Any = "iso87_ascii") -> Transaction:
    return one(Switch(layout), "200", Switch(layout).request() | fields)


@EVERY_LAYOUT
def test_a_withdrawal_says_who_where_when_and_how_much(layout: str) -> None:
    record = asked({}, layout)
    assert (record.kind, record.status, record.channel) == ("CASH_WITHDRAWAL", "REQUESTED", "ATM")
    assert (record.amount_minor, record.currency) == (500_000, "CNY")
    assert record.event_time == datetime(2026, 3, 2, 1, 14, 5, tzinfo=UTC)
    assert record.payer is not None
    assert record.payer.account == TOKENS.account(ACCOUNT)
    assert record.card == TOKENS.card(CARD)
    assert record.terminal is not None
    assert record.terminal.id == "1020000-ATM00012"


@EVERY_LAYOUT
def test_a_transfer_at_a_machine_names_both_accounts_and_the_receiving_bank(layout: str) -> None:
    switch = Switch(layout)
    record = one(switch, "200", switch.request("401000"))
    assert record.payer is not None
    assert record.payee is not None
    assert (record.kind, record.payer.account, record.payee.account) == (
        "TRANSFER",
        TOKENS.account(ACCOUNT),
        TOKENS.account(OTHER_ACCOUNT),
    )
    assert record.payee.bank == "03080000"


@EVERY_LAYOUT
def test_a_deposit_credits_the_holder_with_the_balance_told(layout: str) -> None:
    switch = Switch(layout)
    record = one(switch, "210", switch.response(switch.request("210000")))
    assert record.payer is None
    assert record.payee is not None
    assert (record.payee.account, record.payee.balance_after_minor) == (TOKENS.account(ACCOUNT), 447_500)


@EVERY_LAYOUT
def test_a_purchase_pays_the_card_acceptor(layout: str) -> None:
    switch = Switch(layout)
    record = one(switch, "200", switch.request("000000"))
    assert record.payee is not None
    assert (record.channel, record.payee.account, record.payee.type) == ("POS", "m-1020000-105330100000001", "MERCHANT")


def test_an_account_without_a_number_goes_by_its_card() -> None:
    record = asked({102: ""})
    assert record.payer is not None
    assert record.payer.account == TOKENS.account(CARD)


@EVERY_LAYOUT
def test_a_card_number_on_the_track_alone_is_the_same_card(layout: str) -> None:
    record = asked({2: "", 35: f"{CARD}=29122011234", 102: ""}, layout)
    assert record.payer is not None
    assert (record.card, record.payer.account) == (TOKENS.card(CARD), TOKENS.account(CARD))


@pytest.mark.parametrize(
    ("layout", "digits", "code", "amount_minor"),
    [
        ("", "000000500000", "156", 500_000),
        ("", "000000005000", "392", 5_000),  # yen have no minor unit
        ("", "000000005000", "048", 5_000),  # a dinar of Bahrain has a thousand
        ("[amounts]\ndecimals = 2", "000000500000", "392", 5_000),
        ("[amounts]\ndecimals = 2", "000000005000", "048", 50_000),
        ("[amounts]\ncurrency = 'CNY'", "000000500000", None, 500_000),
        ("", "000000500000", "CNY", 500_000),
    ],
)
def test_amounts_are_in_the_minor_units_of_their_currency(layout: str, digits: str, code: str | None, amount_minor: int) -> None:
    switch = Switch(adapted(layout))
    fields = switch.request() | {4: digits, **({49: code} if code else {})}
    if code is None:
        del fields[49]
    assert one(switch, "200", fields).amount_minor == amount_minor


def test_an_amount_finer_than_its_currency_is_refused_not_rounded() -> None:
    switch = Switch(adapted("[amounts]\ndecimals = 2"))
    assert refused(switch, "200", switch.request() | {4: "000000500001", 49: "392"}) == ("out_of_range", "DE 4")


@pytest.mark.parametrize(
    ("additional", "balance_minor"),
    [
        ("1001156C000000448000" + "1002156C000000447500", 447_500),  # what can be spent goes before what is booked
        ("1001156C000000448000", 448_000),
        ("1002156D000000000100", -100),
        ("1002840C000000447500", None),  # of another currency
        ("1002156X000000447500", None),
        ("1040156C000000447500", None),  # a limit, no balance
        ("1002156C0000004475", None),
    ],
)
def test_the_balance_left_is_that_of_the_transactions_currency(additional: str, balance_minor: int | None) -> None:
    switch = Switch()
    record = one(switch, "210", switch.response(switch.request()) | {54: additional})
    assert record.payer is not None
    assert record.payer.balance_after_minor == balance_minor


@pytest.mark.parametrize(
    ("now", "day", "year"),
    [
        (datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC), "1231", 2025),
        (datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC), "0101", 2026),
        (datetime(2026, 3, 2, tzinfo=UTC), "0301", 2026),
        (datetime(2026, 11, 25, tzinfo=UTC), "0302", 2026),  # a long way back, but never a long way ahead
        (datetime(2026, 3, 2, tzinfo=UTC), "0305", 2025),
    ],
)
def test_a_date_without_a_year_is_the_latest_that_is_no_more_than_a_day_ahead(now: datetime, day: str, year: int) -> None:
    switch = Switch(adapted('[times]\nlocal = "+00:00"'))
    switch.now = now
    record = one(switch, "200", switch.request() | {13: day, 7: f"{day}235959", 12: "120000"})
    assert record.event_time.year == year


def test_without_local_time_the_transmission_time_counts() -> None:
    switch = Switch()
    fields = {number: value for number, value in switch.request().items() if number not in (12, 13)}
    assert one(switch, "200", fields).event_time == datetime(2026, 3, 2, 1, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({3: "010000", 18: "6010"}, "COUNTER"),
        ({3: "010000", 18: "6011", 22: "012"}, "ATM"),
        ({3: "010000", 18: "5999", 22: "012"}, "ATM"),  # cash does not come through a browser
        ({3: "000000", 18: "5411", 22: "012"}, "WEB"),
        ({3: "000000", 18: "5411", 22: "051"}, "POS"),
    ],
)
def test_merchant_type_and_entry_mode_tell_the_channel(fields: dict[int, str], channel: str) -> None:
    assert asked(fields).channel == channel


def test_our_own_machines_go_by_their_own_name_and_cards_of_ours_are_known() -> None:
    layout = adapted('[bank]\ncard_prefixes = ["622202"]\nacquirers = ["01020000"]')
    ours, theirs = asked({}, layout), asked({2: "6228480030012345678", 32: "03080000"}, layout)
    assert ours.terminal is not None
    assert theirs.terminal is not None
    assert ours.payer is not None
    assert theirs.payer is not None
    assert (ours.terminal.id, ours.payer.on_us) == ("ATM00012", True)
    assert (theirs.terminal.id, theirs.payer.on_us) == ("3080000-ATM00012", False)


@pytest.mark.parametrize("base", ["iso87_ascii", "iso93"])
def test_the_city_of_a_machine_becomes_its_region_where_the_bank_lists_it(base: str) -> None:
    record = asked({}, adapted('[regions]\nHANGZHOU = "330100"', base))
    assert record.terminal is not None
    assert record.terminal.region == "330100"


@pytest.mark.parametrize(
    ("mti", "changed", "told"),
    [
        ("200", {3: None}, ("missing_field", "DE 3")),
        ("200", {3: "550000"}, ("unknown_value", "DE 3")),
        ("200", {4: None}, ("missing_field", "DE 4")),
        ("200", {49: None}, ("missing_field", "DE 49")),
        ("200", {49: "000"}, ("unknown_value", "DE 49")),
        ("200", {11: None}, ("missing_field", "DE 11")),
        ("200", {7: None}, ("missing_field", "DE 7")),
        ("200", {7: "0230000000"}, ("bad_time", "DE 7")),
        ("200", {12: "250000"}, ("bad_time", "DE 12")),
        ("200", {13: None}, ("missing_field", "DE 13")),
        ("200", {41: None}, ("missing_field", "DE 41")),
        ("200", {2: None, 35: None, 102: None}, ("missing_party", "DE 2")),
        ("200", {3: "401000"}, ("missing_field", "DE 103")),
        ("200", {3: "000000", 42: None}, ("missing_party", "DE 42")),
        ("210", {}, ("missing_field", "DE 39")),
        ("400", {}, ("missing_field", "DE 90")),
        ("400", {90: "0" * 42}, ("missing_field", "DE 90")),
        ("400", {90: "02000000120230000000" + "0" * 22}, ("bad_time", "DE 90")),
        ("600", {}, ("unknown_value", "MTI")),
    ],
)
def test_what_is_missing_or_wrong_is_told_by_its_data_element(mti: str, changed: dict[int, Any], told: tuple[str, str]) -> None:
    switch = Switch()
    fields = {number: value for number, value in (switch.request() | changed).items() if value is not None}
    assert refused(switch, mti, fields) == told


def test_an_approval_without_the_message_authentication_that_is_expected_says_so() -> None:
    layout = adapted("[answers]\nmac_expected = true")
    response = Switch().response(Switch().request())
    without, with_it = one(Switch(layout), "210", response), one(Switch(layout), "210", response | {64: "0" * 16})
    declined = one(Switch(layout), "210", Switch().response(Switch().request(), approved=False))
    unexpected = one(Switch(), "210", response)
    assert without.host == Host(mac="MISSING")
    assert (with_it.host, declined.host, unexpected.host) == (None, None, None)


@EVERY_LAYOUT
@pytest.mark.parametrize("code", ["310000", "300000"])
def test_an_inquiry_is_no_transaction(layout: str, code: str) -> None:
    switch = Switch(layout)
    assert switch.say("200", switch.request(code, amount_minor=0)).records == []


def test_two_transactions_in_the_same_second_at_two_machines_have_two_ids() -> None:
    assert asked({41: "ATM00012"}).event_id != asked({41: "ATM00013"}).event_id
    assert asked({11: "000012"}).event_id != asked({11: "000013"}).event_id
    assert asked({32: "01020000"}).event_id != asked({32: "01030000"}).event_id
