"""`goldenhour reset`."""

import click

from connectors import kafka_reset
from stream.app import topic_specs
from stream.cli.common import broker_options, settings_from


@click.command()
@broker_options
@click.option("--application-id", help="The workers' consumer group.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def reset(context: click.Context, /, yes: bool, **given: object) -> None:
    """Empty `keyed` and `state` and forget the group's offsets: workers then rebuild all state from the input topics.

    Only while no worker runs. What the input topics no longer hold is not learned again. Alerts and freeze requests of what they do
    hold are published again, under the same ids.
    """
    settings = settings_from(context, **given)
    specs = topic_specs(settings)
    names = f"{specs['keyed'].name} and {specs['state'].name}"
    if not yes:
        click.confirm(f"Delete all records of {names} at {settings.cluster}?", abort=True, err=True)
    kafka_reset.reset(settings.cluster, settings.application_id, specs, session_timeout_s=settings.session_timeout_s)
    click.echo(f"made anew: {names}; group {settings.application_id} starts at the beginning of its inputs")
