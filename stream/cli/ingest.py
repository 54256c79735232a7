"""`goldenhour ingest`."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from connectors.iso20022 import Iso20022
from connectors.iso20022.fields import Setup, institution, zone_of
from connectors.tokens import read_key
from stream.cli.common import broker_options, settings_from
from stream.cli.ingest_cdc import cdc
from stream.cli.ingest_table import table
from stream.cli.progress_bar import progress_bar
from stream.cli.watching import (
    every_option,
    folders_and_files,
    out_option,
    to_file_or_kafka,
    token_key_option,
    watch_folders,
    watch_option,
)
from stream.ingest import Counts, Ingest
from stream.message_folder import SUFFIXES, messages_in
from stream.settings import Settings, SettingsError

ANSWER_WAIT_S = 60.0
"""How long a file waits for the payments that it answers, when watching; the two come by different ways."""


@click.group()
def ingest() -> None:
    """Read an outside party's messages, tables or change streams, and write them to Kafka or a replay file."""


ingest.add_command(table)
ingest.add_command(cdc)


def setup_of(settings: Settings, *, is_settled: bool = False) -> Setup:
    """Return what no message tells, from the settings. Errors: SettingsError, TokenKeyError."""
    bics = [bic.strip().upper() for bic in settings.own_bics.split(",") if bic.strip()]
    if any(len(bic) not in (8, 11) or not bic.isalnum() for bic in bics):
        raise SettingsError(["own_bics: a BIC has 8 or 11 letters and digits; several are joined by commas"])
    try:
        zone = zone_of(settings.message_zone)
    except ValueError as error:
        raise SettingsError([f"message_zone: {error}"]) from error
    return Setup(read_key(settings.token_key_file), frozenset(map(institution, bics)), zone, is_settled)


@ingest.command("iso20022")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@out_option
@watch_option
@every_option
@click.option("--settled", is_flag=True, help="A pacs.008 has moved the money: APPROVED, with no pacs.002 to come.")
@click.option("--own-bics", help="This bank's BICs, joined by commas; they tell `on_us`.")
@click.option("--message-zone", metavar="+HH:MM", help="Of times that tell none.")
@token_key_option
@broker_options
@click.pass_context
def iso20022(
    context: click.Context,
    /,
    inputs: tuple[Path, ...],
    out: Path | None,
    watch: bool,
    every: float,
    settled: bool,
    **given: object,
) -> None:
    """Read ISO 20022 messages: pacs.008, pain.001, pacs.002, camt.053, camt.054, camt.029.

    INPUTS are folders, whose *.xml are moved to `done`, or with a .error file to `bad`, or single files, which stay. What can be
    read of a bad file is written all the same; put right and read again, nothing of it counts twice. Exit status 1: a file was bad.
    """
    folders, files = folders_and_files(inputs, out, watch=watch)
    settings = settings_from(context, **given)
    send = to_file_or_kafka(out, settings)
    run = Ingest(Iso20022(setup_of(settings, is_settled=settled)), send, lambda: datetime.now(UTC), folders)
    found = [path for folder in folders for path in messages_in(folder)] if not watch else []
    with progress_bar("ingest", len(found) + len(files)) as show:
        run.run(files, moves=False)
        show(len(files))
        run.run(_shown(found, show, len(files)), moves=True)
    if watch:
        _watch(run, folders, every)
    _tell(run.counts)
    sys.exit(1 if run.counts.bad_files else 0)


def _shown(paths: list[Path], show: Callable[[int], None], before: int) -> Iterator[Path]:
    for number, path in enumerate(paths, before + 1):
        yield path
        show(number)


def _watch(run: Ingest, folders: list[Path], every_s: float) -> None:
    def look(waiting: list[Path]) -> None:
        run.run(waiting, moves=True, waits=lambda path: time.time() - path.stat().st_mtime < ANSWER_WAIT_S)

    watch_folders(folders, SUFFIXES, every_s, look, lambda: run.counts.files, lambda: _tell(run.counts))


def _tell(counts: Counts) -> None:
    click.echo(
        f"{counts.files:,} files, {counts.bad_files:,} bad: {counts.transactions:,} transactions, "
        f"{counts.responses:,} freeze responses, {counts.errors:,} errors"
    )
