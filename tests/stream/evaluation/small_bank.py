"""A bank of a dozen transactions whose every figure can be counted by hand.

Money in fen. k-1: the victim pays the mule 100,000 at 10:00 and 60,000 at 10:20; the mule draws 40,000 in cash at 10:10 and the
rest at 10:40. k-2 (hard): 20,000 go to another bank at 11:00. k-3: 50,000 on another mule at 12:00, gone at 12:30, and the alert
comes at 13:00. n-1 to n-3 are look-alikes; the shop of n-1 is held.
"""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DAY = "2026-03-02"
VICTIM, MULE = "victim-000000000001", "mule-0000000000001"
LATE_MULE, ELSEWHERE = "mule-0000000000003", "other-bank-00000001"
SHOP = "shop-000000000000001"
NAMES = (VICTIM, MULE, LATE_MULE, ELSEWHERE, SHOP)


def at(clock: str) -> str:
    return f"{DAY}T{clock}:00Z"


# event, clock, payer, payee ("" = cash), fen, score, tier, label
TRANSACTIONS = (
    ("t1", "10:00", VICTIM, MULE, 100_000, 0.9, 2, "V1"),
    ("t2", "10:10", MULE, "", 40_000, 0.8, 3, "V1"),
    ("t3", "10:20", VICTIM, MULE, 60_000, 0.7, 2, "V1"),
    ("t4", "10:40", MULE, "", 120_000, 0.1, 0, "V1"),
    ("t5", "11:00", VICTIM, ELSEWHERE, 20_000, 0.2, 1, "V5"),
    ("t6", "12:00", VICTIM, LATE_MULE, 50_000, 0.05, 0, "M1"),
    ("t7", "12:30", LATE_MULE, "", 50_000, 0.6, 2, "M1"),
    ("h1", "09:00", "c-1", SHOP, 500_000, 0.75, 2, ""),
    ("h2", "09:10", "c-2", SHOP, 10_000, 0.01, 0, ""),
    ("h3", "09:20", "c-3", "c-4", 5_000, 0.02, 0, ""),
    ("h4", "09:30", "c-4", "c-5", 5_000, 0.03, 0, ""),
    ("h5", "09:40", "c-5", "c-6", 40_000, 0.04, 0, ""),
)


def alert(
    alert_id: str,
    clock: str,
    tier: int,
    subject: str,
    *,
    revision: int = 1,
    minor: int = 1_000,
    typology: str = "M1",
    on: str = "t1",
) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "revision": revision,
        "raised_at": at(clock),
        "event_time": at(clock),
        "trigger_event_id": on,
        "typology": typology,
        "subject": {"role": "MULE_SUSPECTED", "kind": "ACCOUNT", "id": subject},
        "tier": tier,
        "score": 0.5,
        "amount_at_risk_minor": minor,
        "currency": "CNY",
        "evidence": [on],
    }


ALERTS = (
    alert("a-wrong", "09:00", 2, SHOP, minor=500_000, typology="M2", on="h1"),
    alert("a-right", "10:00", 1, MULE, minor=100_000, on="t1"),
    alert("a-right", "10:12", 2, MULE, revision=2, minor=60_000, on="t2"),
    alert("a-right", "10:20", 3, MULE, revision=3, minor=120_000, on="t3"),
    alert("a-late", "13:00", 2, LATE_MULE, minor=50_000, on="t7"),
)


def request(request_id: str, clock: str, account: str, *, state: str = "PROPOSED", sequence: int = 1) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "sequence": sequence,
        "state": state,
        "requested_at": at(clock),
        "target": {"account": account},
        "requested_amount_minor": 60_000,
    }


REQUESTS = (request("r-1", "10:20", MULE),)


def payment(event: str, *, leaves: str | None = None) -> dict[str, Any]:
    _, clock, payer, payee, minor, *_ = next(row for row in TRANSACTIONS if row[0] == event)
    told: dict[str, Any] = {"event_id": event, "payer_account": payer, "amount_minor": minor, "booked_at": at(str(clock))}
    if payee:
        told["payee_account"] = payee
    return told if leaves is None else {**told, "hop": 1, "leaves": leaves}


def fraud(case: str, typology: str, clock: str, mule: str, **more: Any) -> dict[str, Any]:
    told = {
        "case": case,
        "kind": "FRAUD",
        "typology": typology,
        "typologies": [typology],
        "is_hard": False,
        "starts_at": at(clock),
        "victims": [VICTIM],
        "mules": [{"account": mule, "hop": 1, "on_us": mule != ELSEWHERE}],
        "terminals": [],
        "devices": [],
        "moves": [],
        "currency": "CNY",
    }
    return {**told, **more}


def lookalike(case: str, name: str, *accounts: str) -> dict[str, Any]:
    return {"case": case, "kind": "LOOKALIKE", "lookalike": name, "starts_at": at("08:00"), "accounts": list(accounts)}


CASES = (
    fraud(
        "k-1",
        "V1",
        "09:59",
        MULE,
        thefts=[payment("t1"), payment("t3")],
        moves=[payment("t2", leaves="CASH"), payment("t4", leaves="CASH")],
        stolen_minor=160_000,
        cash_out_complete_at=at("10:40"),
        victims=["victim-000000000009", VICTIM],
    ),
    fraud(
        "k-2",
        "V5",
        "10:59",
        ELSEWHERE,
        thefts=[payment("t5")],
        stolen_minor=20_000,
        is_hard=True,
        cash_out_complete_at=at("11:00"),
        victims=["victim-000000000002"],
    ),
    fraud(
        "k-3",
        "M1",
        "11:59",
        LATE_MULE,
        thefts=[payment("t6")],
        moves=[payment("t7", leaves="CASH")],
        stolen_minor=50_000,
        cash_out_complete_at=at("12:30"),
    ),
    lookalike("n-1", "N3", SHOP),
    lookalike("n-2", "N3", "c-5"),
    lookalike("n-3", "N10", "c-3", "c-4"),
)


def write(
    folder: Path,
    *,
    alerts: Iterable[dict[str, Any]] = ALERTS,
    requests: Iterable[dict[str, Any]] = REQUESTS,
    cases: Iterable[dict[str, Any]] = CASES,
    transactions: Iterable[tuple[Any, ...]] = TRANSACTIONS,
) -> Path:
    """Write an output folder of replay, with labels.csv, cases.jsonl and simulation.json beside it, and return it."""
    out = folder / "out"
    out.mkdir(parents=True)
    _lines(out / "alerts.jsonl", alerts)
    _lines(out / "freeze_requests.jsonl", requests)
    _lines(folder / "cases.jsonl", cases)
    (out / "report.json").write_text(json.dumps({"policy": "test-1", "records": 12}))
    (folder / "simulation.json").write_text(json.dumps({"seed": 77, "base_rate": 0.5, "counts": {"cases": 3}}))
    rows = list(transactions)
    _table(out / "scores.csv", "event_id,event_time,score,tier,typology", [(e, at(c), s, t, "") for e, c, _, _, _, s, t, _ in rows])
    _table(
        out / "transactions.csv",
        "event_id,kind,status,amount_minor,currency,payer_account,payer_customer,payee_account,payee_customer,original_event_id",
        [
            (e, "TRANSFER" if payee else "CASH_WITHDRAWAL", "APPROVED", minor, "CNY", payer, payer, payee, payee, "")
            for e, _, payer, payee, minor, *_ in rows
        ],
    )
    _table(folder / "labels.csv", "event_id,label,case,typology", [(row[0], int(bool(row[7])), "", row[7]) for row in rows])
    return out


def _lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def _table(path: Path, header: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
