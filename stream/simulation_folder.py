"""Writes what a simulated bank does into a folder: a replay file, its labels, its cases, and what was simulated.

events.jsonl or events.jsonl.gz: records of all input topics in the order of arrival (contract, "Replay files"). labels.csv: one
row per transaction. cases.jsonl: one object per planted story, fraud or look-alike. simulation.json: parameters and counts.
The same options give the same bytes.
"""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import msgspec

from stream.simulator.booked import Booked
from stream.simulator.record_text import TimeText
from stream.simulator.simulation import Simulation, SimulationOptions

Form = Literal["jsonl", "jsonl.gz"]
FORMAT_VERSION: Final = 1
"""Raised when a member of these files changes its meaning."""

_LINES: Final = 2_000
_LEVEL: Final = 1  # a third of the time of the usual level, for a tenth more bytes


def write_simulation(
    options: SimulationOptions, folder: Path, form: Form = "jsonl.gz", on_progress: Callable[[int], None] = lambda count: None
) -> dict[str, Any]:
    """Simulate, write the files, and return what `simulation.json` says. on_progress: told the number of records now and then.

    Errors: ValueError for impossible options.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for other in ("events.jsonl", "events.jsonl.gz"):
        (folder / other).unlink(missing_ok=True)
    counts: Counter[str] = Counter()
    with (folder / "labels.csv").open("wb") as labels, (folder / "cases.jsonl").open("wb") as cases:
        labels.write(b"event_id,label,case,typology\n")
        simulation = Simulation(options, lambda case: _write_line(cases, msgspec.json.encode(case)))
        rows = _Rows(labels, counts)
        with _opened(folder / f"events.{form}") as events:
            for chunk, records in _chunks(simulation, rows):
                events.write(chunk)
                counts["records"] += records
                on_progress(counts["records"])
        rows.flush()
    told = _told(options, simulation, counts)
    (folder / "simulation.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    return told


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open the replay file; a compressed one carries neither name nor time, so that bytes repeat."""
    with path.open("wb") as file:
        if path.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0) as packed:
            yield packed  # type: ignore[misc] # writes like a file


def _write_line(file: BinaryIO, line: bytes) -> None:
    file.write(line + b"\n")


class _Rows:
    """The label file: a row per transaction, in the order of event time."""

    def __init__(self, file: BinaryIO, counts: Counter[str]) -> None:
        self._file = file
        self._counts = counts
        self._rows: list[str] = []

    def take(self, booked: Booked) -> None:
        """Note one record."""
        move = booked.move
        if move is None:
            self._counts[booked.topic] += 1
            return
        plot = move.plot
        self._counts["transactions"] += 1
        if plot is None:
            self._rows.append(f"{booked.event_id},0,,\n")
        else:
            self._counts["fraud_transactions"] += 1
            self._rows.append(f"{booked.event_id},1,{plot.story},{move.typology or plot.typology}\n")
        if len(self._rows) >= _LINES:
            self.flush()

    def flush(self) -> None:
        """Write what was noted."""
        self._file.write("".join(self._rows).encode())
        self._rows.clear()


def _chunks(simulation: Simulation, rows: _Rows) -> Iterator[tuple[bytes, int]]:
    """Yield lines of the replay file, many at a time, with their number."""
    lines: list[str] = []
    time = TimeText()
    for arrival_us, booked in simulation.deliveries(rows.take):
        lines.append(f'{{"topic":"{booked.topic}","arrival_time":"{time(arrival_us)}",{booked.text[1:]}\n')
        if len(lines) == _LINES:
            yield "".join(lines).encode(), _LINES
            lines.clear()
    yield "".join(lines).encode(), len(lines)


def _told(options: SimulationOptions, simulation: Simulation, counts: Counter[str]) -> dict[str, Any]:
    cases = sum(simulation.cases.values())
    transfers = simulation.counts["transfers"]
    return {
        "version": FORMAT_VERSION,
        "seed": options.seed,
        "parameters": {
            "accounts": options.accounts,
            "days": options.days,
            "history_days": options.history_days,
            "start": options.start.isoformat(),
            "rate": options.rate,
            "base_rate": options.base_rate,
            "cases_per_typology": options.cases_per_typology,
            "typologies": options.typologies,
            "lookalikes": options.lookalikes,
            "late_share": options.disorder.late_share,
            "duplicate_share": options.disorder.duplicate_share,
        },
        "counts": {
            "records": counts["records"],
            "transactions": counts["transactions"],
            "fraud_transactions": counts["fraud_transactions"],
            "account_events": counts["account-events"],
            "victim_reports": counts["victim-reports"],
            "dispositions": counts["dispositions"],
            "transfers": transfers,
            "cases": dict(sorted(simulation.cases.items())),
            "lookalikes": dict(sorted(simulation.scenes.items())),
            "stolen_minor": simulation.counts["stolen_minor"],
        },
        "cases_per_transfer": cases / transfers if transfers else 0.0,
    }
