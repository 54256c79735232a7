"""The policy: every threshold, weight and limit, versioned, each number with its reason.

A policy file gives each value as `name = { value = ..., reason = "..." }`. This module turns such a mapping into frozen,
typed sections and reports all problems at once. It reads no file; the caller has parsed it.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

Section = TypeVar("Section", bound=msgspec.Struct)
AtLeastOne = Annotated[int, Meta(ge=1)]


_PROVINCES: Final = r"^(\S+:-?\d+(\.\d+)?:-?\d+(\.\d+)?:\d+(\.\d+)?( |$))*$"


class PolicyError(Exception):
    """The policy cannot be used. problems: one sentence each, naming section and key."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the list; the text joins it."""
        super().__init__("; ".join(problems))
        self.problems = problems


class Bounds(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a profile holds and for how long. Units as named; `utc_offset_s` is the bank's local zone.

    evidence_max: events that one signal names, and other subjects that it is told to. relation_s: how long somebody new stays a
    young relation. dormant_s: a silence from which on an account counts as asleep. habit_cap_s: for so long an account's habits
    cannot rise above `habit_cap_deviations` over what they were. excess_fade_s: after so long what lay above the habits counts a
    third. province_places: per province its two-digit
    code, latitude and longitude of its capital in degrees, and how far it reaches from there in km: "11:39.90:116.41:100 ...".
    """

    lateness_s: int
    window_max_s: AtLeastOne
    entries_max: AtLeastOne
    evidence_max: AtLeastOne
    counterparties_max: AtLeastOne
    places_max: AtLeastOne
    devices_max: AtLeastOne
    forget_s: AtLeastOne
    relations_max: AtLeastOne
    relation_s: AtLeastOne
    dormant_s: AtLeastOne
    utc_offset_s: int
    habit_weight: float
    habit_cap_s: AtLeastOne
    habit_cap_deviations: float
    excess_fade_s: AtLeastOne
    province_places: Annotated[str, Meta(pattern=_PROVINCES)] = ""

    @cached_property
    def provinces(self) -> dict[str, tuple[float, float, float]]:
        """Return (latitude, longitude, reach in km) by province code."""
        found = {}
        for place in self.province_places.split():
            code, lat, lon, reach_km = place.split(":")
            found[code] = (float(lat), float(lon), float(reach_km))
        return found

    @cached_property
    def lateness_us(self) -> int:
        """Return how late an event may be and still be exact."""
        return self.lateness_s * 1_000_000

    @cached_property
    def retention_us(self) -> int:
        """Return how long an entry stays: the longest window, as seen by the latest admissible event."""
        return (self.window_max_s + 2 * self.lateness_s) * 1_000_000


class Fusion(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """How signals become a score and a tier.

    prevalence: share of transactions that are fraud, the prior of every score. explained_share: from which share of
    counter-evidence on a signal loses one tier; doubly_explained_share: from which it loses two; explained_max: the most that
    look-alikes can explain together. half_life_s: age, against a case's newest sign, at which a sign counts half.
    accumulated_score_min: score from which weak signs of `accumulated_facts_min` facts, on the mule side one more, make a reminder
    a matter for people.
    """

    prevalence: float
    explained_share: float
    doubly_explained_share: float
    explained_max: float
    victim_tier_max: int
    corroborations_for_police: int
    half_life_s: AtLeastOne
    accumulated_score_min: float
    accumulated_facts_min: AtLeastOne

    @cached_property
    def usual_score(self) -> float:
        """Return the score of what nothing speaks of."""
        return round(self.prevalence, 6)


class CaseBounds(msgspec.Struct, frozen=True, kw_only=True):
    """When an episode ends, how much of it is kept, and when an alert is worth repeating.

    point_gap_s: the same for a machine that is a skimming point.
    signals_max, signals_bytes_max: so many signals, or as many as their stored form lets, but one at least.
    repeat_change_share: by more than this share the sum at risk must have changed since, or the evidence have grown to
    `repeat_evidence_growth` times as many events. told_in_full_max: revisions of an alert that people look at, from which on the
    same goes for it.
    """

    episode_gap_s: int
    point_gap_s: int
    signals_max: int
    signals_bytes_max: int
    evidence_max: int
    repeat_change_share: float
    repeat_evidence_growth: float
    told_in_full_max: int


class NetworkBounds(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases are one network, and how large it gets.

    tier_min: from which tier on a case passes the network's id on. named_min: suspects who must meet at what is only named before
    it does. ties_max: neighbours of a case. hops_max: how many ties an id is passed on.
    """

    tier_min: AtLeastOne
    named_min: AtLeastOne
    ties_max: AtLeastOne
    hops_max: AtLeastOne


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """How much people are asked to look at.

    remind_s: a subject is reminded of one typology once in so long. tier_2_per_minute, tier_3_per_minute: revisions of all
    partitions together, by log time. waiting_max: alerts that one partition holds back.
    """

    remind_s: int
    tier_2_per_minute: AtLeastOne
    tier_3_per_minute: AtLeastOne
    waiting_max: AtLeastOne


VALID_S_MAX: Final = 2_592_000
"""Longest validity a policy may give a freeze request: 30 days. Source: ours; the latest log time taken is so much earlier."""


class FreezeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a freeze request may ask for, and who must stand behind it.

    valid_s: without an acknowledgement it is overdue then. approvals_min: named persons who must approve each request; above
    `auto_amount_max_minor` it is one at least.
    """

    amount_min_minor: int
    valid_s: Annotated[int, Meta(le=VALID_S_MAX)]
    transactions_max: int
    approvals_min: int
    auto_amount_max_minor: int


class FreezeGuard(msgspec.Struct, frozen=True, kw_only=True):
    """How many freeze requests go out by themselves, all partitions together, by log time; beyond, people review every one.

    minor_per_hour: minor units. protected_per_hour, corporate_per_hour: on accounts of such holders. review_only: none goes out.
    """

    per_minute: AtLeastOne
    per_hour: AtLeastOne
    minor_per_hour: AtLeastOne
    protected_per_hour: AtLeastOne
    corporate_per_hour: AtLeastOne
    review_only: bool


class Hearsay(msgspec.Struct, frozen=True, kw_only=True):
    """How far an account's own record must bear out what a machine says of it.

    Shares: of the cash drawn that strangers' money of the last `window_s` covers, for tier 2 and for tier 3; and of that money
    that may lie there besides.
    """

    window_s: int
    stranger_s: int
    covered_share_min: float
    covered_share_for_police: float
    own_share_max: float


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """How far people's word goes, and for how long.

    hold_s: a hold without an answer ends after it. hold_end_escalates: to the police then, on the victim's side; else it is lifted.
    confirmed_score: least score of what a person found a fraud; confirmed_nats: weight of that word for the accounts paid.
    disposition_wait_s: so long a disposition is kept that names nothing known yet; alert_keep_s: so long an alert can be found.
    """

    hold_s: AtLeastOne
    hold_end_escalates: bool
    confirmed_score: Annotated[float, Meta(le=1)]
    confirmed_nats: float
    steps_max: AtLeastOne
    controls_max: AtLeastOne
    snooze_s_max: int
    disposition_wait_s: int
    alert_keep_s: int


class Skimming(msgspec.Struct, frozen=True, kw_only=True):
    """When cards copied at one machine speak (A3).

    use_s: so long before it was abused a card may have been copied. keep_s: so long, by log time, card payments and disputes are
    kept; payments_max: card payments that one partition keeps. uses_max: uses of one card that a dispute tells of.
    window_s: cards used within it were used together. cards_min: from so many on it is a point, from one fewer on support.
    share_min, reminder_share: least share of them in the machine's usual hour, for a hold matter and for a reminder.
    disputed_max: what one machine keeps of what it was told. evidence_max: events that one signal names.
    """

    use_s: AtLeastOne
    keep_s: AtLeastOne
    payments_max: AtLeastOne
    uses_max: AtLeastOne
    window_s: AtLeastOne
    cards_min: AtLeastOne
    share_min: float
    reminder_share: float
    disputed_max: AtLeastOne
    evidence_max: AtLeastOne
    weight: float


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account needs a second person before a freeze request.

    types: of the holder, as in the contract. cohorts, accounts: by name. payroll_payments_min: wages paid out of batches.
    """

    types: tuple[str, ...]
    cohorts: tuple[str, ...]
    accounts: tuple[str, ...]
    payroll_payments_min: AtLeastOne


Method = Literal["FIFO_TIMESTAMP", "PRO_RATA"]


class TraceLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How far reported money is followed.

    method: which of the two rules requests go by; both are always computed. floor_minor: smaller parts are not followed.
    tolerance_s: by so much the time in a report may be off. entries_max: movements an account under trace keeps. keep_s: so long
    after the last news a trace is kept. manager_min_minor: beyond the account that the victim paid, less than this supports a case
    and raises nothing. weight: of its signal, in nats.
    """

    method: Method
    hops_max: AtLeastOne
    floor_minor: int
    manager_min_minor: int
    tolerance_s: int
    entries_max: AtLeastOne
    keep_s: AtLeastOne
    weight: float


class Remedies(msgspec.Struct, frozen=True, kw_only=True):
    """How long what can be done stays open. *_s: from the payment; a NEXT_DAY transfer can be cancelled until local midnight."""

    revocable_s: int
    delayed_s: int
    patrol_s: int


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """How segment models learn. sample: one event in so many, chosen by the hash of its id."""

    sample: AtLeastOne


class Learning(msgspec.Struct, frozen=True, kw_only=True):
    """How the system learns from dispositions; all of it stands still where no scores are wanted.

    sample: of the events of which nothing was said, one in so many is kept for its label. keep_s: for so long. silence_s: what
    nobody has reported by then counts as honest. with_tills: whether the point-of-sale terminals of purchases are keys too.
    rate: of the scorecards. source_nats_max: by how much a source of labels, and all of them together, can move a score.
    risk_fade_s, risk_prior_count, risk_nats_max: see `risk.risk_nats`. top_count: alerts a day that precision at top k is told for.
    """

    sample: AtLeastOne
    keep_s: AtLeastOne
    silence_s: AtLeastOne
    with_tills: bool
    rate: float
    source_nats_max: float
    risk_fade_s: AtLeastOne
    risk_prior_count: float
    risk_nats_max: float
    top_count: AtLeastOne


def read_section(mapping: Mapping[str, Any], name: str, section: type[Section], problems: list[str]) -> Section | None:
    """Return one section of a policy mapping as its class, or None after adding to `problems`, once per mistake."""
    table: Any = mapping
    for part in name.split("."):
        table = table.get(part, {}) if isinstance(table, Mapping) else {}
    if not isinstance(table, Mapping):
        problems.append(f"[{name}] must be a table of values")
        return None
    types = {field.name: field.type for field in msgspec.structs.fields(section)}
    found = [f"[{name}] lacks {key}" for key in sorted(set(types) - set(table))]
    values: dict[str, Any] = {}
    for key, given in table.items():
        if key not in types:
            found.append(f"[{name}] {key} is not a known key")
        elif not isinstance(given, Mapping) or set(given) != {"value", "reason"}:
            found.append(f"[{name}] {key} must be given as {{ value = ..., reason = ... }}")
        else:
            if not isinstance(given["reason"], str) or not given["reason"].strip():
                found.append(f"[{name}] {key} has no reason")
            try:
                values[key] = msgspec.convert(given["value"], types[key])
                found += [f"[{name}] {key} {fault}" for fault in _faults(key, values[key])]
            except msgspec.ValidationError as error:
                found.append(f"[{name}] {key}: {error}")
    problems += found
    return None if found else section(**values)


def _faults(key: str, value: Any) -> list[str]:
    """Return what is wrong with a number, by the unit its name tells: nothing is negative, and a share is at most 1."""
    if not isinstance(value, int | float) or may_be_negative(key):
        return []
    if not math.isfinite(value) or value < 0:
        return ["must be a finite number, not below 0"]
    return ["is a share and must not be above 1"] if is_share(key) and value > 1 else []


def may_be_negative(key: str) -> bool:
    """Return whether a number of this name may lie below 0: an offset from UTC alone."""
    return key == "utc_offset_s"


def is_share(key: str) -> bool:
    """Return whether a number of this name is a share, at most 1."""
    return "share" in key.split("_") or key in ("prevalence", "habit_weight")
