"""N11: a customer binds a new phone and goes on living."""

from tests.models.examine import detector, explained

TAKEOVER = detector("takeover_then_transfer")
HABIT = "".join(f"-{30 - n}d 12:00:00 transfer holder -> friend {900 + 40 * n}.00 CNY mobile\n" for n in range(15))
BOUND = "09:00:00 device-bound holder device=new\n"


def payment(before: str = HABIT + BOUND, paid: str = "1200.00", extra: str = "") -> str:
    return f"{before}10:00:00 transfer holder -> shop {paid} CNY mobile {extra}\n"


EXPLAINED = (payment(), "takeover_then_transfer", "A:holder", 0.8)


def test_a_usual_sum_costs_two_tiers() -> None:
    assert explained("new_handset", TAKEOVER, payment(), "A:holder").share >= 0.8


def test_an_unusual_sum_or_too_little_history_costs_nothing() -> None:
    assert explained("new_handset", TAKEOVER, payment(paid="60000.00"), "A:holder").share < 0.5
    assert explained("new_handset", TAKEOVER, payment(before=BOUND), "A:holder").share < 0.5


def test_a_reset_a_new_number_codes_or_a_call_explain_nothing() -> None:
    for before, extra in (
        (HABIT + BOUND + "09:10:00 password-reset holder\n", ""),
        (HABIT + BOUND + "09:10:00 phone-changed holder\n", ""),
        (HABIT + BOUND, "session.otp_count_10m=2"),
        (HABIT + BOUND, "session.call_active=true"),
    ):
        assert explained("new_handset", TAKEOVER, payment(before=before, extra=extra), "A:holder").share == 0.0


def test_without_a_new_device_there_is_no_handset_to_explain_it() -> None:
    assert explained("new_handset", TAKEOVER, payment(before=HABIT + "09:00:00 password-reset holder\n"), "A:holder").share == 0.0


def test_a_first_handset_costs_one_tier() -> None:
    enrolled = "08:59:00 ebank-enrolled holder\n" + BOUND

    assert 0.5 <= explained("new_handset", TAKEOVER, payment(before=enrolled), "A:holder").share < 0.8
