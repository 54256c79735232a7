"""The golden messages and small changes to them, for the tests of this folder."""

from datetime import timedelta, timezone
from pathlib import Path

from connectors.iso20022 import Iso20022
from connectors.iso20022.fields import Setup
from tests.connectors.golden import FOLDER, TOKENS

BEIJING = timezone(timedelta(hours=8))
OWN = frozenset({"BANKCNBJ"})


def golden(case: str) -> bytes:
    return (FOLDER / "iso20022" / f"{case}.xml").read_bytes()


def golden_path(case: str) -> Path:
    return FOLDER / "iso20022" / f"{case}.xml"


def reader(**given: object) -> Iso20022:
    """Return a connector of a bank with its own id, whose messages without offset are Beijing time."""
    return Iso20022(Setup(TOKENS, **{"own_bics": OWN, "zone": BEIJING, **given}))  # type: ignore[arg-type]
