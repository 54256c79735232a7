"""A worker as a process of its own that is looked at through its HTTP addresses, and never left behind."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import wait_until

Figures = dict[str, list[tuple[dict[str, str], float]]]


class Answer(NamedTuple):
    status: int
    kind: str
    text: str


class SeenWorker:
    """A worker that runs, seen from outside."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, prefix: str) -> None:
        self._process, self._log, self.prefix = process, log, prefix
        self._address = ""

    def has_address(self) -> bool:
        said = self._log.read_text(errors="replace")
        assert self._process.poll() is None, said
        found = re.search(r"metrics=(http://\S+)/metrics", said)
        self._address = found[1] if found is not None else ""
        return found is not None

    def get(self, path: str, accept: str = "*/*") -> Answer:
        request = urllib.request.Request(self._address + path, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers["Content-Type"], response.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers["Content-Type"], error.read().decode())

    def figures(self) -> Figures:
        """Return what /metrics says: name -> labels and value of each series."""
        figures: Figures = {}
        for family in text_string_to_metric_families(self.get("/metrics").text):
            for sample in family.samples:
                figures.setdefault(sample.name, []).append((sample.labels, sample.value))
        return figures

    def partitions_with(self, metric: str) -> set[tuple[str, str]]:
        return {(labels["topic"], labels["partition"]) for labels, _ in self.figures().get(metric, [])}


def sum_of(figures: Figures, metric: str, **wanted: str) -> float:
    return sum(value for labels, value in figures[metric] if wanted.items() <= labels.items())


@contextmanager
def running_worker(bootstrap: str, prefix: str, folder: Path) -> Iterator[SeenWorker]:
    """Run a worker until the end of the block; it listens when the block begins."""
    folder.mkdir()
    log = folder / "worker.log"
    command = [
        sys.executable,
        "-m",
        "stream",
        "worker",
        "--bootstrap",
        bootstrap,
        "--topic-prefix",
        prefix,
        "--http-port",
        "0",
        "--scores",
    ]
    environment = {**os.environ, "GOLDENHOUR_APPLICATION_ID": f"{prefix}group"}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        worker = SeenWorker(process, log, prefix)
        wait_until(worker.has_address)
        yield worker
        process.terminate()
        process.wait(30)
    finally:
        process.kill()
        process.wait()
