"""`goldenhour ingest table`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors import mapping as column_mapping
from connectors.tables.rows import SUFFIXES
from stream.cli.common import broker_options, settings_from, tokens_for
from stream.cli.watching import (
    every_option,
    folders_and_files,
    out_option,
    to_file_or_kafka,
    token_key_option,
    watch_folders,
    watch_option,
)
from stream.message_folder import messages_in
from stream.table_ingest import TableIngest


@click.command("table")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", required=True, metavar="NAME|FILE.toml", help="How columns become transactions.")
@out_option
@watch_option
@every_option
@token_key_option
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
    folders, files = folders_and_files(inputs, out, watch=watch)
    wrong = [path.name for path in files if not path.name.lower().endswith(SUFFIXES)]
    if wrong:
        raise click.UsageError(f"{wrong[0]}: a table ends in {', '.join(SUFFIXES)}")
    settings = settings_from(context, **given)
    rules = column_mapping.load(mapping)
    send = to_file_or_kafka(out, settings)
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
