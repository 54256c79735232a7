"""X2: online banking just opened, a second device drains the account."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
X2 = detector("coached_enrolment")
ENROLLED = "-3d 10:00:00 ebank-enrolled victim\n-3d 10:05:00 login victim device=own id=first\n"
SECOND = "09:30:00 login victim device=other id=second\n"


def drain(
    before: str = ENROLLED + SECOND,
    age: str = " holder_age=67",
    paid: str = "60000.00",
    at: str = "10:00:00",
    extra: str = "session.device=other payee.type=PERSON",
    balance: str = " balance=100000.00",
) -> str:
    """Return a transfer from the second device to somebody new."""
    head = f"account victim type=PERSON customer=c-1{age}{balance}\n{before}"
    return f"{head}{at} transfer victim -> mule {paid} CNY mobile id=out {extra}\n"


PLAIN = drain()
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_second_device_that_drains_an_older_customer_is_tier_2() -> None:
    signals = examined(X2, PLAIN, VICTIM)

    assert tiers(signals) == {"second": 0, "out": 2}
    assert codes(signals["out"]) == ["ENROL_AGE_D", "DRAIN_24H", "HOLDER_AGE"]
    assert signals["out"].reasons[0].value == 3.0
    assert signals["out"].at_risk_minor == 6_000_000
    assert [(also.id, also.role, also.tier) for also in signals["out"].also] == [("mule", "MULE_SUSPECTED", 0)]


def test_the_login_of_a_second_device_is_support_stronger_where_a_record_of_the_day_tells_an_older_age() -> None:
    cash = "09:00:00 withdrawal victim 200.00 CNY ATM-1\n"
    plain = examined(X2, PLAIN, VICTIM)
    older = examined(X2, drain(before=ENROLLED + cash + SECOND), VICTIM)

    assert (plain["second"].tier, older["second"].tier) == (0, 0)
    assert older["second"].strength > plain["second"].strength
    assert "first" not in plain


@pytest.mark.parametrize(
    ("story", "tier"),
    [
        (drain(age=""), 1),
        (drain(age=" holder_age=59"), 1),
        (drain(age="", extra="session.device=other session.remote_access=true"), 2),
        (drain(age="", extra="session.device=other payee.opened_on=2026-02-20"), 2),
        (drain(extra="session.device=own"), 1),
        (drain(extra=""), 1),
        (drain(paid="50000.00"), 1),
        (drain(paid="29000.00"), 0),
        (drain(balance=""), 0),
    ],
    ids=["age unknown", "younger", "but remote", "but a young payee", "own device", "device unknown", "half", "less", "no balance"],
)
def test_what_is_missing_lowers_the_tier(story: str, tier: int) -> None:
    assert examined(X2, story, VICTIM)["out"].tier == tier


@pytest.mark.parametrize(
    "story",
    [
        drain(before=ENROLLED, extra="session.device=own"),
        drain(before=SECOND),
        drain(before=ENROLLED.replace("-3d", "-14d") + SECOND),
        drain(paid="1999.99", balance=" balance=2500.00"),
    ],
    ids=["one device only", "no enrolment", "two weeks ago", "a small sum"],
)
def test_just_under_a_threshold_nothing_is_said_of_the_payment(story: str) -> None:
    assert "out" not in examined(X2, story, VICTIM)


def test_beyond_a_week_it_fades_and_is_a_reminder_at_most() -> None:
    week = examined(X2, drain(before=ENROLLED.replace("-3d", "-7d").replace("10:0", "10:1") + SECOND), VICTIM)["out"]
    later = examined(X2, drain(before=ENROLLED.replace("-3d", "-10d") + SECOND), VICTIM)["out"]

    assert (week.tier, later.tier) == (2, 1)
    assert later.strength < week.strength


def test_stages_and_split_payees_of_a_day_add_up() -> None:
    stages = "11:00:00 transfer victim -> mule2 25000.00 CNY mobile id=two session.device=other\n"
    signals = examined(X2, drain(paid="35000.00") + stages, VICTIM)

    assert tiers(signals) == {"second": 0, "out": 1, "two": 2}
    assert [also.id for also in signals["two"].also] == ["mule", "mule2"]


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(X2, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves_and_a_refusal_is_none() -> None:
    asked = examined(
        X2,
        drain(
            before=ENROLLED + "09:00:00 withdrawal victim 100.00 CNY ATM-1\n" + SECOND,
            extra="session.device=other status=REQUESTED",
        ),
        VICTIM,
    )["out"]

    assert (asked.tier, asked.money) == (2, "REQUESTED")
    assert "out" not in examined(X2, drain(extra="status=DECLINED"), VICTIM)


def test_a_payee_of_old_is_left_alone() -> None:
    known = "-10d 10:00:00 transfer victim -> mule 100.00 CNY counter\n"

    assert "out" not in examined(X2, drain(before=known + ENROLLED + SECOND), VICTIM)


def test_strangers_money_that_moves_on_is_a_mules_pattern() -> None:
    for fed in ("09:40:00", "-2d 09:40:00"):
        credit = f"{fed} transfer stranger -> victim 30000.00 CNY mobile payer.type=PERSON\n"
        assert "out" not in examined(X2, drain(before=ENROLLED + credit + SECOND), VICTIM)


def test_the_enrolment_itself_explains_no_second_device() -> None:
    today = ENROLLED.replace("-3d 10:0", "+0d 08:0") + SECOND

    assert explained("new_handset", X2, drain(before=today), VICTIM).share < 0.5
    assert explained("own_name_move", X2, drain(extra="session.device=other payee.customer=c-1"), VICTIM).share >= 0.8
