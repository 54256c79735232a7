"""Whatever is changed in a bundle is found: by its own hashes if one byte is, by the log if somebody made all hashes anew."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.replay_files import read
from stream.evidence.checks import check
from stream.evidence.form import NoBundleError, bundle_of, sha256, take_apart
from stream.evidence.rederiving import rederive
from tests.stream.evidence.case_files import CaseFiles, forged

Parts = dict[str, Any]


def differences(raw: bytes, case_files: CaseFiles) -> list[str]:
    """Return what the log says against a bundle."""
    return rederive(bundle_of(take_apart(raw)), read([case_files.log])).differences


@pytest.mark.parametrize("kind", ["masked_bundle", "opened_bundle"])
def test_a_bundle_as_it_was_made_is_right_and_derived_again(
    request: pytest.FixtureRequest, case_files: CaseFiles, kind: str
) -> None:
    raw = request.getfixturevalue(kind)
    assert check(raw) == []
    result = rederive(bundle_of(take_apart(raw)), read([case_files.log]))
    assert (result.differences, result.is_exact) == ([], True)
    assert result.compared >= 5


@pytest.mark.parametrize("kind", ["masked_bundle", "opened_bundle"])
def test_one_changed_byte_anywhere_is_found(request: pytest.FixtureRequest, kind: str) -> None:
    """Every 61st byte, and every byte of the first and the last two thousand."""
    raw = request.getfixturevalue(kind)
    places = {*range(0, len(raw), 61), *range(300), *range(len(raw) - 300, len(raw))}
    unnoticed = [place for place in sorted(places) if not is_noticed(raw, place, 1)]
    assert unnoticed == []


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_bit_of_any_byte_is_found(masked_bundle: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(masked_bundle) - 1))
    assert is_noticed(masked_bundle, place, 1 << data.draw(st.integers(0, 7)))


def is_noticed(raw: bytes, place: int, bit: int) -> bool:
    changed = bytearray(raw)
    changed[place] ^= bit
    try:
        return bool(check(bytes(changed)))
    except NoBundleError:
        return True


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"channel":"WEB"', b'"channel":"API"', "part inputs was changed; entry 0, transactions 0:0"),
        (b'"tier":3', b'"tier":2', "part alerts was changed; entry "),
        (
            b'"requested_amount_minor":2010000',
            b'"requested_amount_minor":2010001',
            "part freeze_requests was changed; entry 0, freeze",
        ),
        (b"threshold", b"thresh0ld", "part policy was changed"),
        (b'"future_skew_s":300', b'"future_skew_s":301', "part case was changed"),
        (b'"own":[', b'"own" :[', "part chains was changed; entry 0, alerts 0:"),
        (b'"parts":{\n', b'"parts":{\r', "of the file, between its parts, was changed"),
        (b'{"part":"policy","sha256":"', b'{"part":"policy","sha256":"0', "the manifest is not the one"),
    ],
)
def test_a_change_is_told_with_its_place(opened_bundle: bytes, old: bytes, new: bytes, told: str) -> None:
    assert old in opened_bundle
    found = check(opened_bundle.replace(old, new, 1))
    assert [finding for finding in found if told in finding] != []


def amount(parts: Parts) -> None:
    parts["inputs"][0]["record"]["amount_minor"] += 1


def request_amount(parts: Parts) -> None:
    parts["freeze_requests"][0]["record"]["requested_amount_minor"] -= 100


def reason(parts: Parts) -> None:
    parts["alerts"][0]["record"]["reasons"][0]["value"] += 1


def words(parts: Parts) -> None:
    parts["alerts"][0]["record"]["reasons"][0]["en"] = "He looked suspicious."


def event(parts: Parts) -> None:
    parts["alerts"][0]["record"]["evidence"].append("e-invented")


def match_field(parts: Parts) -> None:
    parts["freeze_requests"][0]["record"]["transactions"][0]["booked_at"] = "2026-03-02T02:01:00Z"


def trace(parts: Parts) -> None:
    parts["traces"][-1]["record"]["still_here_minor"] += 1


def report(parts: Parts) -> None:
    row = next(entry for entry in parts["inputs"] if entry["topic"] == "victim-reports")
    row["record"]["transfers"][0]["amount_minor"] += 1


FORGERIES: list[tuple[Callable[[Parts], None], str]] = [
    (amount, "transactions record theft: amount_minor is 6000001 in the bundle, 6000000 in the log"),
    (request_amount, "requested_amount_minor is 2009900 in the bundle, 2010000 by the log"),
    (reason, "reasons[0].value is "),
    (words, 'reasons[0].en is "He looked suspicious." in the bundle'),
    (event, "evidence is "),
    (match_field, 'transactions[0].booked_at is "2026-03-02T02:01:00Z" in the bundle, "2026-03-02T02:00:00Z" by the log'),
    (trace, "still_here_minor is "),
    (report, "victim-reports record r-1: transfers[0].amount_minor is 6000001 in the bundle, 6000000 in the log"),
]


@pytest.mark.parametrize("kind", ["masked_bundle", "opened_bundle"])
@pytest.mark.parametrize(("change", "told"), FORGERIES, ids=[change.__name__ for change, _ in FORGERIES])
def test_what_was_forged_with_all_hashes_of_the_file_made_anew_is_told_by_the_log(
    request: pytest.FixtureRequest, case_files: CaseFiles, kind: str, change: Callable[[Parts], None], told: str
) -> None:
    """The hashes of the records are spoilt too, so that each shown record is held against the log's."""

    def change_and_hide(parts: Parts) -> None:
        change(parts)
        for part in ("alerts", "freeze_requests", "traces", "inputs"):
            for entry in parts[part]:
                entry["sha256"] = "0" * 64

    raw = forged(request.getfixturevalue(kind), change_and_hide)
    found = differences(raw, case_files)
    assert [finding for finding in found if told in finding] != [], found


@pytest.mark.parametrize("change", [reason, words, event, request_amount, match_field, trace], ids=lambda change: change.__name__)
def test_a_record_of_ours_that_was_forged_in_clear_is_not_what_was_chained(
    opened_bundle: bytes, change: Callable[[Parts], None]
) -> None:
    found = check(forged(opened_bundle, change))
    assert [finding for finding in found if finding.endswith("its content is not what was chained")] != []


def test_a_policy_value_that_was_changed_gives_another_case(opened_bundle: bytes, case_files: CaseFiles) -> None:
    def change(parts: Parts) -> None:
        text = parts["policy"]["text"]
        parts["policy"]["text"] = text.replace("amount_min_minor = { value = ", "amount_min_minor = { value = 9000", 1)
        assert parts["policy"]["text"] != text

    raw = forged(opened_bundle, change)
    assert "the policy's text is not the one that its SHA-256 is of" in check(raw)
    assert [finding for finding in differences(raw, case_files) if "the log does not give it" in finding] != []


@pytest.mark.parametrize("part", ["alerts", "freeze_requests", "traces"])
def test_a_statement_that_was_taken_out_is_missed_by_the_chain_and_by_the_log(
    opened_bundle: bytes, case_files: CaseFiles, part: str
) -> None:
    raw = forged(opened_bundle, lambda parts: parts[part].pop())
    assert [finding for finding in check(raw) if "is not there" in finding] != []
    assert [finding for finding in differences(raw, case_files) if finding.endswith("the bundle does not hold it")] != []


def test_a_statement_that_was_taken_out_with_its_number_is_still_missed_by_the_log(
    opened_bundle: bytes, case_files: CaseFiles
) -> None:
    def change(parts: Parts) -> None:
        parts["freeze_requests"] = []
        parts["chains"] = [chain for chain in parts["chains"] if chain["topic"] != "freeze-requests"]

    raw = forged(opened_bundle, change)
    found = differences(raw, case_files)
    assert [finding for finding in found if "freeze request r-" in finding and "the log gives it" in finding] != []


def test_statements_that_changed_places_are_told(opened_bundle: bytes) -> None:
    def change(parts: Parts) -> None:
        first, last = parts["traces"][0]["record"], parts["traces"][-1]["record"]
        first["chain"], last["chain"] = last["chain"], first["chain"]

    assert len([finding for finding in check(forged(opened_bundle, change)) if "not what was chained" in finding]) == 2


def test_an_invented_statement_is_in_no_chain(opened_bundle: bytes) -> None:
    def change(parts: Parts) -> None:
        entry = parts["alerts"][-1]
        invented = {**entry["record"], "alert_id": "a-invented", "revision": 1}
        invented["chain"] = {**invented["chain"], "number": invented["chain"]["number"] + 1}
        parts["alerts"].append({**entry, "record": invented})

    found = check(forged(opened_bundle, change))
    assert "alert a-invented revision 1: it is not the record that stands in the chain at its number" in found


def test_an_input_that_was_taken_out_is_missed(opened_bundle: bytes) -> None:
    assert "event theft, on which the case rests, is not there" in check(
        forged(opened_bundle, lambda parts: parts["inputs"].pop(0))
    )


def test_an_input_that_the_log_never_held_is_told(opened_bundle: bytes, case_files: CaseFiles) -> None:
    def change(parts: Parts) -> None:
        parts["inputs"][0]["record"]["event_id"] = "never"

    assert "transactions record never: the log does not hold it" in differences(forged(opened_bundle, change), case_files)


def test_a_log_without_the_report_does_not_give_what_followed_from_it(
    opened_bundle: bytes, case_files: CaseFiles, tmp_path: Path
) -> None:
    log = tmp_path / "shorter.jsonl"
    lines = case_files.log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(line for line in lines if b"victim-reports" not in line))
    found = rederive(bundle_of(take_apart(opened_bundle)), read([log])).differences
    assert "victim-reports record r-1: the log does not hold it" in found
    assert [finding for finding in found if "the log does not give it" in finding] != []


def test_a_log_with_another_case_before_it_gives_the_same_statements_at_other_places_of_their_chain(
    opened_bundle: bytes, case_files: CaseFiles, tmp_path: Path
) -> None:
    earlier = re.sub(rb'"event_id":"(\w+)"', rb'"event_id":"earlier-\1"', case_files.log.read_bytes())
    earlier = re.sub(rb"62220202001122", b"62220202001199", earlier.replace(b"2026-03-02T", b"2026-02-20T"))
    log = tmp_path / "longer.jsonl"
    payments = [line for line in earlier.splitlines(keepends=True) if b"transactions" in line]
    log.write_bytes(b"".join(payments) + case_files.log.read_bytes())
    found = rederive(bundle_of(take_apart(opened_bundle)), read([log])).differences
    assert [finding for finding in found if "source.offset is 0 in the bundle, 3 by the log" in finding] != []
    assert [finding for finding in found if "reasons" in finding or "amount" in finding] == []


def test_of_a_bundle_from_several_partitions_the_last_statements_are_compared(opened_bundle: bytes, case_files: CaseFiles) -> None:
    def spread(parts: Parts) -> None:
        parts["case"]["settings"]["partitions"] = 4
        for entry in (*parts["alerts"], *parts["freeze_requests"]):
            entry["record"]["source"]["partition"] = 3
            entry["record"]["chain"]["partition"] = 2

    def spread_and_change(parts: Parts) -> None:
        spread(parts)
        parts["freeze_requests"][-1]["record"]["requested_amount_minor"] += 1

    result = rederive(bundle_of(take_apart(forged(opened_bundle, spread))), read([case_files.log]))
    assert (result.differences, result.is_exact) == ([], False)
    (difference,) = differences(forged(opened_bundle, spread_and_change), case_files)
    assert "requested_amount_minor is 2010001 in the bundle, 2010000 by the log" in difference


@pytest.mark.parametrize("kind", ["masked_bundle", "opened_bundle"])
def test_records_gathered_from_a_topic_are_known_again_in_a_file_that_adds_where_and_when_they_arrived(
    request: pytest.FixtureRequest, case_files: CaseFiles, kind: str
) -> None:
    raws = {line: b"{" + line.split(b",", 2)[2] for line in case_files.log.read_bytes().splitlines()}
    bare = {sha256(line): sha256(raw) for line, raw in raws.items()}

    def as_on_the_topic(parts: Parts) -> None:
        for entry in parts["inputs"]:
            entry["sha256"] = bare[entry["sha256"]]
            entry["record"] = {name: value for name, value in entry["record"].items() if name not in ("topic", "arrival_time")}

    assert differences(forged(request.getfixturevalue(kind), as_on_the_topic), case_files) == []
