"""`goldenhour demo`."""

import asyncio
import sys
from pathlib import Path
from typing import Literal

import click

from stream.cli.common import settings_from


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="A Kafka that runs already.  [default: start a broker]")
@click.option(
    "--broker", type=click.Choice(["kafka", "embedded"]), help="Insist on one.  [default: Kafka if Java and Maven are here]"
)
@click.option("--size", type=click.Choice(["small", "normal"]), default="normal", show_default=True, help="How large a day.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another day.")
@click.option("--accounts", type=click.IntRange(30), help="Of the bank.  [default: 400 small, 3000 normal]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out/demo"),
    show_default=True,
    help="Folder for the files; those of an earlier demo are overwritten.",
)
@click.option("--keep", is_flag=True, help="Leave worker and broker up until Ctrl-C, to look at the metrics.")
@click.pass_context
def demo(
    context: click.Context,
    bootstrap: str | None,
    broker: Literal["kafka", "embedded"] | None,
    size: Literal["small", "normal"],
    seed: int,
    accounts: int | None,
    out: Path,
    keep: bool,
) -> None:
    """Watch a bank's day go through a broker and a worker, and the frauds planted in it being caught.

    Exit status 0: every record was processed, and each of the five mule stories (M1, M2, W1, W2 and the chain from a safe
    account to the cash machine) was caught: an alert of tier 2 or 3 on one of its receiving accounts or machines, before
    its victim told the police. 1: one of these was not so, or the worker or the broker failed. Above 128: ended by a signal.
    The other frauds, on the victims' side, are shown without being promised.
    """
    from stream.brokers import BrokerUnavailable
    from stream.demo.run import DemoOptions, run_demo
    from stream.demo.scenario import SIZES
    from stream.demo.screen import Screen, demo_console

    if bootstrap and broker:
        raise click.UsageError("--bootstrap and --broker exclude each other")
    of_size = SIZES[size]
    options = DemoOptions(
        bootstrap=bootstrap or None,
        broker=broker,
        seed=seed,
        accounts=accounts or of_size.accounts,
        history_days=of_size.history_days,
        day_s=of_size.day_s,
        folder=out,
        is_kept_up=keep,
        settings_file=context.find_root().obj,
    )
    try:
        status = run_demo(options, settings_from(context), Screen(demo_console()))
    except BrokerUnavailable as missing:
        click.echo(f"goldenhour: {missing}", err=True)
        status = 2
    sys.exit(status)


@click.command(hidden=True)
@click.pass_context
def demo_worker(context: click.Context) -> None:
    """Run the worker without looking at its topics first: the embedded broker has none of the settings to look at."""
    from stream.app import build_worker
    from stream.faust_worker import run
    from stream.policy.document import read_policy

    settings = settings_from(context)
    policy = read_policy(settings)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    run(build_worker(settings, policy).app, loop)
