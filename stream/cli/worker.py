"""`goldenhour worker`."""

import click

from stream.cli.common import broker_options, collect_seldom, settings_from


@click.command()
@broker_options
@click.option("--http-port", type=click.IntRange(0, 65_535), help="Metrics and health; 0 takes a free port.")
@click.option("--instance-id", help="A name that stays with this worker: its restart moves no partition.")
@click.option("--transport", type=click.Choice(["batch", "stock"]), help="How to consume; stock is Faust's own, slower.")
@click.option("--scores/--no-scores", default=None, help="Publish a score for every transaction.")
@click.pass_context
def worker(context: click.Context, /, **given: object) -> None:
    """Run one worker until SIGTERM or Ctrl-C.

    Reads the input topics, judges every event, publishes alerts and freeze requests. Refuses to start on topics that are not as
    specified. Exit status 70: a fault of ours; 74: a write failed; 75: stalled. After any of them a restart loses nothing.
    """
    from stream.app import run_worker

    collect_seldom()
    run_worker(settings_from(context, **given))
