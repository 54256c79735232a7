"""All dashboards, and their files."""

import json
from pathlib import Path
from typing import Final

import click

from stream.dashboards.detection import DETECTION
from stream.dashboards.engine import ENGINE
from stream.dashboards.freeze import FREEZE
from stream.dashboards.overview import OVERVIEW
from stream.dashboards.panels import Dashboard, as_json
from stream.settings import DEPLOY

FOLDER: Final = DEPLOY / "grafana" / "dashboards"
DASHBOARDS: Final = (OVERVIEW, DETECTION, FREEZE, ENGINE)


def file_bytes(board: Dashboard) -> bytes:
    """Return a dashboard as its file holds it."""
    return (json.dumps(as_json(board), indent=1, ensure_ascii=False) + "\n").encode()


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, help="Folder to write to.")
def main(out: Path) -> None:
    """Write the dashboards that Grafana is provisioned with."""
    out.mkdir(parents=True, exist_ok=True)
    for board in DASHBOARDS:
        path = out / f"{board.name}.json"
        path.write_bytes(file_bytes(board))
        click.echo(path.name)
