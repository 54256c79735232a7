"""Country packs: each completes the policy, and the detectors find the same stories told in its money."""

import re
import tomllib

import msgspec
import pytest

from models.rulebook import Rulebook, build_rulebook
from stream.policy.document import policy_of, policy_text
from stream.settings import DEPLOY, Settings
from tests.bank import Bank, shipped_rulebook
from tests.scenario import SCENARIOS, events_of

PACKS = sorted(path.stem for path in (DEPLOY / "countries").glob("*.toml"))
STORIES = {
    "v1_safe_account": 1.0,  # the line of a drain is 50,000 in either currency
    "v2_fake_boss": 0.2,
    "m1_two_cycles": 0.2,
    "m2_fan_in": 0.2,
    "r_chain_reported_after_20_minutes": 0.2,
    "w2_run_of_cards": 0.15,  # 3,000 dollars of cash a day for 20,000 yuan
}
"""Story -> how many dollars stand for a yuan in it."""
Found = set[tuple[str, int, str, str]]


def rulebook_of(country: str) -> Rulebook:
    return policy_of(policy_text(Settings(country=country))).rulebook


def in_dollars(story: str, rate: float) -> str:
    """Return a story with every sum in the other currency."""
    money = re.sub(r"\b\d+\.\d\d\b", lambda sum_: f"{float(sum_[0]) * rate:.2f}", story)
    return money.replace("CNY", "SGD")


def told(rulebook: Rulebook, story: str) -> tuple[Found, set[str], Bank]:
    """Return what stands on alerts and requests, whose, and in which currency."""
    bank = Bank(rulebook=rulebook).take(events_of(story))
    alerts = {(alert.typology, alert.tier, alert.subject.id, alert.recommended_action) for alert in bank.alerts}
    return alerts, {alert.currency for alert in bank.alerts} | {request.currency for request in bank.requests}, bank


def test_there_is_more_than_one_country() -> None:
    assert {"cn", "sg"} <= set(PACKS)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_completes_the_policy(name: str) -> None:
    rulebook = rulebook_of(name)
    assert rulebook.country.code == name.upper()
    assert rulebook.version.endswith(f"+{tomllib.loads((DEPLOY / 'countries' / f'{name}.toml').read_text('utf-8'))['version']}")


def test_without_a_pack_the_policy_says_what_is_missing() -> None:
    raw = tomllib.loads((DEPLOY / "policy.toml").read_text("utf-8"))
    with pytest.raises(Exception, match=r"\[bounds\] lacks utc_offset_s"):
        build_rulebook(raw)


@pytest.mark.parametrize("name", STORIES)
def test_the_detectors_find_the_same_story_in_another_currency(name: str) -> None:
    story = (SCENARIOS / f"{name}.txt").read_text("utf-8")
    ours, _, _ = told(shipped_rulebook(), story)
    theirs, currencies, bank = told(rulebook_of("sg"), in_dollars(story, STORIES[name]))
    assert ours == theirs != set()
    assert currencies == {"SGD"}
    assert bank.dead_letters == []


def test_a_pack_s_own_figures_decide() -> None:
    """The same drain of 60 % of 40,000: far beyond the line in yuan taken at a fifth, below Singapore's 50,000 dollars."""
    story = """\
account a-771  type=PERSON customer=c-9 holder_age=71 balance=40000.00
account a-902  type=PERSON opened_on=2026-02-20
09:14:05  transfer    a-771 -> a-902    24000.00 SGD  mobile  session.call_active=true
"""
    singapore = rulebook_of("sg")
    line = next(each for each in singapore.detectors if each.name == "rapid_new_payee_drain").policy
    lower = msgspec.structs.replace(line, balance_min_minor=3_900_000)
    assert line.balance_min_minor == 5_000_000  # type: ignore[attr-defined]
    assert {alert.tier for alert in Bank(rulebook=singapore).take(events_of(story)).alerts} <= {1}
    mapping = tomllib.loads(policy_text(Settings(country="sg")))
    mapping["detectors"]["rapid_new_payee_drain"]["balance_min_minor"]["value"] = lower.balance_min_minor  # type: ignore[attr-defined]
    assert 2 in {alert.tier for alert in Bank(rulebook=build_rulebook(mapping)).take(events_of(story)).alerts}
