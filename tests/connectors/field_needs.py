"""Which optional field of a record which pattern needs, measured: every story of a fraud is told again without it.

`python -m tests.connectors.field_needs` writes connectors/field_needs.toml and deploy/CONNECTORS.md anew: look at the difference
before you keep it.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.connector import find_connectors
from tests.bank import Bank
from tests.connectors.golden import TOKENS, cases, expected
from tests.scenario import SCENARIOS, Step, optional_fields, read_story, without

FILE = Path(__file__).parents[2] / "connectors" / "field_needs.toml"
PAGE = Path(__file__).parents[2] / "deploy" / "CONNECTORS.md"
FRAUDS = sorted(path for path in SCENARIOS.glob("*.txt") if path.stem[0] in "amvwx")
HEAD = """# Optional field of a record -> the patterns that are not seen, or less surely, where it is absent. Measured: each story
# of a fraud in tests/scenarios that has the field is told without it. Written by `python -m tests.connectors.field_needs`.
"""


def tiers(steps: list[Step]) -> dict[str, int]:
    """Return typology -> the highest tier that a story's alerts of it reach."""
    bank = Bank()
    for step in steps:
        bank.take_one(step.event, delay_ms=step.late_ms)
    found: dict[str, int] = {}
    for alert in bank.alerts:
        found[alert.typology] = max(found.get(alert.typology, 0), alert.tier)
    return found


def losses(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (field, typology) for all that a story loses without one of its fields, its own typology alone."""
    steps = read_story(path.read_text(encoding="utf-8"))
    own = path.stem.partition("_")[0].upper()
    before = tiers(steps).get(own, 0)
    for field in optional_fields(step.event for step in steps) if before else ():
        after = tiers([step._replace(event=without(step.event, field)) for step in steps]).get(own, 0)
        if after < before:
            yield field, own


def measured() -> str:
    """Return the text of the file."""
    found: dict[str, set[str]] = {}
    for path in FRAUDS:
        for field, typology in losses(path):
            found.setdefault(field, set()).add(typology)
    lines = [f'"{field}" = {sorted(found[field])}\n'.replace("'", '"') for field in sorted(found)]
    return HEAD + "".join(lines)


PAGE_HEAD = """# What each connector gives, and what detectors miss

Measured, and held by a test. A field counts as given if any golden message of the connector has it; for `tables` and `cdc` that is
what the mapping of their samples gives, and another mapping gives what its table has (`goldenhour mapping check` lists the rest).
What each element becomes and what is dropped stands at the top of `connectors/<name>/__init__.py`. Patterns: see the catalogue in
README.

| connector | optional fields that it gives | fields that it never gives (patterns that are not seen, or less surely, without) |
|---|---|---|
"""


def given_by(name: str) -> set[str]:
    """Return the flattened optional fields that a connector's golden transactions have."""
    found: set[str] = set()
    for case in cases(name):
        for record in expected(name, case).get("records", ()):
            found |= set(leaves(record)) if record["topic"] == "transactions" else set()
    return found


def leaves(record: dict[str, Any]) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from (f"{name}.{leaf}" for leaf in value)
        else:
            yield name


def page() -> str:
    """Return the text of the page, by the needs that are kept."""
    needs = tomllib.loads(FILE.read_text("utf-8"))
    always = {"topic", "event_id", "event_time", "kind", "status", "channel", "amount_minor", "currency"}
    lines = []
    for connector in find_connectors(TOKENS):
        given = given_by(connector.name)
        missed = [f"{field} ({', '.join(needs[field])})" for field in needs if field not in given]
        told = sorted(given - always - {"payer.account", "payee.account"})
        lines.append(f"| {connector.name} | {', '.join(told)} | {', '.join(missed)} |\n")
    return PAGE_HEAD + "".join(lines)


if __name__ == "__main__":
    FILE.write_text(measured(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
