"""M4: a few yuan to try an account, then the real money."""

import pytest

from tests.bank import Bank
from tests.models.examine import codes, detector, examined, tiers
from tests.scenario import events_of, shifted

MULE = "A:mule"
M4 = detector("probe_then_load")
ACCOUNTS = "account mule type=PERSON customer=c-0 balance=0.00\n"


def probed(
    probe: str = "1.00",
    at: str = "09:00:00",
    load: str = "30000.00",
    payer: str = "victim",
    prober: str = "runner",
    facts: str = "",
) -> str:
    return ACCOUNTS + (
        f"{at} transfer {prober} -> mule {probe} CNY mobile id=probe payer.type=PERSON payer.customer=k-{prober} {facts}\n"
        f"10:30:00 transfer {payer} -> mule {load} CNY mobile id=load payer.type=PERSON payer.customer=k-{payer}\n"
    )


CAUGHT = (probed(), MULE, 0)
"""A story it must catch, at which key, and the tier it ends at: for the contract suite."""


def test_a_large_credit_after_a_probe_supports_a_case() -> None:
    signals = examined(M4, probed(), MULE)

    assert tiers(signals) == {"load": 0}
    assert codes(signals["load"]) == ["PROBE_THEN_LOAD"]
    assert signals["load"].reasons[0].value == 30_000
    assert signals["load"].evidence == ("probe", "load")
    assert signals["load"].strength == 1.0


def test_a_probe_sent_out_counts_like_one_that_came_in() -> None:
    story = ACCOUNTS.replace("0.00", "50.00") + (
        "09:00:00 transfer mule -> runner 5.00 CNY mobile id=probe\n10:30:00 transfer victim -> mule 30000.00 CNY mobile id=load\n"
    )

    assert set(examined(M4, story, MULE)) == {"load"}


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
def test_the_hour_does_not_matter(hours: int) -> None:
    assert set(examined(M4, shifted(events_of(probed()), hours), MULE)) == {"load"}


def test_whoever_tests_a_payee_and_pays_himself_counts_little() -> None:
    careful = examined(M4, probed(prober="victim"), MULE)["load"].strength

    assert careful < 0.5 * examined(M4, probed(), MULE)["load"].strength


@pytest.mark.parametrize(
    "story",
    [probed(probe="20.00"), probed(probe="30.00", load="2400.00"), probed(at="-1d 09:00:00")],
    ids=["a little more than ten yuan", "eighty times", "the day before"],
)
def test_a_near_miss_counts_less(story: str) -> None:
    (signal,) = examined(M4, story, MULE).values()

    assert 0.0 < signal.strength < 1.0


@pytest.mark.parametrize(
    "story",
    [
        probed(probe="50.00"),
        probed(load="1999.99"),
        probed(at="-4d 09:00:00"),
        probed(facts="status=DECLINED"),
        ACCOUNTS + "10:30:00 transfer victim -> mule 30000.00 CNY mobile id=load\n",
    ],
    ids=["fifty yuan", "a small load", "four days before", "a declined probe", "no probe"],
)
def test_without_probe_or_load_nothing_is_said(story: str) -> None:
    assert examined(M4, story, MULE) == {}


def test_beside_a_near_miss_of_a_pass_through_it_is_the_managers() -> None:
    passed_late = "11:20:00 transfer mule -> next 29900.00 CNY mobile payee.type=PERSON\n"
    with_probe = Bank().take(events_of(probed() + passed_late)).alerts_on("mule")
    without = Bank().take(events_of(probed(facts="status=DECLINED") + passed_late)).alerts_on("mule")

    assert [alert.tier for alert in without] == [1]
    assert [(alert.tier, alert.typology) for alert in with_probe] == [(2, "M1")]
    assert "PROBE_THEN_LOAD" in codes(with_probe[0])  # type: ignore[arg-type]


def test_alone_it_raises_no_alert() -> None:
    assert Bank().take(events_of(probed())).alerts == []
