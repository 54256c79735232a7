"""What the bank knows and says in the end does not depend on the order of arrival, nor on copies, nor on how keys are spread."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.profile import AccountProfile, decode_profile, encode_profile
from models.records import Transaction
from models.rulebook import build_rulebook
from stream.store import payload_of
from tests.bank import Bank, Event, policy_mapping
from tests.properties.bank_day import arriving_days, days

RUNS = settings(max_examples=60, deadline=None, print_blob=True)
POLICY = policy_mapping()
POLICY["detectors"]["unusual_behaviour"]["signal_min"]["value"] = 2.0
POLICY["cases"]["told_in_full_max"]["value"] = 10_000
POLICY["budget"]["remind_s"]["value"] = 0
RULEBOOK = build_rulebook(POLICY)
"""Without behavioural support: a segment learns in the order of its partition's log, which is why it may raise nothing.

And every change told: how many revisions a flood has left before only the worse is told, and which reminders a day has room for,
depend on the order of arrival.
"""
_KIND = {b"A": "ACCOUNT", b"T": "TERMINAL", b"D": "DEVICE"}


def known(bank: Bank) -> dict[bytes, bytes]:
    """Return every profile but for its cases and requests, which count what was said; segments learn in the order of their log."""
    profiles = {}
    for key, value in bank.state().items():
        if key[:1] in _KIND:
            profile = decode_profile(_KIND[key[:1]], payload_of(value))  # type: ignore[arg-type]
            told = {"cases": [], "freezes": []} if isinstance(profile, AccountProfile) else {"cases": []}
            profiles[key] = encode_profile(msgspec.structs.replace(profile, **told))
    return profiles


def said(bank: Bank) -> dict[str, Any]:
    """Return the last revisions: per alert its subject, typology, tier, case and evidence; what was withdrawn is not said.

    The evidence of a reminder is left out: it is not repeated for a little more.
    """
    return {
        alert_id: (alert.subject, alert.typology, alert.tier, alert.case_id, sorted(alert.evidence) if alert.tier > 1 else [])
        for alert_id, alert in bank.final_alerts().items()
    }


@RUNS
@given(arriving_days())
def test_any_order_within_the_lateness_ends_in_the_same_profiles(streams: tuple[list[Event], list[Event]]) -> None:
    in_order, arrived = streams
    assert known(Bank(rulebook=RULEBOOK).take(arrived)) == known(Bank(rulebook=RULEBOOK).take(in_order))


@RUNS
@given(arriving_days())
def test_any_order_within_the_lateness_gives_the_same_last_revisions(streams: tuple[list[Event], list[Event]]) -> None:
    in_order, arrived = streams
    assert said(Bank(rulebook=RULEBOOK).take(arrived)) == said(Bank(rulebook=RULEBOOK).take(in_order))


@RUNS
@given(days())
def test_the_number_of_partitions_changes_no_last_revision(events: list[Event]) -> None:
    assert said(Bank(3, RULEBOOK).take(events)) == said(Bank(rulebook=RULEBOOK).take(events))


def asked(bank: Bank) -> dict[str, Any]:
    """Return what is proposed in the end: per account the amount and the booked movements."""
    final = {request.target.account: request for request in bank.requests}
    return {
        account: (request.requested_amount_minor, request.transactions)
        for account, request in final.items()
        if request.state == "PROPOSED"
    }


@RUNS
@given(arriving_days())
def test_any_order_within_the_lateness_ends_in_the_same_freeze_requests(streams: tuple[list[Event], list[Event]]) -> None:
    in_order, arrived = streams
    assert asked(Bank(rulebook=RULEBOOK).take(arrived)) == asked(Bank(rulebook=RULEBOOK).take(in_order))


def scored(events: list[Event], partitions: int = 1) -> dict[str, tuple[int, float, str]]:
    """Return the final score of every transaction. So few events warm no segment, so this compares it whole."""
    final = Bank(partitions, RULEBOOK, with_scores=True).take(events).final_scores()
    return {event_id: (line.tier, line.score, line.typology) for event_id, line in final.items()}


@RUNS
@given(arriving_days())
def test_any_order_within_the_lateness_ends_in_the_same_scores(streams: tuple[list[Event], list[Event]]) -> None:
    in_order, arrived = streams
    transactions = {event.event_id for event in in_order if isinstance(event, Transaction)}
    assert scored(arrived) == scored(in_order)
    assert scored(in_order).keys() == transactions


@RUNS
@given(days())
def test_the_number_of_partitions_changes_no_score(events: list[Event]) -> None:
    assert scored(events, partitions=3) == scored(events)


@RUNS
@given(days(), st.data())
def test_a_copy_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    bank = Bank().take(events)
    before, alerts, requests = payloads(bank), len(bank.alerts), len(bank.requests)
    bank.take(data.draw(st.lists(st.sampled_from(events), min_size=1, max_size=5)))
    assert payloads(bank) == before
    assert (len(bank.alerts), len(bank.requests)) == (alerts, requests)


def payloads(bank: Bank) -> dict[bytes, bytes]:
    """Return the whole state without the positions of its changes; a key that was only looked at is not in it."""
    return {key: payload_of(value) for key, value in bank.state().items()}
