"""`make fuzz`: every connector against a million inputs that nobody thought of.

With atheris (coverage-guided; `pip install atheris`, Linux) where it can be imported, else by seeded mutations of the golden
messages, which finds less. Both start from the golden messages and from what earlier runs found (`corpus.hex` beside them), and
ask what the contract suite asks. A finding ends the run with its bytes in hexadecimal digits: make a golden message of it.
`--keep` adds to corpus.hex what reached new code.
"""

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import click

from connectors.connector import Connector, find_connectors
from tests.connectors.checks import check_any_bytes
from tests.connectors.golden import FOLDER, TOKENS, cases, corpus
from tests.connectors.mutants import mutant

KEPT_MAX = 100
KEPT_BYTES_MAX = 1_000


def connector_named(name: str) -> Connector:
    (found,) = [connector for connector in find_connectors(TOKENS) if connector.name == name]
    return found


def seeds(name: str) -> list[bytes]:
    return [*cases(name).values(), *corpus(name)]


def by_mutation(name: str, inputs: int, seed: int) -> None:
    connector, start, random = connector_named(name), seeds(name), Random(f"{seed} {name}")
    for _ in range(inputs):
        raw = mutant(random, start)
        try:
            check_any_bytes(connector, raw)
        except Exception:
            click.echo(f"{name}: a finding: {raw.hex()}", err=True)
            raise


def by_atheris(name: str, inputs: int, seed: int, *, keep: bool) -> None:
    """Run atheris in a process of its own, because it ends the process it runs in."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        found = Path(folder) / "corpus"
        found.mkdir()
        for number, raw in enumerate(seeds(name)):
            (found / f"seed{number}").write_bytes(raw)
        options = [
            f"-runs={inputs}",
            f"-seed={seed}",
            "-max_len=2000",
            "-print_final_stats=1",
            "-verbosity=0",
            f"-artifact_prefix={folder}/",
        ]
        done = subprocess.run([sys.executable, "-m", "tests.connectors.fuzz_target", name, *options, str(found)], check=False)
        for finding in sorted(Path(folder).glob("crash-*")):
            click.echo(f"{name}: a finding: {finding.read_bytes().hex()}", err=True)
        if done.returncode != 0:
            sys.exit(done.returncode)
        if keep:
            new = sorted(
                {file.read_bytes() for file in found.iterdir()} - set(cases(name).values()), key=lambda raw: (len(raw), raw)
            )
            kept = [raw for raw in new if len(raw) <= KEPT_BYTES_MAX]
            step = max(1, len(kept) // KEPT_MAX)
            (FOLDER / name / "corpus.hex").write_text("".join(f"{raw.hex()}\n" for raw in kept[::step][:KEPT_MAX]), "ascii")


@click.command()
@click.option("--inputs", type=click.IntRange(1), default=1_000_000, show_default=True, help="For each connector.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--engine", type=click.Choice(["auto", "atheris", "mutation"]), default="auto", show_default=True)
@click.option("--only", metavar="NAME", help="One connector.")
@click.option("--keep", is_flag=True, help="Add what reached new code to corpus.hex (atheris).")
def main(inputs: int, seed: int, engine: str, only: str | None, keep: bool) -> None:
    """Fuzz every connector."""
    if engine == "auto":
        engine = "atheris" if importlib.util.find_spec("atheris") else "mutation"
    for connector in find_connectors(TOKENS):
        if only not in (None, connector.name):
            continue
        started_s = time.monotonic()
        if engine == "atheris":
            by_atheris(connector.name, inputs, seed, keep=keep)
        else:
            by_mutation(connector.name, inputs, seed)
        took_s = time.monotonic() - started_s
        click.echo(f"{connector.name}: {inputs:,} inputs by {engine}, seed {seed}, in {took_s:.0f} s: nothing found")


if __name__ == "__main__":
    main()
