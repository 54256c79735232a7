"""`goldenhour results`."""

from pathlib import Path

import click

from stream.cli.evaluate import made_with
from stream.evaluation.document import document
from stream.replay import report_bytes
from stream.results import SimulationOptions, data_sets, simulated

SEEDS = "7001,7002,7003"
"""Seeds that no test and no tuning uses."""


def _seeds(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter("seeds are whole numbers, joined by commas") from error
    if len(set(seeds)) != len(seeds):
        raise click.BadParameter("a seed is named twice")
    return seeds


@click.command()
@click.option("--seeds", default=SEEDS, show_default=True, callback=_seeds, help="Of the simulated banks.")
@click.option("--accounts", default=5_000, show_default=True, type=click.IntRange(30), help="Of each bank.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1), help="Of each bank.")
@click.option("--base-rate", default=0.001, show_default=True, type=click.FloatRange(0, 1), help="Fraud cases per transfer.")
@click.option(
    "--cases-per-typology",
    default=5,
    show_default=True,
    type=click.IntRange(0),
    help="At least so many of each fraud and look-alike.",
)
@click.option("--from", "since", metavar="TIME", help="Count what happened from then on [default: the first full day].")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of the public data sets.")
@click.option(
    "--work",
    default=Path("out/results"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="For files of the run.",
)
@click.option(
    "--out",
    default=Path("tests/benchmarks/RESULTS.md"),
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The document; its figures lie beside it as .json.",
)
def results(
    seeds: tuple[int, ...],
    accounts: int,
    days: int,
    base_rate: float,
    cases_per_typology: int,
    since: str | None,
    data: Path | None,
    work: Path,
    out: Path,
) -> None:
    """Measure everything and write RESULTS.md: simulated banks, then the public data sets."""

    def say(step: str) -> None:
        click.echo(step, err=True)

    told = {
        "made_with": made_with(),
        "simulated": simulated(seeds, SimulationOptions(accounts, days, base_rate, cases_per_typology), work, since=since, say=say),
        "data_sets": {} if data is None else data_sets(data, work, say=say),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(document(told), encoding="utf-8")
    for run in told["simulated"]["runs"]:
        run["cases"].pop("rows")
        run.pop("timelines")
    out.with_suffix(".json").write_bytes(report_bytes(told))
    click.echo(f"written to {out}")
