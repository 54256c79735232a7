"""The same tables and change events, by hand with the standard library: what a mapping is measured beside."""

import base64
import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from connectors.cdc import Changes
from connectors.connector import Connector
from connectors.tables import Tables
from connectors.tokens import Tokens

_BEIJING = timezone(timedelta(hours=8))
_STATUS = {"0": "APPROVED", "1": "DECLINED", "9": "REQUESTED"}
_CHANGED = {"N": "REQUESTED", "S": "APPROVED", "F": "DECLINED", "R": "REVERSED"}
_SUFFIX = {"REQUESTED": "-q", "APPROVED": "-a", "DECLINED": "-d", "REVERSED": "-r"}
_CURRENCY = {"156": "CNY", "CNY": "CNY", "840": "USD", "": "CNY"}
_CHANNEL = {"MB": "MOBILE", "NB": "WEB", "CT": "COUNTER"}


def record_peer_of(connector: Connector, tokens: Tokens) -> tuple[str, Callable[[bytes], list[dict[str, Any]]]] | None:
    """Return what is measured beside a connector that maps columns, and its name; None for every other."""
    if isinstance(connector, Tables):
        return "csv, decimal and datetime by hand", lambda raw: _table(raw, tokens)
    if isinstance(connector, Changes):
        return "json, decimal and datetime by hand", lambda raw: _change(raw, tokens)
    return None


def _table(raw: bytes, tokens: Tokens) -> list[dict[str, Any]]:
    return [_booking(row, tokens) for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))]


def _minor(text: str) -> int:
    return int(abs(Decimal(text.replace(",", "")) * 100))


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _booking(row: dict[str, str], tokens: Tokens) -> dict[str, Any]:
    found: dict[str, Any] = {
        "event_id": row["SERIAL_NO"],
        "event_time": _utc(datetime.fromisoformat(row["TXN_TIME"]).replace(tzinfo=_BEIJING)),
        "status": _STATUS[row["STATUS"]],
        "amount_minor": _minor(row["AMOUNT"]),
        "currency": _CURRENCY[row["CCY"]],
    }
    own: dict[str, Any] = {"account": tokens.account(row["ACCT_NO"].strip()), "on_us": True}
    if row["TXN_CODE"] == "CSH":
        return found | {"kind": "CASH_WITHDRAWAL", "channel": "ATM", "payer": own, "terminal": {"id": row["TERM_ID"]}}
    if row["BALANCE"]:
        own["balance_after_minor"] = _minor(row["BALANCE"])
    found |= {"kind": "TRANSFER", "channel": _CHANNEL.get(row["CHANNEL"], "API"), "payer": own}
    found["payee"] = {"account": tokens.account(row["OPP_ACCT"].strip()), "bank": row["OPP_BANK"]}
    if row["PURPOSE"]:
        found["purpose"] = row["PURPOSE"]
    return found


def _change(raw: bytes, tokens: Tokens) -> list[dict[str, Any]]:
    message = json.loads(raw)
    envelope = message.get("payload", message)
    before, row = envelope["before"], envelope["after"]
    status = _CHANGED[row["status"]]
    at = datetime.fromtimestamp(row["created_at"] / 1_000_000, UTC).replace(tzinfo=_BEIJING)
    found: dict[str, Any] = {"event_id": f"t{row['txn_id']}{_SUFFIX[status]}", "event_time": _utc(at)}
    if before is not None:
        found["event_time"] = _utc(datetime.fromtimestamp(envelope["source"]["ts_ms"] / 1_000, UTC))
        found["original_event_id"] = f"t{row['txn_id']}-q"
    amount = Decimal(int.from_bytes(base64.b64decode(row["amount"]), "big", signed=True)).scaleb(-2)
    opened = date(1970, 1, 1) + timedelta(days=row["payer_opened"])
    payer = {"account": tokens.account(row["payer_acct"]), "on_us": True, "opened_on": opened.isoformat()}
    payee = {"account": tokens.account(row["payee_acct"]), "bank": row["payee_bank"]}
    money = {"amount_minor": int(amount * 100), "currency": row["currency"] or "CNY"}
    channel = _CHANNEL.get(row["channel"], "API")
    return [found | money | {"kind": "TRANSFER", "status": status, "channel": channel, "payer": payer, "payee": payee}]
