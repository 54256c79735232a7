"""`goldenhour evaluate`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from models.units import time_us
from stream.app import read_rulebook
from stream.bench.machine import describe
from stream.cli.common import settings_from
from stream.cli.progress_bar import step_line
from stream.evaluation.figures import BUDGET, SEED
from stream.evaluation.figures import evaluate as figures_of
from stream.evaluation.page import page
from stream.evaluation.reading import read_material
from stream.evaluation.words import goal_value
from stream.replay import report_bytes
from stream.versions import versions


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--labels",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="event_id,label of the replayed file.",
)
@click.option("--cases", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="cases.jsonl of the simulator.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Default: OUT/evaluation.json.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Default: OUT/evaluation.html.")
@click.option("--budget", default=BUDGET, show_default=True, type=click.IntRange(1), help="Alarms that are read in a day.")
@click.option("--from", "since", metavar="TIME", help="Leave out what happened before (RFC 3339, or a date in UTC).")
@click.option("--random-seed", default=SEED, show_default=True, type=click.IntRange(0), help="Of the random baseline.")
@click.pass_context
def evaluate(
    context: click.Context,
    out: Path,
    labels: Path,
    cases: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    budget: int,
    since: str | None,
    random_seed: int,
) -> None:
    """Hold a replay against the truth: one page with pictures and one JSON.

    OUT is the folder of `goldenhour replay ... --out OUT --scores`. The same files give the same bytes on one machine.
    Ends with status 0 whatever was measured, 2 if a file is missing or wrong.
    """
    rulebook = read_rulebook(settings_from(context))
    json_file, html_file = json_file or out / "evaluation.json", html_file or out / "evaluation.html"
    with step_line() as say:
        material = read_material(out, labels, cases, since_us=None if since is None else _moment_us(since), say=say)
        say("figures")
        figures = figures_of(
            material, budget=budget, offset_s=rulebook.bounds.utc_offset_s, seed=random_seed, made_with=made_with()
        )
        say("page")
        html_file.write_text(page(figures), encoding="utf-8")
        json_file.write_bytes(report_bytes(figures))
    for row in figures["goals"]:
        verdict = {True: "met", False: "NOT MET", None: ""}[row["is_met"]]
        click.echo(f"{goal_value(row, row['measured']):>9}  {row['goal']}  {_target(row)} {verdict}".rstrip())
    click.echo(f"written to {html_file} and {json_file}")


def made_with() -> dict[str, Any]:
    """Return machine and versions as they stand beside every figure; nothing that changes from run to run."""
    told = {**describe(), **versions()}
    return {
        name: value for name, value in told.items() if name not in ("load_average", "core")
    }  # core: compiled or plain, same bytes


def _target(row: dict[str, Any]) -> str:
    if row["target"] is None:
        return ""
    return f"(goal: at {'least' if row['at_least'] else 'most'} {goal_value(row, row['target'])})"


def _moment_us(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--from: {text} is no time") from error
    return time_us(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
