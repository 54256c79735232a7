"""The command's own words, and the names it has for what the detectors find."""

import pkgutil
import re

import pytest
from click.testing import CliRunner

import models.detectors
from stream.cli import cli
from stream.demo.scenario import PROMISED
from stream.demo.words import TYPOLOGIES, typology_name


def test_the_help_states_the_rule_of_the_exit_status() -> None:
    said = " ".join(CliRunner().invoke(cli, ["demo", "--help"]).output.split())
    assert "Exit status 0: every record was processed, and each of the five mule stories" in said
    assert all(kind in said for kind in PROMISED - {"CHAIN"})
    assert len(PROMISED) == 5


def test_a_broker_is_either_given_or_asked_for() -> None:
    result = CliRunner().invoke(cli, ["demo", "--bootstrap", "kafka.bank:9092", "--broker", "embedded"])
    assert result.exit_code == 2
    assert "exclude each other" in result.output


def test_a_bank_of_a_handful_of_accounts_is_refused() -> None:
    assert CliRunner().invoke(cli, ["demo", "--accounts", "29"]).exit_code == 2


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(models.detectors.__path__)])
def test_every_typology_that_a_detector_is_about_has_a_name(module: str) -> None:
    (first_line, *_) = (pkgutil.resolve_name(f"models.detectors.{module}").__doc__ or "").splitlines()
    for typology in re.findall(r"\b[VXMWA]\d+\b", first_line):
        assert typology in TYPOLOGIES
        assert len(typology_name(typology).split()) >= 3
