"""Change events made here, with invented numbers, and the mapping they follow: what the connector is shown and measured with."""

import json
from typing import Any, Final

from connectors.mapping import parse

MAPPING: Final = parse(
    "core_bank_changes.toml",
    """
about = "The table of transfers of a core system, as Debezium streams its changes."

[table]
trim = true

[fields]
event_id = { template = "t{txn_id}" }
event_time = { column = "created_at", time = "wall_us", zone = "+08:00" }
kind = "TRANSFER"
status = { column = "status", codes = { "N" = "REQUESTED", "S" = "APPROVED", "F" = "DECLINED", "R" = "REVERSED" } }
channel = { column = "channel", codes = { "MB" = "MOBILE", "NB" = "WEB", "CT" = "COUNTER" }, otherwise = "API" }
amount_minor = { column = "amount", scale = 100, decimals = 2 }
currency = { column = "currency", default = "CNY" }
"payer.account" = { column = "payer_acct", token = "account" }
"payer.on_us" = true
"payer.opened_on" = { column = "payer_opened", date = "days" }
"payee.account" = { column = "payee_acct", token = "account" }
"payee.bank" = { column = "payee_bank" }
""",
)

_TYPES: Final[tuple[tuple[str, str, str], ...]] = (
    ("txn_id", "int64", ""),
    ("created_at", "int64", "io.debezium.time.MicroTimestamp"),
    ("status", "string", ""),
    ("channel", "string", ""),
    ("amount", "bytes", "org.apache.kafka.connect.data.Decimal"),
    ("currency", "string", ""),
    ("payer_acct", "string", ""),
    ("payer_opened", "int32", "io.debezium.time.Date"),
    ("payee_acct", "string", ""),
    ("payee_bank", "string", ""),
)
_SOURCE: Final = {
    "version": "3.0.0.Final",
    "connector": "postgresql",
    "name": "core",
    "ts_ms": 1_772_414_050_250,
    "table": "transfers",
}


def row(number: int, status: str = "S", **changed: Any) -> dict[str, Any]:
    """Return a row; its amount is 1,234.50."""
    return {
        "txn_id": number,
        "created_at": 1_772_442_845_123_456 + number * 1_000_000,
        "status": status,
        "channel": "MB",
        "amount": "AeI6",
        "currency": "CNY",
        "payer_acct": f"62220200{number:08d}",
        "payer_opened": 18_000,
        "payee_acct": f"62330200{number:08d}",
        "payee_bank": "OTHRCNSH",
        **changed,
    }


def change(op: str, before: Any, after: Any, *, with_schema: bool = False, ts_ms: int = _SOURCE["ts_ms"]) -> bytes:  # type: ignore[assignment]
    """Return a change event."""
    envelope = {"before": before, "after": after, "source": {**_SOURCE, "ts_ms": ts_ms}, "op": op, "ts_ms": ts_ms + 90}
    return json.dumps({"schema": SCHEMA, "payload": envelope} if with_schema else envelope).encode()


def _column(name: str, kind: str, semantic: str) -> dict[str, Any]:
    told: dict[str, Any] = {"field": name, "type": kind, "optional": True}
    if semantic:
        told["name"] = semantic
    if semantic.endswith("Decimal"):
        told["parameters"] = {"scale": "2", "connect.decimal.precision": "18"}
    return told


SCHEMA: Final = {
    "type": "struct",
    "name": "core.transfers.Envelope",
    "fields": [
        *(
            {"field": side, "type": "struct", "optional": True, "fields": [_column(*told) for told in _TYPES]}
            for side in ("before", "after")
        ),
        {"field": "op", "type": "string", "optional": False},
    ],
}


def change_events() -> list[bytes]:
    """Return an insert and an update, both with and without their schema."""
    asked, done = row(1, "N"), row(1)
    return [
        *(change("c", None, asked, with_schema=told) for told in (False, True)),
        *(change("u", asked, done, with_schema=told) for told in (False, True)),
    ]
