"""Which cases are one network: whoever meets over money, a machine or a device, and nobody else, whatever comes first."""

from collections import deque
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.case import Case, Said
from models.decision import Statement
from models.network import ALONE, address_of, case_id_of, hear, settle, tell, tie_up
from models.policy import NetworkBounds
from models.signal import MULE, VICTIM, Also, Role, Signal
from models.tie import Link

BOUNDS = NetworkBounds(tier_min=2, named_min=2, ties_max=128, hops_max=8)
DAY = 20_514


def case_of(number: int, role: Role = MULE, day: int = DAY) -> Case:
    return Case(role, f"c-{number:020x}", f"a-{number:020x}", 0, 0, day=day)


class Ring:
    """Cases that tell each other, over channels that keep their order and nothing else; each account has one case."""

    def __init__(self, cases: list[Case], bounds: NetworkBounds = BOUNDS) -> None:
        self.cases, self.bounds = cases, bounds
        self.tiers = [0] * len(cases)
        self.channels: dict[tuple[int, int], deque[Statement]] = {}
        self.sent = 0

    def raise_to(self, number: int, tier: int) -> None:
        self.tiers[number] = tier
        self.follow(number, [])

    def name(self, number: int, other: int, tier: int = 2) -> None:
        """Let one case name another, as a signal of this tier."""
        role = self.cases[other].role
        also = (Also("ACCOUNT", str(other), role, 0, "M7"),)
        signal = Signal("d", 1, "M1", self.cases[number].role, f"e{other}", 0, tier, 0.5, 5.0, (), (f"e{other}",), also=also)
        self._unsay(number, other)
        self.cases[number].said.append(Said(b"", signal, "CNY"))
        self.follow(number, [self._statement(number, other, signal, tier)])

    def take_back(self, number: int, other: int) -> None:
        self._unsay(number, other)
        self.follow(number, [self._statement(number, other, None, None)])

    def follow(self, number: int, statements: list[Statement]) -> None:
        case = self.cases[number]
        new = tie_up([case], statements, self.bounds)
        settle(case, self.tiers[number], self.bounds)
        self._send(number, tell(f"A:{number}".encode(), [case], statements, new, "e"))

    def deliver(self, channel: tuple[int, int]) -> None:
        """Let the oldest message of a channel arrive."""
        statement, case = self.channels[channel].popleft(), self.cases[channel[1]]
        if not self.channels[channel]:
            del self.channels[channel]
        assert statement.link is not None
        hear(case, statement.origin, statement.link, self.bounds)
        settle(case, self.tiers[channel[1]], self.bounds)
        self._send(channel[1], tell(f"A:{channel[1]}".encode(), [case], [], set(), "e"))

    def run(self) -> "Ring":
        while self.channels:
            self.deliver(next(iter(self.channels)))
        return self

    def ids(self) -> list[str]:
        return [case_id_of(case)[-2:] for case in self.cases]

    def _send(self, number: int, statements: list[Statement]) -> None:
        for statement in statements:
            self.channels.setdefault((number, int(statement.id)), deque()).append(statement)
            self.sent += 1

    def _unsay(self, number: int, other: int) -> None:
        self.cases[number].said = [said for said in self.cases[number].said if said.signal.event_id != f"e{other}"]

    def _statement(self, number: int, other: int, signal: Signal | None, tier: int | None) -> Statement:
        role, link = self.cases[other].role, Link(self.cases[number].role, tier)
        return Statement("ACCOUNT", str(other), role, f"A:{number}".encode(), f"e{other}", "CNY", signal, link)


def ring(count: int, *ties: tuple[int, int], role: Role = MULE, tier: int = 2, **bounds: Any) -> Ring:
    """Return a ring of so many cases at one tier, in the order of their ids, after all that its ties make them tell."""
    found = Ring([case_of(number, role) for number in range(count)], NetworkBounds(**{**_AS_GIVEN, **bounds}))
    for number in range(count):
        found.raise_to(number, tier)
    for one, other in ties:
        found.name(one, other)
    return found.run()


_AS_GIVEN = {name: getattr(BOUNDS, name) for name in BOUNDS.__struct_fields__}


# ---- one network, one id ------------------------------------------------------------------------------------------


def test_a_chain_of_mules_goes_by_the_id_that_sorts_first() -> None:
    assert ring(4, (3, 2), (2, 1), (1, 0)).ids() == ["00"] * 4


def test_whom_nothing_ties_keeps_his_own_case() -> None:
    assert ring(4, (0, 1), (2, 3)).ids() == ["00", "00", "02", "02"]


def test_a_mules_id_goes_before_a_victims_and_an_older_day_before_a_newer() -> None:
    victim, old, young = case_of(0, VICTIM, DAY - 1), case_of(9, MULE, DAY - 1), case_of(1, MULE, DAY)
    met = Ring([victim, old, young])
    for number in range(3):
        met.raise_to(number, 2)
    met.name(0, 2)
    met.name(1, 2)

    assert met.run().ids() == ["09"] * 3


def test_an_id_travels_no_further_than_the_horizon() -> None:
    chain = [(number, number + 1) for number in range(5)]

    assert ring(6, *chain, hops_max=3).ids() == ["00", "00", "00", "00", "04", "04"]


def test_a_tie_taken_back_parts_the_network_again() -> None:
    parted = ring(4, (0, 1), (1, 2), (2, 3), (3, 1))
    parted.take_back(0, 1)

    assert parted.run().ids() == ["00", "01", "01", "01"]


def test_what_is_told_once_is_not_told_again() -> None:
    quiet = ring(3, (0, 1), (1, 2))
    sent = quiet.sent
    for number in range(3):
        quiet.follow(number, [])

    assert quiet.run().sent == sent


def test_an_id_is_not_told_back_to_whom_it_came_from() -> None:
    pair = ring(2, (0, 1))

    assert [tie.network for tie in pair.cases[0].ties] == [""]
    assert [tie.network[-2:] for tie in pair.cases[1].ties] == ["00"]


def test_a_new_episode_that_names_an_old_neighbour_is_told_its_network_again() -> None:
    """The neighbour has told it before, but that was to the case of an episode that has ended."""
    renewed = ring(2, (1, 0))
    renewed.cases[1] = msgspec.structs.replace(case_of(1), turn=9_000)
    renewed.raise_to(1, 2)
    renewed.name(1, 0)

    assert renewed.run().ids() == ["00", "00"]


# ---- who joins ----------------------------------------------------------------------------------------------------


def test_reminders_about_one_harmless_account_are_no_network() -> None:
    landlord = Ring([case_of(9), *(case_of(number, VICTIM) for number in range(1, 4))])
    for tenant in range(1, 4):
        landlord.raise_to(tenant, 1)
        landlord.name(tenant, 0, tier=1)
    landlord.raise_to(0, 1)

    assert landlord.run().ids() == ["09", "01", "02", "03"]


def test_a_reminder_takes_the_id_of_the_case_it_belongs_to_and_passes_nothing_on() -> None:
    between = ring(3, (0, 1), (1, 2))
    between.raise_to(1, 1)

    assert between.run().ids() == ["00", "00", "02"]


@pytest.mark.parametrize(("victims", "ids"), [(1, ["01"]), (2, ["09", "09"]), (3, ["09"] * 3)])
def test_an_account_that_two_suspected_victims_pay_makes_them_one_case(victims: int, ids: list[str]) -> None:
    met = Ring([case_of(9), *(case_of(number, VICTIM) for number in range(1, victims + 1))])
    for victim in range(1, victims + 1):
        met.raise_to(victim, 2)
        met.name(victim, 0)

    assert met.run().ids()[1:] == ids


def test_an_account_that_two_mules_pay_and_nobody_suspects_makes_them_no_case() -> None:
    shop = Ring([case_of(0), case_of(1), case_of(2)])
    for mule in (1, 2):
        shop.raise_to(mule, 3)
        shop.name(mule, 0)

    assert shop.run().ids()[1:] == ["01", "02"]


@pytest.mark.parametrize("role", ["TERMINAL", "DEVICE"])
def test_suspects_at_one_machine_or_device_are_one_case_even_if_it_stands_under_no_suspicion(role: Role) -> None:
    met = Ring([case_of(5, role), case_of(1), case_of(2)])
    for mule in (1, 2):
        met.raise_to(mule, 2)
        met.name(0, mule, tier=0)

    assert met.run().ids()[1:] == ["01", "01"]


def test_a_case_gets_no_more_neighbours_than_the_policy_lets_it_have() -> None:
    hub = ring(9, *((0, other) for other in range(1, 9)), ties_max=4)

    assert len(hub.cases[0].ties) == 4
    assert hub.ids() == ["00"] * 5 + ["05", "06", "07", "08"]


def test_what_is_taken_back_is_taken_back_under_the_id_it_was_told_under() -> None:
    cleared = ring(2, (0, 1))
    cleared.raise_to(1, 0)
    cleared.take_back(0, 1)

    assert cleared.run().ids() == ["00", "00"]


def test_a_link_that_a_later_one_has_overtaken_changes_nothing() -> None:
    one, other = case_of(1), case_of(2)
    hear(one, b"A:2", Link(MULE, 2, turn=5, network="0020514c-00", is_suspect=True), BOUNDS)
    hear(one, b"A:2", Link(MULE, 2, turn=4, network="", is_alone=True), BOUNDS)

    assert [(tie.who, tie.network) for tie in one.ties] == [(address_of(other.role, b"A:2"), "0020514c-00")]


# ---- in whatever order --------------------------------------------------------------------------------------------


def fixpoint(ring_: Ring) -> list[str]:
    """Return the ids by the rule itself: the first id within reach, settled id by id from the first one on."""
    cases, bounds = ring_.cases, ring_.bounds
    near: dict[int, set[int]] = {number: set() for number in range(len(cases))}
    for number, case in enumerate(cases):
        for said in case.said:
            other = int(said.signal.also[0].id)
            near[number].add(other)
            near[other].add(number)
    joins = [tier >= bounds.tier_min for tier in ring_.tiers]
    found: dict[int, tuple[int, int]] = {}
    for owner in range(len(cases)):
        if not joins[owner] or owner in found:
            continue
        reached, edge = {owner: 0}, [owner]
        for hops in range(1, bounds.hops_max + 1):
            edge = [n for at in edge for n in near[at] if joins[n] and n not in found and n not in reached]
            reached.update((n, hops) for n in edge if n not in reached)
        found.update((n, (owner, hops)) for n, hops in reached.items())
    ids = []
    for number, tier in enumerate(ring_.tiers):
        if number in found:
            ids.append(f"{found[number][0]:02x}")
        else:
            offers = [found[n] for n in near[number] if n in found and found[n][1] < bounds.hops_max]
            ids.append(f"{min(offers)[0]:02x}" if tier and offers else f"{number:02x}")
    return ids


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_messages_in_any_order_end_in_the_ids_of_the_rule(data: st.DataObject) -> None:
    """Ties come and go and tiers rise and fall while messages are under way."""
    count = data.draw(st.integers(2, 7))
    met = Ring([case_of(number) for number in range(count)], NetworkBounds(tier_min=2, named_min=99, ties_max=9, hops_max=3))
    numbers = st.integers(0, count - 1)
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["name", "name", "take back", "tier", "tier", "deliver", "deliver"])):
            case "name":
                one, other = data.draw(numbers), data.draw(numbers)
                if one != other:
                    met.name(one, other)
            case "take back":
                met.take_back(data.draw(numbers), data.draw(numbers))
            case "tier":
                met.raise_to(data.draw(numbers), data.draw(st.sampled_from([1, 2, 2, 3])))
            case "deliver" if met.channels:
                met.deliver(data.draw(st.sampled_from(sorted(met.channels))))
    for number in range(count):
        if met.tiers[number] == 0:
            met.raise_to(number, 2)
    while met.channels:
        met.deliver(data.draw(st.sampled_from(sorted(met.channels))))

    assert met.ids() == fixpoint(met)
    assert all(case.offered == (case.belongs if case.belongs.joins else ALONE) for case in met.cases)
