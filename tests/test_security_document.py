"""SECURITY.md claims nothing that no test shows."""

import re
from pathlib import Path

import yaml

from connectors.acls import ROLES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
PERSONAL = {"account", "card", "customer", "device", "person", "subject", "payer", "payee", "name", "terminal"}


def test_every_test_that_the_document_names_exists() -> None:
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 30
    assert named - there == set()


def test_every_role_is_in_the_table() -> None:
    assert [role for role in ROLES if not re.search(rf"^\| {role}\b", TEXT, re.MULTILINE)] == []


def test_no_alarm_or_dashboard_names_a_person_by_a_label() -> None:
    """What an alarm carries to a pager is labels and what its texts take from them."""
    rules = [
        rule
        for path in sorted((ROOT / "deploy" / "prometheus").rglob("*.yml"))
        for group in (yaml.safe_load(path.read_text("utf-8")) or {}).get("groups", [])
        for rule in group["rules"]
    ]
    assert rules
    used = {label for rule in rules for label in rule.get("labels", {})}
    used |= {label for rule in rules for label in re.findall(r"\$labels\.(\w+)", str(rule))}
    for path in (ROOT / "deploy" / "grafana").rglob("*.json"):
        used |= set(re.findall(r"\{\{\s*(\w+)\s*\}\}", path.read_text("utf-8")))
    assert used
    assert used & PERSONAL == set()
