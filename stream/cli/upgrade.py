"""`goldenhour upgrade`."""

import sys

import click

from connectors import kafka_reset
from connectors.kafka_admin import check_topics
from stream.app import topic_specs
from stream.cli.common import broker_options, settings_from
from stream.state_format import told
from stream.upgrade import held_since, needs_rebuild, stored_formats


@click.command()
@broker_options
@click.option("--application-id", help="The workers' consumer group.")
@click.option("--check", is_flag=True, help="Only say what is to be done; exit status 1 if anything is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def upgrade(context: click.Context, /, check: bool, yes: bool, **given: object) -> None:
    """Bring an installation to this version: say which topics are missing, and make state of an older format anew.

    Looks while workers run, changes only while none does. State of this version's format is left as it is: then restart the workers
    one by one. State of a newer version is refused.
    """
    settings = settings_from(context, **given)
    specs = topic_specs(settings)
    problems = check_topics(settings.cluster, specs.values())
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    formats = stored_formats(settings.cluster, specs["state"].name)
    if not needs_rebuild(formats):
        click.echo("Topics and state are as this version needs them: restart the workers one by one.")
        return
    since = held_since(settings.cluster, specs["transactions"].name)
    click.echo(told(min(formats.values())).capitalize())
    click.echo(
        "It cannot be carried over and is made anew from the inputs. "
        + (f"They hold transactions since {since:%Y-%m-%d %H:%M:%S} UTC; what was before" if since else "They are empty: all")
        + " is not learned again."
    )
    if check:
        sys.exit(1)
    if not yes:
        names = f"{specs['keyed'].name} and {specs['state'].name}"
        click.confirm(f"Delete all records of {names} at {settings.cluster}?", abort=True, err=True)
    kafka_reset.reset(settings.cluster, settings.application_id, specs, session_timeout_s=settings.session_timeout_s)
    click.echo("Done. Start the workers: alerts of what the inputs hold are published again, under the same ids.")
