"""`goldenhour topics`."""

import sys

import click

from connectors.kafka_admin import ensure_topics
from connectors.topics import load_topics
from stream.cli.common import broker_options, settings_from
from stream.settings import read_toml


@click.command()
@broker_options
@click.option("--replication", type=click.IntRange(1), help="Copies of every partition.")
@click.option("--retention-ms", type=int, help="For topics that have a retention; -1 keeps everything.")
@click.pass_context
def topics(context: click.Context, /, replication: int | None, retention_ms: int | None, **given: object) -> None:
    """Create the topics exactly as deploy/topics.toml says; report those that differ (exit status 1)."""
    settings = settings_from(context, **given)
    specs = load_topics(
        read_toml(settings.topics_file),
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        replication=replication,
        retention_ms=retention_ms,
    )
    reports = ensure_topics(settings.cluster, specs.values())
    for report in reports:
        click.echo(f"{report.outcome:<13} {report.name}")
        for difference in report.differences:
            click.echo(f"              {difference.setting}: have {difference.have}, want {difference.want}")
    sys.exit(1 if any(report.differences for report in reports) else 0)
