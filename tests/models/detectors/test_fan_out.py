"""M3: one large sum is cut up at once, in slices below a cap."""

import pytest

from tests.models.examine import codes, detector, examined, explained, highest, tiers
from tests.scenario import events_of, shifted

MULE = "A:cutter"
M3 = detector("fan_out")


def cutting(
    credit: str = "59000.00",
    slices: tuple[int, ...] = (9_900, 9_800, 9_700, 9_900, 9_600, 9_800),
    every_min: int = 4,
    opening: str = " balance=20.00",
    after_min: int = 10,
    facts: str = "",
) -> str:
    """Return a stranger's credit at nine o'clock, cut up among new payees some minutes later."""
    lines = [
        f"account cutter type=PERSON customer=c-0{opening}",
        f"09:00:00 transfer boss -> cutter {credit} CNY mobile id=in payer.type=PERSON payer.customer=k-0",
    ]
    for n, yuan in enumerate(slices):
        at = 9 * 60 + after_min + every_min * n
        lines.append(
            f"{at // 60:02}:{at % 60:02}:00 transfer cutter -> p{n} {yuan}.00 CNY mobile id=s{n} payee.type=PERSON {facts}"
        )
    return "\n".join(lines) + "\n"


CAUGHT = (cutting(), MULE, 3)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_slices_near_a_cap_are_the_managers_and_all_of_them_the_polices() -> None:
    signals = examined(M3, cutting(), MULE)

    assert tiers(signals)["s3"] == 2
    assert tiers(signals)["s5"] == 3
    assert codes(signals["s3"]) == ["DISTINCT_PAYEES"]
    assert signals["s3"].evidence == ("in", "s0", "s1", "s2", "s3")
    assert [also.id for also in signals["s3"].also] == ["p0", "p1", "p2", "p3"]


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert highest(examined(M3, shifted(events_of(cutting()), hours), MULE)) == 3


def test_like_slices_of_any_size_are_cut_as_well_but_no_police_matter() -> None:
    assert highest(examined(M3, cutting(credit="60000.00", slices=(19_900, 19_500, 19_800)), MULE)) == 2


def test_where_more_leaves_than_strangers_brought_it_is_own_money() -> None:
    signals = examined(M3, cutting(slices=(29_000, 29_000, 29_000), opening=" balance=90000.00"), MULE)

    assert "s2" not in signals


def test_own_money_or_an_untold_balance_keeps_it_from_the_police() -> None:
    assert highest(examined(M3, cutting(opening=" balance=8000.00"), MULE)) == 2
    assert highest(examined(M3, cutting(opening=""), MULE)) == 2


@pytest.mark.parametrize(
    "story",
    [
        cutting(credit="60000.00", slices=(29_500, 29_800)),
        cutting(credit="45000.00", slices=(14_900, 14_800, 14_900)),
        cutting(credit="60000.00", slices=(16_000, 20_000, 22_000)),
        cutting(slices=(19_500, 19_600, 19_500), every_min=30),
        cutting(credit="60000.00", slices=(11_000, 11_500, 11_200)),
    ],
    ids=["two payees", "a smaller credit", "sums that differ", "one hour", "half of it"],
)
def test_short_of_a_line_it_reminds_or_supports(story: str) -> None:
    assert highest(examined(M3, story, MULE)) < 2
    assert examined(M3, story, MULE)


@pytest.mark.parametrize(
    "story",
    [
        cutting(slices=(58_000,)),
        cutting(credit="24000.00", slices=(7_900, 7_800, 7_900)),
        cutting(credit="60000.00", slices=(5_000, 15_000, 38_000)),
        cutting(slices=(19_500, 19_600, 19_500), every_min=150),
        cutting(credit="60000.00", slices=(300, 300, 300)),
        cutting().replace("payee.type=PERSON", "payee.type=MERCHANT"),
        cutting().replace("payer.type=PERSON", "payer.type=CORPORATE purpose=SALA"),
    ],
    ids=["one payee", "a small credit", "bills", "hours apart", "lunches", "shops", "wages"],
)
def test_what_is_no_cutting_up_is_left_alone(story: str) -> None:
    assert examined(M3, story, MULE) == {}


def test_the_strength_fades_with_the_span_of_the_slices() -> None:
    spans = [
        examined(M3, cutting(slices=(19_500, 19_600, 19_500), every_min=every), MULE)["s2"].strength for every in (5, 16, 30, 60)
    ]

    assert spans == sorted(spans, reverse=True)
    assert spans[0] - spans[1] < 0.02


def test_acquaintances_and_the_own_name_are_no_new_payees() -> None:
    known = "".join(f"-30d 10:0{n}:00 transfer cutter -> p{n} 100.00 CNY mobile\n" for n in range(6))

    assert examined(M3, known + cutting(), MULE) == {}
    assert explained("own_name_move", M3, cutting(facts="payee.customer=c-0"), MULE).share >= 0.5


def test_a_tiny_payment_between_hides_nothing() -> None:
    hidden = cutting() + "09:11:00 transfer cutter -> friend 20.00 CNY mobile payee.type=PERSON\n"

    assert highest(examined(M3, hidden, MULE)) == 3


def test_a_request_counts_as_approved_and_a_declined_one_as_nothing() -> None:
    three = cutting(credit="60000.00", slices=(19_900, 19_500, 19_800))

    assert highest(examined(M3, three.replace("id=s2", "id=s2 status=REQUESTED"), MULE)) == 2
    assert highest(examined(M3, three.replace("id=s2", "id=s2 status=DECLINED"), MULE)) < 2
