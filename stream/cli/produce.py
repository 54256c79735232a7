"""`goldenhour produce`."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from connectors import mapping as column_mapping
from connectors.contract_json import decode
from connectors.errors import DecodeError
from connectors.kafka_producer import produce as produce_with_kafka_python
from connectors.pacing import OutboundRecord
from connectors.replay_files import read, total
from models.records import AccountEvent, CaseControl, Disposition, FreezeResponse, Transaction, VictimReport
from stream.bulk_load import bulk_load
from stream.bundle import INPUT_TOPICS
from stream.cli.common import broker_options, settings_from, tokens_for
from stream.cli.progress_bar import progress_bar

_NAMED_MAX = 5


def key_of_record(topic: str, raw: bytes) -> bytes:
    """Return the contract's record key; b"" for a record that cannot be read, which the worker will refuse."""
    try:
        record = decode(topic, raw)
    except DecodeError:
        return b""
    match record:
        case Transaction():
            party = record.payer or record.payee
            return party.account.encode() if party is not None else b""
        case AccountEvent():
            return record.account.encode()
        case VictimReport():
            return record.report_id.encode()
        case Disposition():
            return (record.alert_id or record.event_id or "").encode()
        case FreezeResponse():
            return record.request_id.encode()
        case CaseControl():
            return record.subject.id.encode() if record.subject is not None else record.control_id.encode()
    return b""


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", metavar="NAME|FILE.toml", help="How foreign columns become transactions.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), help="Multiple of the records' own time.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Records per second.")
@broker_options
@click.pass_context
def produce(
    context: click.Context,
    /,
    inputs: tuple[Path, ...],
    mapping: str | None,
    speed: float | None,
    rate: float | None,
    **given: object,
) -> None:
    """Send replay files to Kafka with their own times, keyed as the contract says.

    Without --speed or --rate as fast as the cluster takes them. Records of a topic that is no input (replay makes dead letters of
    them) are left out and counted; the exit status is then 1.
    """
    if speed is not None and rate is not None:
        raise click.UsageError("--speed and --rate exclude each other")
    settings = settings_from(context, **given)
    rules = column_mapping.load(mapping) if mapping is not None else None
    tokens = tokens_for(rules, settings) if rules is not None else None

    left_out: Counter[str] = Counter()

    def records() -> Iterator[OutboundRecord]:
        for record in read(inputs, mapping=rules, warn=lambda text: click.echo(text, err=True), tokens=tokens):
            if record.topic not in INPUT_TOPICS:
                left_out[record.topic] += 1
                continue
            yield settings.topic_prefix + record.topic, key_of_record(record.topic, record.raw), record.raw, record.arrival_ms

    send = bulk_load if speed is None and rate is None else produce_with_kafka_python
    with progress_bar("produce", total(inputs).records) as show:
        counts = send(settings.cluster, records(), rate=rate, speed=speed, on_progress=lambda sent: show(sum(sent.values())))
    for topic, count in sorted(counts.items()):
        click.echo(f"{count:>12,}  {topic}")
    if left_out:
        names = ", ".join(repr(topic) for topic, _ in left_out.most_common(_NAMED_MAX))
        click.echo(f"{left_out.total():>12,}  left out: not of an input topic, but of {names}", err=True)
        sys.exit(1)
