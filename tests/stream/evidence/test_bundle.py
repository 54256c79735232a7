"""A bundle of evidence: the same case the same bytes, complete, and in the form that was promised."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.record_chain import chained
from stream.evidence.form import (
    Bundle,
    CaseHead,
    ChainPart,
    Entry,
    EvidenceError,
    Limits,
    PolicyText,
    bundle_of,
    encode_bundle,
    put_together,
    sha256,
    take_apart,
)
from stream.evidence.gathering import Arrived, Outputs, Published, gather_inputs, gather_outputs
from stream.evidence.sources import folder_outputs
from stream.policy.document import policy_text
from stream.settings import Settings
from tests.stream.evidence.case_files import CaseFiles, evidence, records

GOLDEN = Path(__file__).parents[2] / "golden" / "evidence" / "bundle.json"


def small_bundle() -> Bundle:
    """Return a bundle of one alert and one transaction, of made-up content, so that no policy changes its bytes."""
    raw, _ = chained("alerts", b'{"alert_id":"al1","revision":1}', 0, 1, None)
    content = json.loads(raw)["chain"]["sha256"]
    seen = b'{"event_id": "e1", "amount_minor": 5}'
    return Bundle(
        case=CaseHead(
            case_id="c1",
            identifiers="OPENED",
            case_ref="P-7",
            reason="asked",
            made_with={"goldenhour": "0", "model": "m"},
            settings=Limits(partitions=1, topic_prefix="", record_bytes_max=65_536, future_skew_s=300, isolate=()),
            has_inputs=True,
            missing_events=("e2",),
        ),
        policy=PolicyText(version="p1", sha256=sha256(b"version = 1\n"), text="version = 1\n"),
        alerts=(Entry(topic="alerts", partition=0, offset=4, sha256=sha256(raw), record=msgspec.Raw(raw)),),
        freeze_requests=(),
        traces=(),
        inputs=(
            Entry(
                topic="transactions",
                partition=2,
                offset=7,
                arrived_at="2026-03-02T02:00:00Z",
                sha256=sha256(seen),
                record=msgspec.Raw(seen),
            ),
        ),
        chains=(ChainPart(topic="alerts", partition=0, first=1, sha256s=(content,), own=(1,)),),
    )


def test_a_bundle_is_written_in_the_golden_bytes() -> None:
    """Set GOLDEN=write to write the file anew after a change that is meant."""
    raw = encode_bundle(small_bundle())
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_bytes(raw)
    assert raw == GOLDEN.read_bytes()


def test_the_golden_bytes_are_read_as_the_bundle() -> None:
    sheets = take_apart(GOLDEN.read_bytes())
    assert bundle_of(sheets) == small_bundle()
    assert put_together(sheets) == GOLDEN.read_bytes()


def test_the_same_case_gives_the_same_bytes(case_files: CaseFiles, masked_bundle: bytes, tmp_path: Path) -> None:
    assert evidence(case_files, tmp_path / "again.json").read_bytes() == masked_bundle


def test_a_bundle_holds_all_that_the_case_rests_on(case_files: CaseFiles, opened_bundle: bytes) -> None:
    bundle = bundle_of(take_apart(opened_bundle))
    alerts = [json.loads(bytes(entry.record)) for entry in bundle.alerts]
    of_case = [row for row in records(case_files.folder / "alerts.jsonl") if row["case_id"] == case_files.case_id]
    assert {(row["alert_id"], row["revision"]) for row in alerts} >= {(row["alert_id"], row["revision"]) for row in of_case}
    inputs = {(entry.topic, json.loads(bytes(entry.record)).get("event_id")) for entry in bundle.inputs}
    assert ("transactions", "theft") in inputs
    assert {topic for topic, _ in inputs} == {"transactions", "victim-reports", "freeze-responses"}
    assert bundle.case.missing_events == ()
    assert {json.loads(bytes(entry.record))["hop"] for entry in bundle.traces} == {0, 1, 2}


def test_every_input_stands_in_it_with_the_bytes_and_the_place_it_had(case_files: CaseFiles, opened_bundle: bytes) -> None:
    lines = case_files.log.read_bytes().splitlines()
    by_topic: dict[str, list[bytes]] = {}
    for line in lines:
        by_topic.setdefault(json.loads(line)["topic"], []).append(line)
    for entry in bundle_of(take_apart(opened_bundle)).inputs:
        raw = by_topic[entry.topic][entry.offset]
        assert bytes(entry.record) == raw
        assert entry.sha256 == sha256(raw)


def test_the_policy_stands_in_it_word_for_word(opened_bundle: bytes) -> None:
    policy = bundle_of(take_apart(opened_bundle)).policy
    text = policy_text(Settings())
    assert (policy.text, policy.sha256) == (text, sha256(text.encode()))


def test_a_case_that_nobody_knows_is_told(case_files: CaseFiles) -> None:
    with pytest.raises(EvidenceError, match="no alert and no freeze request of case nobody"):
        gather_outputs("nobody", folder_outputs(case_files.folder))


def test_a_folder_that_is_of_no_replay_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"alerts\.jsonl, freeze_requests\.jsonl, traces\.jsonl is missing"):
        folder_outputs(tmp_path)


def chain_of_alerts(rows: list[dict[str, Any]], case_files: CaseFiles) -> list[bytes]:
    """Return alerts like those of the case, chained in the order given."""
    example = records(case_files.folder / "alerts.jsonl")[0]
    link, raws = None, []
    for number, row in enumerate(rows, 1):
        body = {**{name: value for name, value in example.items() if name != "chain"}, **row}
        raw, link = chained("alerts", json.dumps(body, separators=(",", ":")).encode(), 0, number, link)
        raws.append(raw)
    return raws


def outputs_of(alerts: list[bytes]) -> Outputs:
    lines = {"alerts": [Published(0, number, raw) for number, raw in enumerate(alerts)]}
    return lambda topic: lines.get(topic, [])


ROWS: list[dict[str, Any]] = [
    {"alert_id": "other", "case_id": "c-0", "revision": 1},
    {"alert_id": "mine", "case_id": "c-1", "revision": 1},
    {"alert_id": "other", "case_id": "c-0", "revision": 2},
    {"alert_id": "mine", "case_id": "c-2", "revision": 2},
    {"alert_id": "other", "case_id": "c-0", "revision": 3},
]


def test_the_chain_is_shown_from_the_first_to_the_last_record_of_the_case_and_others_by_their_hash_alone(
    case_files: CaseFiles,
) -> None:
    raws = chain_of_alerts(ROWS, case_files)
    gathered = gather_outputs("c-1", outputs_of(raws))
    (part,) = gathered.chains
    chains = [json.loads(raw)["chain"] for raw in raws]
    assert (part.first, part.own, part.before) == (2, (2, 4), chains[1]["before"])
    assert part.sha256s == tuple(chain["sha256"] for chain in chains[1:4])


def test_an_alert_that_has_moved_to_another_case_is_shown_with_all_its_revisions(case_files: CaseFiles) -> None:
    for case_id in ("c-1", "c-2"):
        gathered = gather_outputs(case_id, outputs_of(chain_of_alerts(ROWS, case_files)))
        assert [json.loads(bytes(entry.record))["revision"] for entry in gathered.alerts] == [1, 2]


def test_a_chain_with_a_record_lost_in_between_is_shown_in_two_stretches(case_files: CaseFiles) -> None:
    raws = chain_of_alerts(ROWS, case_files)
    gathered = gather_outputs("c-1", outputs_of([*raws[:2], *raws[3:]]))
    assert [(part.first, part.own) for part in gathered.chains] == [(2, (2,)), (4, (4,))]


def test_a_record_published_again_after_a_crash_is_shown_once(case_files: CaseFiles) -> None:
    raws = chain_of_alerts(ROWS, case_files)
    once, twice = (gather_outputs("c-1", outputs_of(lines)) for lines in (raws, [*raws, *raws[2:]]))
    assert [entry.sha256 for entry in once.alerts] == [entry.sha256 for entry in twice.alerts]
    assert once.chains == twice.chains


def test_of_a_state_made_anew_the_later_chain_is_shown(case_files: CaseFiles) -> None:
    raws = chain_of_alerts(ROWS, case_files)
    anew = chain_of_alerts(ROWS[1:], case_files)
    gathered = gather_outputs("c-1", outputs_of([*raws, *anew]))
    assert [(part.first, part.own) for part in gathered.chains] == [(1, (1, 3))]


def test_a_broken_record_of_ours_is_told_by_its_place(case_files: CaseFiles) -> None:
    raws = chain_of_alerts(ROWS, case_files)
    with pytest.raises(EvidenceError, match="alerts 0:5 cannot be read: it was changed"):
        gather_outputs("c-1", outputs_of([*raws, b'{"alert_id":']))


def test_a_reversal_of_an_event_of_the_case_belongs_to_it(case_files: CaseFiles) -> None:
    gathered = gather_outputs(case_files.case_id, folder_outputs(case_files.folder))
    raw = b'{"event_id":"back","original_event_id":"theft"}'
    found, missing = gather_inputs(gathered.wanted, [Arrived("transactions", 0, 0, 0, raw)])
    assert [bytes(entry.record) for entry in found] == [raw]
    assert "theft" in missing
