"""`goldenhour reset`."""

import click

from connectors import kafka_reset
from stream.app import topic_specs
from stream.cli.common import broker_options, settings_from
from stream.upgrade import beginning_at, refuse_log_of_another_version


@click.command()
@broker_options
@click.option("--application-id", help="The workers' consumer group.")
@click.option(
    "--from",
    "source",
    type=click.Choice(["inputs", "keyed"]),
    default="inputs",
    show_default=True,
    help="keyed: keep `keyed`, and make anew only `state`, from all that `keyed` still holds.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def reset(context: click.Context, /, source: str, yes: bool, **given: object) -> None:
    """Make all state anew: empty `keyed` and `state` and forget the group's offsets, so that workers begin with the inputs.

    Only while no worker runs. What the source no longer holds is not learned again. Alerts and freeze requests of what it does
    hold are published again, under the same ids. With --partitions other than before, from the inputs, it changes their number.
    """
    settings = settings_from(context, **given)
    specs = topic_specs(settings)
    names = f"{specs['keyed'].name} and {specs['state'].name}" if source == "inputs" else specs["state"].name
    if source == "keyed":
        refuse_log_of_another_version(settings.cluster, specs["state"].name)
    if not yes:
        click.confirm(f"Delete all records of {names} at {settings.cluster}?", abort=True, err=True)
    if source == "inputs":
        kafka_reset.reset(settings.cluster, settings.application_id, specs, session_timeout_s=settings.session_timeout_s)
        click.echo(f"made anew: {names}; group {settings.application_id} starts at the beginning of its inputs")
        return
    begins = kafka_reset.rebuild(
        settings.cluster, settings.application_id, specs, beginning_at, session_timeout_s=settings.session_timeout_s
    )
    click.echo(f"made anew: {names}; group {settings.application_id} reads {specs['keyed'].name} again from its beginning")
    for partition, begin in begins.items():
        if begin:
            click.echo(f"  partition {partition} begins at offset {begin}: what was before is not learned again")
