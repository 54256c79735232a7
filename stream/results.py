"""The whole protocol: simulate, replay and evaluate several seeds, then the public data sets; gathered for RESULTS.md.

Every step is a command of `goldenhour` in a process of its own, as anybody could type it; what it writes stays in the work folder.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from connectors.labels import read_labels
from stream.evaluation.datasets import account_figures, account_labels, payment_figures
from stream.evaluation.handbook import handbook_figures
from stream.evaluation.pooled import pooled
from stream.evaluation.reading import read_alerts, read_transactions, scored_payments
from stream.evaluation.stories import EvaluationError
from stream.settings import DEPLOY

Run = Callable[[Sequence[str]], None]
Say = Callable[[str], None]

MAPPINGS = {"fraud_handbook": "handbook", "amlsim_fanin": "amlsim", "paysim": "paysim", "sparkov": "sparkov"}
"""Folder of a data set -> its mapping."""


LEARNING = {"fraud_handbook": ("--labels-after", "7", "--policy-overlay", str(DEPLOY / "overlays" / "shop_cards.toml"))}
"""How the labels of a data set come back in its replay: the Handbook's a week after their payments, as its protocol has it."""


def _silent(_step: str) -> None:
    """Tell nobody."""


class StepError(EvaluationError):
    """A step of the protocol failed; says which."""


class SimulationOptions(msgspec.Struct, frozen=True):
    """How large each simulated bank is. base_rate: fraud cases per transfer. cases_per_typology: at least so many of each."""

    accounts: int
    days: int
    base_rate: float
    cases_per_typology: int = 0


def run_command(arguments: Sequence[str]) -> None:
    """Run a command of ours and wait for it.

    Errors: StepError with its last words.
    """
    done = subprocess.run(
        [sys.executable, "-m", "stream", *arguments],
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise StepError(f"goldenhour {arguments[0]} ended with status {done.returncode}: {last}")


def simulated(
    seeds: Sequence[int],
    options: SimulationOptions,
    work: Path,
    run: Run = run_command,
    since: str | None = None,
    say: Say = _silent,
) -> dict[str, Any]:
    """Return the figures of every seed and of all together.

    since: leave out what happened before, on which the detection only learns. say: told each step.
    """
    runs = [_seed(seed, options, work / f"seed-{seed}", run, since, say) for seed in seeds]
    return {"seeds": list(seeds), "options": msgspec.to_builtins(options), "since": since, "runs": runs, "pooled": pooled(runs)}


def _seed(seed: int, options: SimulationOptions, folder: Path, run: Run, since: str | None, say: Say) -> dict[str, Any]:
    bank, out = folder / "bank", folder / "out"
    say(f"seed {seed}: simulate")
    sizes = ["--accounts", str(options.accounts), "--days", str(options.days), "--base-rate", f"{options.base_rate:.10g}"]
    if options.cases_per_typology:
        sizes += ["--cases-per-typology", str(options.cases_per_typology)]
    run(("simulate", "--seed", str(seed), *sizes, "--out", str(bank)))
    say(f"seed {seed}: replay")
    run(("replay", str(bank / "events.jsonl.gz"), "--out", str(out), "--scores"))
    say(f"seed {seed}: evaluate")
    since = since or _first_day(bank / "simulation.json")
    truth = ("--labels", str(bank / "labels.csv"), "--cases", str(bank / "cases.jsonl"))
    run(("evaluate", str(out), *truth, *(() if since is None else ("--from", since))))
    return _figures(out / "evaluation.json")


def _first_day(path: Path) -> str | None:
    """Return the first full day as the simulator states it; the thin past before it is only learnt from. None: not stated."""
    if not path.is_file():
        return None
    start: str | None = _figures(path).get("parameters", {}).get("start")
    return start


def _figures(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    return found


def data_sets(data: Path, work: Path, run: Run = run_command, say: Say = _silent) -> dict[str, Any]:
    """Return the figures of each data set that lies in a folder, by its name.

    Errors: StepError if there is none, or a folder does not hold what it should.
    """
    found = {name: data / name for name in MAPPINGS if (data / name).is_dir()}
    if not found:
        raise StepError(f"none of {', '.join(MAPPINGS)} is in the data folder")
    told = {}
    for name, folder in found.items():
        say(f"{name}: replay")
        out = work / name
        tables = sorted(folder.glob("*.parquet"))
        accounts = [path for path in tables if path.stem.endswith("_accounts")]
        payments = [path for path in tables if path not in accounts]
        if len(payments) != 1 or len(accounts) != (name == "amlsim_fanin"):
            raise StepError(f"{name}: expected one table of payments{' and one of accounts' if name == 'amlsim_fanin' else ''}")
        labelled = () if accounts else ("--mapped-labels", *LEARNING.get(name, ()))
        run(("replay", str(payments[0]), "--mapping", MAPPINGS[name], *labelled, "--scores", "--out", str(out)))
        say(f"{name}: figures")
        told[name] = _data_figures(name, out, accounts)
    return told


def _data_figures(name: str, out: Path, accounts: Sequence[Path]) -> dict[str, Any]:
    if accounts:
        return account_figures(account_labels(accounts[0]), scored_payments(out), read_alerts(out))
    rows, _, _ = read_transactions(out, read_labels(out / "labels.csv"))
    return handbook_figures(rows) if name == "fraud_handbook" else payment_figures(rows)
