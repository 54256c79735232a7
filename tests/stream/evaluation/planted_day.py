"""A simulated bank day in the files that the evaluation reads: records, labels, cases, simulation."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from models.records import Transaction
from models.units import instant
from stream.simulator.day import BankDay, DayOptions, bank_day
from stream.simulator.planted import Story
from tests.parity.days import MONDAY, write_day

COUNTED_US = 60_000_000


def written(folder: Path, seed: int = 5, accounts: int = 150, fraud_share: float = 0.08, start: datetime = MONDAY) -> Path:
    """Write a day's files to a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    day = bank_day(seed, accounts, start, options=DayOptions(fraud_share=fraud_share))
    write_day(folder / "events.jsonl", day)
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("event_id", "label", "case", "typology"))
        writer.writerows((row.event_id, row.label, row.case or "", row.typology or "") for row in day.labels)
    kinds = {record.event_id: record.kind for _, _, record in day.records if isinstance(record, Transaction)}
    lines = [json.dumps(_case(story, kinds)) for story in day.stories] + [json.dumps(_scene(day))]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "simulation.json").write_text(json.dumps({"seed": seed, "accounts": accounts, "counts": {}}))
    return folder


def _time(at_us: int) -> str:
    return instant(at_us).isoformat()


def _case(story: Story, kinds: dict[str, str]) -> dict[str, Any]:
    victims, elsewhere = set(story.victims), set(story.elsewhere)
    thefts, moves = [], []
    for move in story.movements:
        row: dict[str, Any] = {
            "event_id": move.event_id,
            "payer_account": move.payer,
            "amount_minor": move.amount_minor,
            "booked_at": _time(move.at_us),
        }
        if move.payee is not None:
            row["payee_account"] = move.payee
        if move.payer in victims:
            thefts.append(row)
        elif move.payer:
            leaves = "CASH" if kinds[move.event_id] == "CASH_WITHDRAWAL" else "OFF_US" if move.payee in elsewhere else ""
            moves.append({**row, "hop": 1, "leaves": leaves})
    case = {
        "case": story.story,
        "kind": "FRAUD",
        "typology": story.typology,
        "typologies": [story.typology],
        "is_hard": story.typology == "V5",
        "starts_at": _time(min(move.at_us for move in story.movements) - COUNTED_US),
        "victims": list(story.victims),
        "mules": [{"account": name, "hop": 1, "on_us": True} for name in story.mules]
        + [{"account": name, "hop": 2, "on_us": False} for name in story.elsewhere],
        "terminals": list(story.terminals),
        "devices": [],
        "thefts": thefts,
        "moves": moves,
        "stolen_minor": story.stolen_minor,
        "currency": "CNY",
    }
    if moves and moves[-1]["leaves"]:
        case["cash_out_complete_at"] = moves[-1]["booked_at"]
    if story.reported_us is not None:
        case["reported_at"] = _time(story.reported_us)
    return case


def _scene(day: BankDay) -> dict[str, Any]:
    """Return a scene of people in no fraud: those who paid first."""
    involved = {name for story in day.stories for name in (*story.victims, *story.mules, *story.elsewhere)}
    payers = [record.payer.account for _, _, record in day.records if isinstance(record, Transaction) and record.payer is not None]
    free = [name for name in dict.fromkeys(payers) if name not in involved]
    return {"case": "k-n1", "kind": "LOOKALIKE", "lookalike": "N1", "starts_at": _time(day.day_us), "accounts": free[:5]}
