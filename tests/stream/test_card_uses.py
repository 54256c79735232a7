"""Card payments are found by their event and by their account, for as long and as many as the policy says."""

import msgspec
import pytest

from models.policy import Skimming
from stream.card_uses import PAGE_USES, PREFIX, CardUses, Use, event_mark, is_card_use
from tests.bank import shipped_rulebook
from tests.scenario import events_of
from tests.stream.test_case_index import Values

POLICY: Skimming = shipped_rulebook().skimming
NOW = 1_772_424_000_000
KEEP_MS = POLICY.keep_s * 1_000


def use(number: int, account: str = "a-1", place: str = "ATM-1") -> Use:
    return Use(event_mark(f"e{number}"), 1_772_000_000 + number, account, place)


def filled(storage: Values, count: int, policy: Skimming = POLICY, start: int = 0, now_ms: int = NOW) -> CardUses:
    uses = CardUses(storage, policy)
    for number in range(start, start + count):
        uses.add(use(number, f"a-{number % 7}"), now_ms, number)
    return uses


def test_a_payment_is_found_by_its_event_and_those_of_an_account_in_order_of_time() -> None:
    uses = filled(Values(), 3 * PAGE_USES + 5)

    assert uses.find(event_mark("e300")) == use(300, f"a-{300 % 7}")
    assert uses.find(event_mark("e9999")) is None
    assert uses.of("a-1", 1_772_000_001, 1_772_000_022) == [use(number, "a-1") for number in (1, 8, 15)]
    assert uses.of("a-", 0, 2_000_000_000) == []


def test_names_may_be_long_and_of_any_letters_and_one_that_begins_like_another_is_another() -> None:
    uses = CardUses(Values(), POLICY)
    long = Use(event_mark("e1"), 5, "账" * 64, "机" * 64)
    for each in (long, use(2, "a-1"), use(3, "a-11", "")):
        uses.add(each, NOW, 0)

    assert uses.find(event_mark("e1")) == long
    assert uses.of("a-1", 0, 2_000_000_000) == [use(2, "a-1")]


@pytest.mark.parametrize(("age_ms", "pages"), [(KEEP_MS - 1, 2), (KEEP_MS, 1)])
def test_a_page_leaves_when_a_new_one_is_begun_after_its_newest_payment_became_too_old(age_ms: int, pages: int) -> None:
    storage = Values()
    filled(storage, PAGE_USES)
    uses = CardUses(storage, POLICY)
    uses.add(use(900), NOW + age_ms, 0)

    assert len([key for key in storage.values if key.startswith(PREFIX)]) == pages
    assert (uses.find(event_mark("e0")) is None) == (pages == 1)
    assert uses.find(event_mark("e900")) is not None


def test_no_more_payments_are_kept_than_the_policy_says_and_the_oldest_leave() -> None:
    storage, policy = Values(), msgspec.structs.replace(POLICY, payments_max=2 * PAGE_USES)
    uses = filled(storage, 10 * PAGE_USES, policy)

    assert len(storage.values) == 2
    assert uses.find(event_mark(f"e{8 * PAGE_USES - 1}")) is None
    assert uses.find(event_mark(f"e{8 * PAGE_USES}")) is not None


def test_a_restart_between_any_two_payments_leaves_the_same_state() -> None:
    steady, restarted = Values(), Values()
    filled(steady, 300)
    for number in range(300):
        filled(restarted, 1, start=number)

    assert restarted.values == steady.values


def test_a_payment_takes_some_forty_bytes_of_state() -> None:
    storage = Values()
    uses = CardUses(storage, POLICY)
    for number in range(10 * PAGE_USES):
        uses.add(Use(event_mark(f"e{number}"), number, f"a-{number:010}", f"ATM-{number % 100:04}"), NOW, 0)
    stored = sum(len(key) + len(value) for key, value in storage.values.items())

    assert 30 < stored / (10 * PAGE_USES) < 40


def test_a_card_payment_names_a_card_or_is_made_at_a_machine_or_a_till_and_is_approved() -> None:
    story = """
    09:00:00 withdrawal a 10.00 CNY ATM-1
    09:00:00 withdrawal a 10.00 CNY counter
    09:00:00 purchase a -> shop 10.00 CNY POS-1
    09:00:00 purchase a -> shop 10.00 CNY web card=c
    09:00:00 purchase a -> shop 10.00 CNY web
    09:00:00 withdrawal a 10.00 CNY ATM-1 status=DECLINED
    09:00:00 withdrawal a 10.00 CNY ATM-1 status=REQUESTED
    09:00:00 transfer a -> b 10.00 CNY ATM-1 card=c
    09:00:00 deposit a 10.00 CNY ATM-1 card=c
    """
    assert [is_card_use(event) for event in events_of(story)] == [True, False, True, True, False, False, False, False, False]  # type: ignore[arg-type]
