"""A case as files: what came in, and what a replay made of it. The story of a company that pays a fake boss."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from connectors.contract_json import encode
from models.records import FreezeResponse
from models.units import time_us
from stream.evidence.form import LISTS, Sheets, encode_bundle, take_apart
from stream.evidence.form import bundle_of as read_bundle
from tests.bank import told_at, topic_of
from tests.parity.days import line_of, run_cli
from tests.scenario import SCENARIOS, read_story

ACCOUNTS = {"firm": "6222020200112200001", "mule1": "6222020200112200002", "mule2": "6222020200112200003"}
STORY = re.sub(
    r"\b(firm|mule1|mule2)\b",
    lambda name: ACCOUNTS[name[1]],
    re.sub(r"(?m)^  => .*$|  => .*$", "", (SCENARIOS / "r_chain_reported_after_20_minutes.txt").read_text("utf-8")),
)


class CaseFiles(NamedTuple):
    """log: what came in. folder: of the replay. case_id: of the freeze request."""

    log: Path
    folder: Path
    case_id: str


def write_case(place: Path, story: str = STORY) -> CaseFiles:
    """Write a story as a replay file, replay it, and let the liaison answer the freeze request; replay it with the answer."""
    log = place / "log.jsonl"
    lines = [
        line_of(time_us(told_at(step.event)) + step.late_ms * 1_000, topic_of(step.event), encode(step.event))
        for step in read_story(story)
    ]
    log.write_bytes(b"".join(line + b"\n" for line in lines))
    run_cli("replay", str(log), "--out", str(place / "first"))
    request = records(place / "first" / "freeze_requests.jsonl")[0]
    answer = FreezeResponse(
        request_id=request["request_id"],
        sequence=1,
        responded_at=told_at(read_story(story)[-1].event),
        status="EXECUTED",
        held_amount_minor=request["requested_amount_minor"],
    )
    with log.open("ab") as file:
        file.write(line_of(time_us(answer.responded_at) + 60_000_000, "freeze-responses", encode(answer)) + b"\n")
    run_cli("replay", str(log), "--out", str(place / "out"))
    return CaseFiles(log, place / "out", records(place / "out" / "freeze_requests.jsonl")[0]["case_id"])


def records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def evidence(files: CaseFiles, out: Path, *options: str) -> Path:
    """Make a bundle by the command, with the transactions."""
    run_cli("evidence", files.case_id, "--from", str(files.folder), "--transactions", str(files.log), "--out", str(out), *options)
    return out


def opened(files: CaseFiles, out: Path) -> Path:
    """Make a bundle with its identifiers in clear."""
    log = str(out.with_suffix(".openings"))
    return evidence(files, out, "--case-ref", "P-7", "--reason", "asked by the police", "--openings", log)


def forged(raw: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Return a bundle changed by somebody who knows the form and makes every hash of the file anew, but not the chain's."""
    sheets: Sheets = take_apart(raw)
    parts = {name: json.loads(bytes(part)) for name, part in sheets.parts.items()}
    change(parts)
    texts = {name: json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode() for name, part in parts.items()}
    whole = b'{"format":"%s","sha256":"","manifest":[],"parts":{%s}}' % (
        sheets.format.encode(),
        b",".join(b'"%s":%s' % (name.encode(), text) for name, text in texts.items()),
    )
    assert set(LISTS) < set(parts)
    return encode_bundle(read_bundle(take_apart(whole)))
