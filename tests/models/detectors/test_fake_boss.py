"""V2: a company pays a person it has never paid."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

FIRM = "A:firm"
V2 = detector("fake_boss")


def order(paid: str = "50000.00", more: str = "") -> str:
    return f"account firm type=CORPORATE\n10:00:00 transfer firm -> stranger {paid} CNY web id=out payee.type=PERSON\n{more}"


PLAIN = order(
    paid="270000.00",
    more="10:40:00 transfer firm -> second 300000.00 CNY web id=more payee.type=PERSON payer.region=330106 payee.region=440300\n",
)
CAUGHT = (PLAIN, FIRM, 2)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_companys_first_large_payment_to_a_person_is_tier_2_at_once() -> None:
    signals = examined(V2, order(), FIRM)

    assert tiers(signals) == {"out": 2}
    assert (signals["out"].typology, codes(signals["out"])) == ("V2", ["NEW_PAYEE"])


def test_a_company_at_another_bank_whose_other_payees_nobody_sees_here_supports_and_no_more() -> None:
    elsewhere = order().replace("type=CORPORATE", "type=CORPORATE on_us=false")

    assert tiers(examined(V2, elsewhere, FIRM)) == {"out": 0}
    assert tiers(examined(V2, elsewhere.replace("payee.type", "payee.name_match=NO payee.type"), FIRM)) == {"out": 1}
    assert tiers(examined(V2, elsewhere.replace("on_us=false", "on_us=true"), FIRM)) == {"out": 2}


def test_below_the_line_a_companys_payment_says_nothing() -> None:
    assert examined(V2, order(paid="49999.99"), FIRM) == {}


def test_parts_to_the_same_person_count_together() -> None:
    rest = "10:30:00 transfer firm -> stranger 30000.00 CNY web id=rest payee.type=PERSON\n"

    assert tiers(examined(V2, order(paid="30000.00", more=rest), FIRM)) == {"rest": 2}


@pytest.mark.parametrize("payee", ["CORPORATE", "MERCHANT", "GOVERNMENT"])
def test_a_company_that_pays_an_institution_is_left_alone(payee: str) -> None:
    assert examined(V2, order().replace("payee.type=PERSON", f"payee.type={payee}"), FIRM) == {}


@pytest.mark.parametrize(
    ("signs", "tier"),
    [("", 0), ("payee.name_match=NO", 1), ("payee.name_match=NO session.call_active=true", 2), ("payee.region=440300", 0)],
)
def test_a_payee_of_unknown_kind_is_support_unless_strong_signs_speak(signs: str, tier: int) -> None:
    story = order().replace("type=CORPORATE", "type=CORPORATE region=330106").replace("payee.type=PERSON", signs)
    (signal,) = examined(V2, story, FIRM).values()

    assert signal.tier == tier
    assert bool(signal.also) is bool(tier)
    assert "kind" in signal.reasons[0].en


def test_a_payment_that_does_not_tell_the_payees_kind_counts_with_those_that_do() -> None:
    rest = "10:30:00 transfer firm -> stranger 30000.00 CNY web id=rest\n"

    assert tiers(examined(V2, order(paid="30000.00", more=rest), FIRM)) == {"rest": 2}


def test_a_first_wage_is_explained() -> None:
    wage = order().replace(" web ", " batch ").replace("id=out", "id=out purpose=SALA")

    assert explained("payroll", V2, wage, FIRM).share >= 0.8
    assert explained("payroll", V2, order(), FIRM).share == 0.0


def test_a_second_new_person_in_another_province_adds_strength_and_both_are_named() -> None:
    signals = examined(V2, PLAIN, FIRM)

    assert tiers(signals) == {"out": 2, "more": 2}
    assert codes(signals["more"]) == ["NEW_PAYEE", "CROSS_REGION", "DISTINCT_PAYEES"]
    assert signals["more"].strength > signals["out"].strength
    assert [also.id for also in signals["more"].also] == ["second", "stranger"]


def test_suppliers_paid_the_same_day_are_no_part_of_it() -> None:
    supplier = "09:00:00 transfer firm -> supplier 90000.00 CNY web id=supplies payee.type=CORPORATE\n"
    head, _, tail = order().partition("10:00:00")
    (signal,) = examined(V2, head + supplier + "10:00:00" + tail, FIRM).values()

    assert signal.evidence == ("out",)
    assert signal.at_risk_minor == 5_000_000


def test_a_request_is_judged_before_the_money_moves_and_enters_no_sum() -> None:
    asked = order(paid="30000.00").replace("id=out", "id=out status=REQUESTED")

    assert examined(V2, order().replace("id=out", "id=out status=REQUESTED"), FIRM)["out"].money == "REQUESTED"
    assert examined(V2, asked + "10:30:00 transfer firm -> stranger 30000.00 CNY web payee.type=PERSON\n", FIRM) == {}


@pytest.mark.parametrize("status", ["DECLINED", "REVERSED of=earlier"])
def test_what_did_not_move_is_no_money(status: str) -> None:
    assert examined(V2, order().replace("id=out", f"id=out status={status}"), FIRM) == {}


@pytest.mark.parametrize(("first_at", "tier"), [("10:00:00", 1), ("10:00:01", 2)])
def test_the_day_excludes_its_start_and_parts_of_the_day_before_remind(first_at: str, tier: int) -> None:
    story = order(paid="30000.00").replace("10:00:00", first_at)

    assert (
        highest(examined(V2, story + "+1d 10:00:00 transfer firm -> stranger 30000.00 CNY web payee.type=PERSON\n", FIRM)) == tier
    )


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(V2, shifted(events_of(PLAIN), hours), FIRM)) == 2


def test_an_owner_who_draws_every_month_is_left_alone() -> None:
    known = "-30d 10:00:00 transfer firm -> stranger 2000.00 CNY web payee.type=PERSON\n"
    head, _, tail = order().partition("10:00:00")

    assert examined(V2, head + known + "10:00:00" + tail, FIRM) == {}


def test_a_payment_to_the_own_name_is_explained() -> None:
    own = order().replace("type=CORPORATE", "type=CORPORATE customer=c-1").replace("id=out", "id=out payee.customer=c-1")

    assert explained("own_name_move", V2, own, FIRM).share >= 0.8


# ---- short of the line ---------------------------------------------------------------------------------------------------------


def parts(*paid: tuple[str, str, str], extra: str = "", habit: str = "") -> str:
    """Return payments (when, payee, yuan) of a company to persons."""
    lines = [
        f"{at} transfer firm -> {to} {yuan} CNY web id={'out' if n == len(paid) - 1 else f'p{n}'} payee.type=PERSON {extra}\n"
        for n, (at, to, yuan) in enumerate(paid)
    ]
    return "account firm type=CORPORATE balance=9000000.00\n" + habit + "".join(lines)


def test_parts_to_one_person_over_days_add_up_and_fade() -> None:
    first = ("10:00:00", "stranger", "30000.00")
    for at, tier in (("+2d 10:00:00", 1), ("+3d 10:00:00", 1), ("+6d 10:00:00", None)):
        signal = examined(V2, parts(first, (at, "stranger", "30000.00")), FIRM).get("out")
        assert (None if signal is None else signal.tier) == tier, at
    called = parts(first, ("+2d 10:00:00", "stranger", "30000.00"), extra="session.call_active=true")
    assert examined(V2, called, FIRM)["out"].tier == 2


def test_a_sum_split_over_new_persons_adds_up() -> None:
    split = [(f"1{n}:00:00", f"p-{n}", "20000.00") for n in range(3)]
    signals = examined(V2, parts(*split), FIRM)

    assert tiers(signals) == {"out": 1}
    assert codes(signals["out"]) == ["NEW_PAYEE", "DISTINCT_PAYEES"]
    assert signals["out"].reasons[0].value == 6_000_000.0
    assert highest(examined(V2, parts(*split, extra="payee.name_match=NO"), FIRM)) == 2
    assert examined(V2, parts(*[(at, to, "9999.00") for at, to, _ in split * 2]), FIRM) == {}
    assert examined(V2, parts(*split).replace(" web ", " batch "), FIRM) == {}


def test_a_small_firms_sum_far_above_its_habit_is_a_reminder() -> None:
    habit = "".join(f"-{50 - n}d 10:00:00 transfer firm -> supplier {500 + 20 * n}.00 CNY web\n" for n in range(25))

    assert tiers(examined(V2, parts(("10:00:00", "stranger", "20000.00"), habit=habit), FIRM)) == {"out": 1}
    assert examined(V2, parts(("10:00:00", "stranger", "20000.00")), FIRM) == {}
    assert examined(V2, parts(("10:00:00", "stranger", "9999.99"), habit=habit), FIRM) == {}


def test_the_firms_own_people_and_its_owner_are_explained() -> None:
    own = order().replace("type=CORPORATE", "type=CORPORATE cohort=f-1").replace("id=out", "id=out payee.cohort=f-1")
    owner = order().replace("\n10:00", "\n-40d 10:00:00 transfer stranger -> firm 9000.00 CNY web\n10:00", 1)

    assert explained("reimbursements", V2, own, FIRM).share >= 0.5
    assert explained("owner_draws", V2, owner, FIRM).share >= 0.5
