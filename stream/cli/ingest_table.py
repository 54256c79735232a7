"""`goldenhour ingest table`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors import mapping as column_mapping
from connectors.tables.rows import SUFFIXES
from stream.cli.common import broker_options, settings_from, tokens_for
from stream.cli.watching import to_kafka, watch_folders
from stream.ingest_file import IngestFile
from stream.message_folder import messages_in
from stream.table_ingest import TableIngest


@click.command("table")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", required=True, metavar="NAME|FILE.toml", help="How columns become transactions.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a replay file (.jsonl) instead of to Kafka.")
@click.option("--watch", is_flag=True, help="Go on with what comes into the folders, until SIGTERM or Ctrl-C.")
@click.option("--every", type=click.FloatRange(0.01), default=1.0, show_default=True, help="Seconds between two looks.")
@click.option("--token-key-file", metavar="FILE", help="The key for tokens of account numbers, at least 32 random bytes.")
@broker_options
@click.pass_context
def table(
    context: click.Context,
    /,
    inputs: tuple[Path, ...],
    mapping: str,
    out: Path | None,
    watch: bool,
    every: float,
    **given: object,
) -> None:
    """Read tables (.csv, .txt, .jsonl, .json, .parquet) through a mapping.

    INPUTS are folders, whose tables are moved to `done`, or with a .error file to `bad`, or single files, which stay. Rows that can
    be read are written all the same; each other row becomes a dead letter. Exit status 1: a file was bad.
    """
    if out is not None and not out.name.endswith(".jsonl"):
        raise click.UsageError("--out: a replay file ends in .jsonl")
    folders = [path for path in inputs if path.is_dir()]
    files = [path for path in inputs if not path.is_dir()]
    if watch and not folders:
        raise click.UsageError("--watch needs a folder")
    wrong = [path.name for path in files if not path.name.lower().endswith(SUFFIXES)]
    if wrong:
        raise click.UsageError(f"{wrong[0]}: a table ends in {', '.join(SUFFIXES)}")
    settings = settings_from(context, **given)
    rules = column_mapping.load(mapping)
    send = IngestFile(out).send if out is not None else to_kafka(settings)
    say = lambda text: click.echo(text, err=True)  # noqa: E731
    run = TableIngest(rules, tokens_for(rules, settings), send, lambda: datetime.now(UTC), say)
    run.run(files, moves=False)
    if watch:
        watch_folders(
            folders, SUFFIXES, every, lambda paths: run.run(paths, moves=True), lambda: run.counts.files, lambda: _tell(run)
        )
    else:
        run.run([path for folder in folders for path in messages_in(folder, SUFFIXES)], moves=True)
    _tell(run)
    sys.exit(1 if run.counts.bad_files else 0)


def _tell(run: TableIngest) -> None:
    counts = run.counts
    click.echo(
        f"{counts.files:,} files, {counts.bad_files:,} bad: {counts.transactions:,} transactions, {counts.errors:,} bad rows"
    )
