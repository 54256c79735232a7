"""`goldenhour schemas`."""

from pathlib import Path

import click

from connectors.schemas import write_schemas
from stream.settings import DEPLOY


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEPLOY / "schemas",
    show_default="deploy/schemas",
    help="Where to write them.",
)
def schemas(out: Path) -> None:
    """Write the JSON Schemas (2020-12) of every record of the contract."""
    for path in write_schemas(out):
        click.echo(path.name)
