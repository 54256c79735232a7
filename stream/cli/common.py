"""What the commands share: settings from file, environment and options."""

import os
from collections.abc import Callable
from typing import Any

import click

from stream.settings import Settings, load_settings


def settings_from(context: click.Context, **given: Any) -> Settings:
    """Return the settings as file, environment and options give them.

    Errors: SettingsError with all problems.
    """
    return load_settings(os.environ, context.find_root().obj, **given)


def broker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that speaks with Kafka."""
    for option in (
        click.option("--topic-prefix", help="Put before every topic name."),
        click.option("--partitions", type=click.IntRange(1), help="Partitions of `keyed` and `state`."),
        click.option("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, joined by commas."),
    ):
        command = option(command)
    return command
