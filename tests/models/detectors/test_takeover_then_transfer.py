"""X1: the account changes hands, then pays a payee just added."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

VICTIM = "A:victim"
X1 = detector("takeover_then_transfer")
RESET = "09:00:00 password-reset victim id=reset device=evil\n"
BOUND = "09:05:00 device-bound victim id=bound device=evil\n"
ADDED = "09:58:00 payee-added victim id=added payee_account=mule\n"


def takeover(
    before: str = RESET + BOUND + ADDED, paid: str = "20000.00", extra: str = "session.device=evil session.otp_count_10m=2"
) -> str:
    return f"account victim type=PERSON customer=c-1\n{before}10:00:00 transfer victim -> mule {paid} CNY mobile id=out {extra}\n"


PLAIN = takeover()
CAUGHT = (PLAIN, VICTIM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_new_device_and_a_new_payee_with_two_codes_is_tier_2() -> None:
    signals = examined(X1, PLAIN, VICTIM)

    assert tiers(signals) == {"out": 2}
    assert codes(signals["out"]) == ["FRESH_TAKEOVER", "PAYEE_ADDED", "OTP_COUNT_10M"]
    assert signals["out"].evidence == ("reset", "bound", "added", "out")
    assert signals["out"].at_risk_minor == 2_000_000
    assert [(also.id, also.role, also.tier) for also in signals["out"].also] == [("mule", "MULE_SUSPECTED", 0)]


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (takeover(before=BOUND + ADDED, extra=""), "PAYEE_ADDED"),
        (takeover(before=BOUND, extra="session.otp_count_10m=2"), "OTP_COUNT_10M"),
        (takeover(before=BOUND, extra="session.remote_access=true"), "COACHED"),
    ],
)
def test_any_one_sign_makes_it_tier_2(story: str, code: str) -> None:
    signals = examined(X1, story, VICTIM)

    assert tiers(signals) == {"out": 2}
    assert codes(signals["out"]) == ["FRESH_TAKEOVER", code]


def test_a_new_device_alone_is_a_reminder() -> None:
    assert tiers(examined(X1, takeover(before=BOUND, extra="session.otp_count_10m=1"), VICTIM)) == {"out": 1}


@pytest.mark.parametrize(
    "story",
    [
        takeover(paid="999.99"),
        takeover(before="-1d 22:00:00 device-bound victim device=evil\n" + ADDED),
        takeover(before=ADDED, extra="session.otp_count_10m=5"),
    ],
    ids=["below the smallest sum", "twelve hours after the device", "no change of hands"],
)
def test_just_under_a_threshold_nothing_is_said(story: str) -> None:
    assert examined(X1, story, VICTIM) == {}


def test_the_twelve_hours_exclude_their_start() -> None:
    assert highest(examined(X1, takeover(before="-1d 22:00:01 device-bound victim device=evil\n" + ADDED), VICTIM)) == 2


def test_a_session_on_a_device_never_seen_before_counts_even_after_a_login_from_it() -> None:
    old = "-20d 10:00:00 login victim device=own\n-10d 10:00:00 login victim device=own\n"
    login = "09:00:00 login victim device=evil\n09:40:00 login victim device=evil\n"
    signals = examined(X1, takeover(before=old + login, extra="session.device=evil session.otp_count_10m=2"), VICTIM)

    assert tiers(signals) == {"out": 2}
    assert examined(X1, takeover(before=old + login, extra="session.device=own session.otp_count_10m=2"), VICTIM) == {}


def test_the_first_device_of_an_account_is_no_new_device() -> None:
    assert examined(X1, takeover(before="", extra="session.device=own session.otp_count_10m=2"), VICTIM) == {}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(X1, shifted(events_of(PLAIN), hours), VICTIM)) == 2


def test_a_request_is_judged_before_the_money_moves() -> None:
    signal = examined(X1, PLAIN.replace("id=out", "id=out status=REQUESTED"), VICTIM)["out"]

    assert (signal.tier, signal.money) == (2, "REQUESTED")


def test_a_declined_payment_is_no_money() -> None:
    assert examined(X1, PLAIN.replace("id=out", "id=out status=DECLINED"), VICTIM) == {}


def test_old_payees_from_a_new_handset_are_left_alone() -> None:
    known = "-10d 10:00:00 transfer victim -> mule 300.00 CNY mobile\n"

    assert examined(X1, takeover(before=known + BOUND, extra=""), VICTIM) == {}


def test_strangers_money_that_moves_on_is_a_mules_pattern() -> None:
    credit = "09:30:00 transfer stranger -> victim 20000.00 CNY mobile payer.type=PERSON\n"

    assert examined(X1, takeover(before=BOUND + credit + ADDED), VICTIM) == {}


def test_a_usual_sum_from_a_new_handset_is_explained() -> None:
    habit = "".join(f"-{30 - n}d 12:00:00 transfer victim -> friend {900 + 40 * n}.00 CNY mobile\n" for n in range(15))
    usual = takeover(before=habit + BOUND, paid="1200.00", extra="session.device=evil")
    large = takeover(before=habit + BOUND, paid="80000.00", extra="session.device=evil")
    coded = takeover(before=habit + BOUND, paid="1200.00", extra="session.otp_count_10m=2")
    reset = takeover(before=habit + RESET + BOUND, paid="1200.00", extra="")

    assert explained("new_handset", X1, usual, VICTIM).share >= 0.8
    assert explained("new_handset", X1, large, VICTIM).share < 0.5
    assert explained("new_handset", X1, coded, VICTIM).share == 0.0
    assert explained("new_handset", X1, reset, VICTIM).share == 0.0


def test_the_first_handset_of_a_fresh_enrolment_is_explained_for_one_tier() -> None:
    enrolled = takeover(before="09:00:00 ebank-enrolled victim\n" + BOUND + ADDED, extra="")

    assert 0.5 <= explained("new_handset", X1, enrolled, VICTIM).share < 0.8
