"""`goldenhour ingest cdc`."""

import sys
from datetime import UTC, datetime

import click

from connectors import mapping as column_mapping
from connectors.kafka_group import GroupReader
from stream.cdc_ingest import CdcIngest
from stream.cli.common import broker_options, settings_from, tokens_for
from stream.cli.watching import ended_by_signal, to_kafka, token_key_option

TELL_EVERY_POLLS = 20


@click.command("cdc")
@click.option("--topic", "topics", required=True, multiple=True, metavar="T", help="A topic of Debezium's; repeat it for more.")
@click.option("--mapping", required=True, metavar="FILE.toml", help="How the table's columns become transactions.")
@click.option("--group", metavar="NAME", help="Consumer group; the application_id and -cdc where left out.")
@click.option("--once", is_flag=True, help="End when all that the topics hold now is taken in.")
@token_key_option
@broker_options
@click.pass_context
def cdc(context: click.Context, /, topics: tuple[str, ...], mapping: str, group: str | None, once: bool, **given: object) -> None:
    """Turn the changes of a core bank's tables, as Debezium writes them to Kafka, into transactions.

    Offsets are committed after the brokers have acknowledged what was made of them: a restart loses nothing, and what it says again
    bears the same event ids. A change that cannot be read becomes a dead letter. A column that the mapping uses and the table has
    lost ends the command with status 2 before anything is skipped. Exit status 1: there were dead letters.
    """
    settings = settings_from(context, **given)
    rules = column_mapping.load(mapping)
    say = lambda text: click.echo(text, err=True)  # noqa: E731
    run = CdcIngest(rules, tokens_for(rules, settings), to_kafka(settings), lambda: datetime.now(UTC), say)
    ended = ended_by_signal()
    reader = GroupReader(
        settings.cluster, group or f"{settings.application_id}-cdc", topics, settings.session_timeout_s, settings.instance_id
    )
    told, polls = "", 0
    try:
        while not ended.is_set():
            records = reader.poll()
            if records:
                run.take(records)
                reader.commit(records)
            elif once and reader.is_at_end():
                break
            polls += 1
            if not once and polls % TELL_EVERY_POLLS == 0 and run.told() != told:
                told = run.told()
                click.echo(told)
    finally:
        reader.close()
    click.echo(run.told())
    sys.exit(1 if run.counts["errors"] else 0)
