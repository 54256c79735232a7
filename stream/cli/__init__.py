"""The command line: one file per command, each thin.

Exit status 0: done; 1: it ran and found a problem; 2: wrong usage or settings.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from connectors.broker_errors import BrokerError
from connectors.iso8583.layout import LayoutError
from connectors.table_files import ReplayFileError
from connectors.tokens import TokenKeyError
from connectors.topics import TopicSpecError
from models.policy import PolicyError
from models.stored import StoredStateError
from stream.cli.acls import acls
from stream.cli.bench import bench
from stream.cli.demo import demo, demo_worker
from stream.cli.desk import desk, desk_user
from stream.cli.evaluate import evaluate
from stream.cli.evidence import evidence
from stream.cli.freeze import freeze
from stream.cli.gateway import gateway
from stream.cli.ingest import ingest
from stream.cli.liaison import liaison
from stream.cli.mapping import mapping
from stream.cli.policy import policy
from stream.cli.produce import produce
from stream.cli.recall import recall
from stream.cli.replay import replay
from stream.cli.reset import reset
from stream.cli.results import results
from stream.cli.sbom import sbom
from stream.cli.schemas import schemas
from stream.cli.shadow import shadow
from stream.cli.show_settings import settings
from stream.cli.simulate import simulate
from stream.cli.size import size
from stream.cli.topics import topics
from stream.cli.upgrade import upgrade
from stream.cli.verify import verify
from stream.cli.worker import worker
from stream.evidence.form import EvidenceError
from stream.logs import log_format_of, set_up_logs
from stream.settings import SettingsError

_THEIRS = (
    BrokerError,
    EvidenceError,
    LayoutError,
    PolicyError,
    ReplayFileError,
    SettingsError,
    StoredStateError,
    TokenKeyError,
    TopicSpecError,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="goldenhour")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="GOLDENHOUR_SETTINGS",
    help="TOML file of settings; GOLDENHOUR_* variables win over it.",
)
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
@click.pass_context
def cli(context: click.Context, settings_file: Path | None, verbose: bool) -> None:
    """Golden Hour: stops telecom fraud while the money can still be stopped."""
    context.obj = settings_file
    set_up_logs(log_format_of(os.environ, settings_file), is_verbose=verbose)


for command in (
    worker,
    gateway,
    freeze,
    ingest,
    mapping,
    recall,
    shadow,
    policy,
    replay,
    simulate,
    evaluate,
    evidence,
    verify,
    results,
    produce,
    demo,
    demo_worker,
    topics,
    size,
    upgrade,
    acls,
    reset,
    settings,
    schemas,
    sbom,
    bench,
    desk,
    desk_user,
    liaison,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; faults of the input or the settings end in one sentence each and status 2.

    arguments: instead of those of the process.
    """
    try:
        cli(arguments, prog_name="goldenhour")
    except _THEIRS as error:
        for line in str(error).splitlines():
            click.echo(f"goldenhour: {line}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 # the reader has left; nothing more to say
        sys.exit(1)
