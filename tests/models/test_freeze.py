"""Freeze requests: on suspected mules only, for no more than the suspect inflow or the balance, withdrawn as fast as made."""

import ast
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import entry as e
from models.case import Case, Context, Said
from models.entry import Entry
from models.freeze import Contested, SuspectedMule, SuspectedVictim, request_for, standing
from models.policy import VALID_S_MAX, Bounds
from models.profile import AccountProfile
from models.records import TIME_MAX, FreezeRequest, Transaction
from models.signal import MULE, VICTIM, Signal
from models.suspect_money import gather_flows, still_there_minor
from models.timeline import place
from models.units import instant, time_us
from stream.entry_processor import LOG_MS_MAX
from tests.bank import Bank, shipped_rulebook
from tests.properties.key_stream import BOUNDS
from tests.scenario import SCENARIOS, events_of, without

ROOT = Path(__file__).parents[2]
RULES = shipped_rulebook()
CONTEXT = Context("transactions", 0, 7, 1_772_414_400_000, "e-last")

TWO_CYCLES = (
    "account a-902 type=PERSON customer=c-5 bank=BANKA on_us=true balance=30.00\naccount x-2 bank=BANKB\n"
    "10:00:00 transfer x-1 -> a-902 20000.00 CNY mobile id=in1\n10:09:00 transfer a-902 -> y-1 19500.00 CNY mobile id=out1\n"
    "14:00:00.123456 transfer x-2 -> a-902 31000.00 CNY mobile id=in2\n14:04:00 transfer a-902 -> y-2 30200.00 CNY mobile id=out2\n"
)


def requests(story: str, account: str = "a-902") -> list[FreezeRequest]:
    return Bank().take(events_of(story), delay_ms=900).requests_on(account)


# ---- the record --------------------------------------------------------------------------------------------------------------


def test_a_proposal_names_the_account_the_sum_and_what_it_rests_on() -> None:
    bank = Bank().take(events_of(TWO_CYCLES), delay_ms=900)
    (request,) = bank.requests
    alert = bank.alerts_on("a-902")[-1]

    assert (request.sequence, request.state, request.measure) == (1, "PROPOSED", "STOP_PAYMENT_48H")
    assert (request.target.account, request.target.bank, request.target.on_us, request.target.customer) == (
        "a-902",
        "BANKA",
        True,
        "c-5",
    )
    assert (request.requested_amount_minor, request.currency) == (133_000, "CNY")
    assert request.case_id == alert.case_id
    assert request.alert_ids == (alert.alert_id,)
    assert {reason.code for reason in request.reasons} == {"OUT_IN_RATIO", "PASS_THROUGH_CYCLES"}
    assert time_us(request.requested_at) == time_us(events_of(TWO_CYCLES)[-1].event_time) + 900_000
    assert (request.valid_until - request.requested_at).total_seconds() == RULES.freeze.valid_s


def test_match_fields_are_exactly_as_booked() -> None:
    (request,) = requests(TWO_CYCLES)
    booked = {event.event_id: event for event in events_of(TWO_CYCLES)}

    assert [match.event_id for match in request.transactions] == ["in1", "out1", "in2", "out2"]
    for match in request.transactions:
        event = booked[match.event_id]
        assert isinstance(event, Transaction)
        assert event.payer is not None
        assert event.payee is not None
        other = event.payer if match.direction == "IN" else event.payee
        assert match.booked_at == event.event_time
        assert match.amount_minor == event.amount_minor
        assert (match.counterparty_account, match.counterparty_bank) == (other.account, other.bank)
        assert match.direction == ("IN" if event.payee.account == "a-902" else "OUT")
        assert match.hop == 1


def test_ids_follow_from_the_log_alone() -> None:
    assert requests(TWO_CYCLES) == requests(TWO_CYCLES)
    assert {request.request_id for request in requests(TWO_CYCLES + "14:30:00 withdrawal a-902 300.00 CNY ATM-1\n")} == {
        requests(TWO_CYCLES)[0].request_id
    }


def test_at_the_latest_log_time_taken_the_longest_validity_can_still_be_written() -> None:
    rules = msgspec.structs.replace(RULES, freeze=msgspec.structs.replace(RULES.freeze, valid_s=VALID_S_MAX))
    events = events_of(TWO_CYCLES)
    wait = instant(LOG_MS_MAX * 1_000) - events[-1].event_time
    late = [msgspec.structs.replace(event, event_time=(event.event_time + wait).astimezone(UTC)) for event in events]
    bank = Bank(rulebook=rules).take(late)

    assert not bank.dead_letters
    assert bank.requests_on("a-902")[0].valid_until <= TIME_MAX - timedelta(days=1)


# ---- how much ----------------------------------------------------------------------------------------------------------------


def test_the_sum_shrinks_with_every_later_debit_and_never_grows_with_clean_money() -> None:
    later = (
        "14:10:00 withdrawal a-902 300.00 CNY ATM-1\n"
        "15:00:00 transfer firm -> a-902 9000.00 CNY batch purpose=SALA payer.type=CORPORATE\n"
        "15:30:00 purchase a-902 -> shop 400.00 CNY POS-1 payee.type=MERCHANT\n"
    )
    found = requests(TWO_CYCLES + later)

    assert [(request.sequence, request.requested_amount_minor) for request in found] == [(1, 133_000), (2, 103_000), (3, 63_000)]
    assert {request.state for request in found} == {"PROPOSED"}


def test_what_falls_below_the_floor_is_withdrawn_and_asked_for_no_more() -> None:
    story = TWO_CYCLES + "14:10:00 withdrawal a-902 1230.01 CNY ATM-1\n14:20:00 withdrawal a-902 50.00 CNY ATM-1\n"
    found = requests(story)

    assert [(request.state, request.requested_amount_minor) for request in found] == [("PROPOSED", 133_000), ("WITHDRAWN", 0)]
    assert found[-1].reasons[0].code == "GROUND_GONE"
    assert found[-1].sequence == 2


def test_on_the_floor_it_is_still_asked_for() -> None:
    assert requests(TWO_CYCLES + "14:10:00 withdrawal a-902 1230.00 CNY ATM-1\n")[-1].requested_amount_minor == 10_000


def test_savings_from_before_are_not_asked_for() -> None:
    """The opening balance is eaten first; what is left is suspect, but never more than came in."""
    story = (
        "account box type=PERSON balance=1000.00\n"
        + "".join(f"10:1{n}:00 transfer v{n} -> box 4000.00 CNY mobile\n" for n in range(5))
        + "10:40:00 transfer box -> next 15000.00 CNY mobile\n"
    )
    (request,) = requests(story, "box")

    assert request.requested_amount_minor == 600_000


def test_a_balance_below_the_sum_limits_it() -> None:
    """A fee that no record told of is gone as well."""
    story = TWO_CYCLES + "14:10:00 withdrawal a-902 300.00 CNY ATM-1 payer.balance_after=500.00\n"

    assert requests(story)[-1].requested_amount_minor == 50_000


def test_without_any_balance_everything_that_left_counts_against_the_inflow() -> None:
    story = (
        "account old type=PERSON balance=100000.00\naccount mule type=PERSON\n09:00:00 deposit-broken old\n"
        "09:10:00 transfer old -> mule 60000.00 CNY mobile\n09:20:00 transfer mule -> next 50000.00 CNY mobile\n"
    )
    (request,) = requests(story, "mule")

    assert request.requested_amount_minor == 1_000_000


# ---- when it goes --------------------------------------------------------------------------------------------------------------


def test_a_reversal_of_the_source_withdraws_it() -> None:
    reversal = "14:08:00 transfer x-2 -> a-902 31000.00 CNY mobile status=REVERSED of=in2\n"
    found = requests(TWO_CYCLES + reversal)

    assert [(request.state, request.sequence) for request in found] == [("PROPOSED", 1), ("WITHDRAWN", 2)]


def test_an_account_suspected_as_a_victims_loses_its_request() -> None:
    found = requests((SCENARIOS / "freeze_never_on_a_victim.txt").read_text(encoding="utf-8"), "stud")

    assert [request.state for request in found] == ["PROPOSED", "WITHDRAWN"]
    assert found[-1].reasons[0].code == "VICTIM_SUSPECTED"


def test_an_open_proposal_is_withdrawn_even_days_later() -> None:
    later = "+2d 09:00:00 transfer x-9 -> a-902 200.00 CNY mobile\n+2d 10:00:00 withdrawal a-902 1500.00 CNY ATM-1\n"
    found = requests(TWO_CYCLES + later)
    sums = [request.requested_amount_minor for request in found]

    assert (found[0].state, found[-1].state) == ("PROPOSED", "WITHDRAWN")
    assert sums == sorted(sums, reverse=True)
    assert len({request.request_id for request in found}) == 1


def test_a_proposal_that_was_withdrawn_can_be_made_again() -> None:
    story = TWO_CYCLES + (
        "14:10:00 withdrawal a-902 1300.00 CNY ATM-1\n"
        "15:00:00 transfer x-3 -> a-902 26000.00 CNY mobile\n15:05:00 transfer a-902 -> y-3 25000.00 CNY mobile\n"
    )
    found = requests(story)

    assert [(request.state, request.sequence) for request in found] == [("PROPOSED", 1), ("WITHDRAWN", 2), ("PROPOSED", 3)]
    assert len({request.request_id for request in found}) == 1


def test_tier_2_asks_for_nothing() -> None:
    assert requests("\n".join(TWO_CYCLES.splitlines()[:4])) == []


# ---- no more than may be taken: any flows ------------------------------------------------------------------------------------

MOVES = st.lists(
    st.tuples(st.booleans(), st.integers(1, 5_000_000), st.booleans(), st.sampled_from(["told", "told less", "silent"])),
    max_size=40,
)


def _account(opening_minor: int, moves: list[tuple[bool, int, bool, str]]) -> tuple[AccountProfile, Case, int | None]:
    """Return an account after random movements, its mule case that names some of the credits, and the last balance told."""
    profile = AccountProfile()
    balance_minor, told_minor, named = opening_minor, None, []
    for number, (is_credit, minor, is_named, telling) in enumerate(moves):
        minor = minor if is_credit else min(minor, balance_minor)
        balance_minor += minor if is_credit else -minor
        if telling == "told less":
            balance_minor = balance_minor * 2 // 3
        entry = Entry(
            number * 60_000_000, f"e{number:02}", e.MONEY | e.APPROVED | e.TRANSFER | (e.CREDIT if is_credit else 0), minor, "x"
        )
        if telling != "silent":
            entry.balance_minor = told_minor = balance_minor
        profile.entries.append(entry)
        if is_credit and is_named:
            named.append(entry.event_id)
    signal = Signal("any", 1, "M1", MULE, "e00", 0, 3, 1.0, 1.0, (), tuple(named))
    case = Case(MULE, "c-1", "a-1", 0, 0, said=[Said(b"", signal, "CNY")], tier=3, currency="CNY")
    gather_flows(case, "acc", profile, RULES)
    return profile, case, told_minor


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 3_000_000), MOVES)
def test_never_more_than_the_suspect_inflow_nor_the_balance(opening_minor: int, moves: list[tuple[bool, int, bool, str]]) -> None:
    profile, case, told_minor = _account(opening_minor, moves)
    mule = standing("acc", profile_with(profile, case))
    assert isinstance(mule, SuspectedMule)
    request = request_for(mule, [said.signal for said in case.said], CONTEXT, RULES.freeze)

    if request is not None:
        inflow_minor = sum(match.amount_minor for match in request.transactions if match.direction == "IN")
        assert RULES.freeze.amount_min_minor <= request.requested_amount_minor <= inflow_minor
        if moves[-1][3] != "silent":
            assert told_minor is not None
            assert request.requested_amount_minor <= told_minor
        assert len(request.transactions) <= RULES.freeze.transactions_max


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3_000_000), MOVES, st.integers(1, 9_000_000), st.booleans())
def test_a_later_clean_credit_never_raises_it(
    opening_minor: int, moves: list[tuple[bool, int, bool, str]], minor: int, is_told: bool
) -> None:
    before_profile, before, _ = _account(opening_minor, moves)
    after_profile, after, _ = _account(opening_minor, [*moves, (True, minor, False, "told" if is_told else "silent")])

    assert still_there_minor(after, after_profile.entries) <= still_there_minor(before, before_profile.entries)


def profile_with(profile: AccountProfile, *cases: Case) -> AccountProfile:
    profile.cases = list(cases)
    return profile


# ---- over days: movements leave the window -----------------------------------------------------------------------------------

FOR_EVER = msgspec.structs.replace(BOUNDS, window_max_s=10**8)
LATER_MOVES = st.lists(
    st.tuples(
        st.sampled_from([0, 60, 900, 3_600, 4_800, 9_000]),
        st.booleans(),
        st.integers(1, 5_000_000),
        st.booleans(),
        st.sampled_from(["told", "told less", "told more", "silent"]),
    ),
    max_size=30,
)


class Watched:
    """An account whose mule's case takes every movement as it comes; some credits are suspect."""

    def __init__(self, bounds: Bounds) -> None:
        self.profile, self.bounds = AccountProfile(), bounds
        self.case = Case(MULE, "c-1", "a-1", 0, 0, tier=3, currency="CNY")
        self.profile.cases.append(self.case)

    def take(self, entry: Entry, *, is_suspect: bool) -> int:
        place(self.profile, msgspec.structs.replace(entry), self.bounds)
        if is_suspect:
            signal = Signal("any", 1, "M1", MULE, entry.event_id, entry.at_us, 3, 1.0, 1.0, (), (entry.event_id,))
            self.case.said.append(Said(b"", signal, "CNY"))
        gather_flows(self.case, "acc", self.profile, RULES)
        return still_there_minor(self.case, self.profile.entries)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 3_000_000), LATER_MOVES)
def test_the_sum_is_the_same_whether_or_not_movements_have_left_the_window_and_rises_with_suspect_money_only(
    opening_minor: int, moves: list[tuple[int, bool, int, bool, str]]
) -> None:
    short, long = Watched(BOUNDS), Watched(FOR_EVER)
    at_s, balance_minor, told_minor, asked_minor, inflow_minor = 1_000_000, opening_minor, None, 0, 0
    for number, (after_s, is_credit, minor, is_named, telling) in enumerate(moves):
        at_s += after_s
        minor = minor if is_credit else min(minor, balance_minor)
        balance_minor += minor if is_credit else -minor
        balance_minor = {"told less": balance_minor * 2 // 3, "told more": balance_minor * 2}.get(telling, balance_minor)
        code = e.MONEY | e.APPROVED | e.TRANSFER | (e.CREDIT if is_credit else 0)
        told_minor = None if telling == "silent" else balance_minor
        entry = Entry(at_s * 1_000_000, f"e{number:02}", code, minor, "x", told_minor)
        suspect_minor = minor if is_credit and is_named else 0
        inflow_minor += suspect_minor
        found_minor = short.take(entry, is_suspect=bool(suspect_minor))

        assert found_minor == long.take(entry, is_suspect=bool(suspect_minor))
        assert found_minor <= min(inflow_minor, asked_minor + suspect_minor)
        assert told_minor is None or found_minor <= told_minor
        asked_minor = found_minor
    assert len(short.case.lots) <= 2 * RULES.freeze.transactions_max + 1


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 3_000),
    st.lists(
        st.tuples(st.sampled_from([1, 60, 900, 3_600]), st.booleans(), st.sampled_from([1, 5, 50, 500, 5_000]), st.booleans())
    ),
    st.booleans(),
)
def test_a_too_busy_account_is_asked_for_no_more_than_one_that_keeps_all(
    opening_minor: int, moves: list[tuple[int, bool, int, bool]], is_told: bool
) -> None:
    busy, long = Watched(msgspec.structs.replace(BOUNDS, entries_max=6)), Watched(FOR_EVER)
    at_s, balance_minor = 1_000_000, opening_minor
    for number, (after_s, is_credit, minor, is_suspect) in enumerate(moves):
        at_s += after_s
        minor = minor if is_credit else min(minor, balance_minor)
        balance_minor += minor if is_credit else -minor
        code = e.MONEY | e.APPROVED | e.TRANSFER | (e.CREDIT if is_credit else 0)
        entry = Entry(at_s * 1_000_000, f"e{number:03}", code, minor, "x", balance_minor if is_told else None)

        assert busy.take(entry, is_suspect=is_suspect and is_credit) <= long.take(entry, is_suspect=is_suspect and is_credit)


def test_clean_money_a_day_later_raises_no_request() -> None:
    """A fee that no record told of had left 150.00; what showed it has left the window."""
    story = TWO_CYCLES + "14:10:00 withdrawal a-902 300.00 CNY ATM-1 payer.balance_after=150.00\n"
    *events, later = events_of(story + "+1d 18:10:00 transfer friend -> a-902 10.00 CNY mobile\n")
    bank = Bank().take([*events, without(later, "payee.balance_after_minor")])
    sums = [request.requested_amount_minor for request in bank.requests_on("a-902")]

    assert sums == [133_000, 15_000]


def test_a_flood_of_trifles_hides_no_request() -> None:
    trifles = "".join(f"15:{n:02}:00 transfer a-902 -> y-{n} 0.01 CNY mobile\n" for n in range(40))
    found = requests(TWO_CYCLES + trifles)[-1]

    assert (found.state, found.requested_amount_minor) == ("PROPOSED", 133_000 - 40)
    assert {"in1", "out1", "in2", "out2"} <= {match.event_id for match in found.transactions}


def test_small_debits_count_even_if_the_account_is_too_busy_to_keep_them() -> None:
    story = (
        "account old type=PERSON balance=100000.00\naccount mule type=PERSON\n09:00:00 deposit-broken old\n"
        "09:10:00 transfer old -> mule 60000.00 CNY mobile\n09:20:00 transfer mule -> next 50000.00 CNY mobile\n"
        "for n in 1..200 | 09:30:00.{n:06} purchase mule -> shop 5.00 CNY MOBILE payee.type=MERCHANT\n"
    )
    sums = [request.requested_amount_minor for request in requests(story, "mule")]

    assert sums == [1_000_000 - 500 * bought for bought in range(201)]


# ---- currencies ----------------------------------------------------------------------------------------------------------------


def test_a_request_counts_one_currency_only() -> None:
    found = requests((SCENARIOS / "m1_two_currencies.txt").read_text(encoding="utf-8"))[-1]

    assert (found.currency, found.requested_amount_minor) == ("USD", 80_000)
    assert {match.event_id for match in found.transactions} == {"usd-in1", "usd-out1", "usd-in2", "usd-out2"}


# ---- on whom -----------------------------------------------------------------------------------------------------------------


def _case(role: str, tier: int) -> Case:
    return Case(role, f"c-{role}", f"a-{role}", 0, 0, tier=tier)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mule_tier", "victim_tier", "kind"),
    [
        (3, 0, SuspectedMule),
        (2, 0, SuspectedMule),
        (0, 2, SuspectedVictim),
        (3, 1, Contested),
        (3, 2, Contested),
        (0, 0, type(None)),
    ],
)
def test_an_account_stands_as_its_cases_say(mule_tier: int, victim_tier: int, kind: type) -> None:
    cases = [_case(VICTIM, victim_tier), _case(MULE, mule_tier)]

    assert type(standing("acc", profile_with(AccountProfile(), *cases))) is kind
    assert type(standing("acc", profile_with(AccountProfile(), *cases[::-1]))) is kind


SNIPPET = """
from models.case import Context
from models.freeze import Contested, FreezeLimits, SuspectedMule, SuspectedVictim, request_for


def on_a_mule(mule: SuspectedMule, context: Context, limits: FreezeLimits) -> None:
    request_for(mule, [], context, limits)


def on_a_victim(victim: SuspectedVictim, context: Context, limits: FreezeLimits) -> None:
    request_for(victim, [], context, limits)


def on_a_contested_one(contested: Contested, context: Context, limits: FreezeLimits) -> None:
    request_for(contested, [], context, limits)
"""


def test_the_type_checker_refuses_a_request_on_anybody_but_a_mule(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        SNIPPET.replace("FreezeLimits, ", "").replace(
            "from models.case", "from models.policy import FreezeLimits\nfrom models.case"
        )
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--follow-imports=silent", str(snippet)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    refused = [line for line in checked.stdout.splitlines() if "error" in line and "snippet.py" in line]

    assert len(refused) == 2, checked.stdout
    assert "SuspectedVictim" in refused[0]
    assert "Contested" in refused[1]


def _built(name: str) -> set[tuple[str, str]]:
    """Return (file, function) of every place in the product that builds a class by name."""
    found = set()
    for folder in ("models", "connectors", "stream"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for node in ast.walk(function):
                        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                            found.add((f"{folder}/{path.name}", function.name))
    return found


def test_only_the_weighing_of_all_cases_makes_a_suspected_mule() -> None:
    assert _built("SuspectedMule") == {("models/freeze.py", "standing")}


def test_only_a_mule_or_a_withdrawal_makes_a_target() -> None:
    assert _built("Target") == {
        ("models/freeze.py", "_target"),
        ("models/freeze.py", "withdrawal_for"),
        ("models/freeze.py", "withdrawal_again"),
    }
    assert _built("FreezeRequest") == {("models/freeze.py", "_record")}


def test_a_withdrawal_asks_for_nothing() -> None:
    for path in sorted(SCENARIOS.glob("*.txt")):
        for request in Bank().take(events_of(path.read_text(encoding="utf-8"))).requests:
            assert (request.requested_amount_minor > 0) == (request.state == "PROPOSED")
            assert msgspec.json.encode(request)
