"""What the commands share: settings from file, environment and options."""

import gc
import os
from collections.abc import Callable
from typing import Any

import click

from connectors.mapping_rules import Mapping
from connectors.tokens import Tokens, read_key
from stream.settings import Settings, load_settings


def settings_from(context: click.Context, **given: Any) -> Settings:
    """Return the settings as file, environment and options give them.

    Errors: SettingsError with all problems.
    """
    return load_settings(os.environ, context.find_root().obj, **given)


def collect_seldom() -> None:
    """Let Python look for reference cycles rarely: our records and profiles form none, and there are a million of them.

    Measured on a replay: 4 % of the time with Python's own thresholds.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def tokens_for(mapping: Mapping, settings: Settings) -> Tokens | None:
    """Return what makes the tokens that a mapping asks for, None if it asks for none. Errors: TokenKeyError."""
    return read_key(settings.token_key_file) if mapping.needs_tokens() else None


def broker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that speaks with Kafka."""
    for option in (
        click.option("--topic-prefix", help="Put before every topic name."),
        click.option("--partitions", type=click.IntRange(1), help="Partitions of `keyed` and `state`."),
        click.option("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, joined by commas."),
    ):
        command = option(command)
    return command
