"""`goldenhour demo` as a process: what it leaves behind, and that it leaves nothing running."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from connectors.contract_json import decode
from connectors.labels import read_labels
from connectors.masking import mask
from models.records import Alert
from stream.brokers import KafkaBroker
from stream.demo.run import FILES
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
GIVE_UP_S = 120


class Running:
    """A demo from entering to leaving. saw: every process that ever ran below it, while somebody asked."""

    def __init__(self, out: Path, *options: str) -> None:
        self.out = out
        self._log = out.parent / f"{out.name}.txt"
        self._command = [sys.executable, "-m", "stream", "demo", "--size", "small", "--out", str(out), *options]
        self.saw: set[int] = set()

    def __enter__(self) -> "Running":
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith("GOLDENHOUR_") or name == "GOLDENHOUR_CACHE"
        }
        environ |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(self._command, env=environ, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_to_say(self, words: str) -> None:
        wait_until(lambda: words in self.said or self.process.poll() is not None)
        assert words in self.said, self.said
        self.below()

    def below(self) -> dict[int, str]:
        """Return the command lines of the living processes below the demo, by id."""
        found = _descendants(self.process.pid)
        self.saw |= found.keys()
        return found

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(GIVE_UP_S)

    def left_over(self) -> dict[int, str]:
        return {pid: command for pid in self.saw if (command := _command(pid))}


class Ended(NamedTuple):
    """A demo that came to its end."""

    status: int
    said: str
    out: Path
    left_over: dict[int, str]


def _command(pid: int) -> str:
    """Return the command line of a process; "" if it is gone, or dead and only not yet buried."""
    try:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return ""
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _descendants(pid: int) -> dict[int, str]:
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                children = [int(child) for child in task.read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                continue
            waiting += children
            found |= {child: command for child in children if (command := _command(child))}
    return found


def play(out: Path, *options: str) -> Ended:
    """Play a whole demo, noting what runs below it; one that is kept up is ended by Ctrl-C."""
    with Running(out, *options) as demo:
        demo.wait_to_say("-- day")
        if "--keep" in options:
            demo.wait_to_say("stay up until Ctrl-C")
            assert any("demo-worker" in command for command in demo.below().values())
            assert (out / "report.json").exists()
            status = demo.end(signal.SIGINT)
        else:
            status = demo.process.wait(GIVE_UP_S)
        assert len(demo.saw) >= 2, "a worker below its guard, at least"
        return Ended(status, demo.said, out, demo.left_over())


@pytest.fixture(scope="module")
def on_embedded(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return play(tmp_path_factory.mktemp("embedded") / "demo", "--broker", "embedded", "--keep")


@pytest.fixture(scope="module")
def on_kafka(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker) -> Ended:
    return play(tmp_path_factory.mktemp("given") / "demo", "--bootstrap", kafka.bootstrap)


@pytest.fixture(params=["on_embedded", pytest.param("on_kafka", marks=pytest.mark.broker)])
def ended(request: pytest.FixtureRequest) -> Ended:
    demo: Ended = request.getfixturevalue(request.param)
    return demo


def test_the_demo_keeps_its_promise_and_leaves_nothing_running(ended: Ended) -> None:
    assert ended.status == 0, ended.said
    assert "Every record was processed; all 5 mule stories were caught on the receiving side" in ended.said
    assert ended.left_over == {}


def test_the_demo_leaves_its_files(ended: Ended) -> None:
    assert set(FILES) <= {path.name for path in ended.out.iterdir()}
    report = json.loads((ended.out / "report.json").read_bytes())
    assert report["is_kept"]
    assert report["processed"] == report["sent"]
    assert report["latency"]["count"] > 0
    assert sum(report["dead_letters"].values()) == len((ended.out / "dead_letters.jsonl").read_bytes().splitlines()) == 5


def test_what_is_said_names_the_frauds_caught_and_where_the_metrics_are(ended: Ended) -> None:
    report = json.loads((ended.out / "report.json").read_bytes())
    for story in report["stories"]:
        if story["first"] is not None:
            row = next(line for line in ended.said.splitlines() if line.startswith(f"{story['kind']:<5} "))
            assert f"{story['first']['typology']} tier {story['first']['tier']}" in row
    assert re.search(r"metrics at http://127\.0\.0\.1:\d+/metrics", ended.said)


def test_a_pipe_gets_no_colours_and_no_line_too_wide(ended: Ended) -> None:
    assert "\x1b" not in ended.said
    assert max(map(len, ended.said.splitlines())) <= 120 + len(str(ended.out)) * 2


def test_no_account_of_the_bank_is_said_in_clear(ended: Ended) -> None:
    alerts = [decode("alerts", line) for line in (ended.out / "alerts.jsonl").read_bytes().splitlines()]
    subjects = {alert.subject.id for alert in alerts if isinstance(alert, Alert)}
    parties = set()
    for line in (ended.out / "day.jsonl").read_bytes().splitlines():
        if b'"topic":"transactions"' in line and line.endswith(b"}"):
            parties |= set(re.findall(r'"account":"([^"]+)"', line.decode(errors="replace")))
    assert subjects
    assert not {name for name in subjects | parties if name in ended.said and mask(name) != name}


def test_the_labels_belong_to_the_day(ended: Ended) -> None:
    labels = read_labels(ended.out / "labels.csv")
    known = (ended.out / "day.jsonl").read_text(errors="replace")
    assert labels.fraud_count > 0
    assert all(f'"event_id":"{event_id}"' in known for event_id in labels.case_of)


@pytest.mark.broker
def test_a_cluster_that_was_given_is_left_as_it_was(on_kafka: Ended, kafka: KafkaBroker) -> None:
    async def topics() -> list[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            return await admin.list_topics()
        finally:
            await admin.close()

    assert on_kafka.status == 0
    assert [name for name in asyncio.run(topics()) if name.startswith("demo-")] == []


@pytest.mark.broker
def test_ctrl_c_in_the_day_ends_worker_and_kafka(tmp_path: Path) -> None:
    with Running(tmp_path / "demo", "--broker", "kafka", "--accounts", "60") as demo:
        demo.wait_to_say("-- day")
        commands = " ".join(demo.below().values())
        assert "kafka.Kafka" in commands
        assert "stream worker" in commands
        assert demo.end(signal.SIGINT) == 128 + signal.SIGINT
        assert demo.left_over() == {}
        assert demo.said.rstrip().endswith("Ended by SIGINT. Nothing of it is left running.")


def test_a_plain_kill_while_the_worker_starts_ends_all_of_it(tmp_path: Path) -> None:
    with Running(tmp_path / "demo", "--broker", "embedded", "--accounts", "60") as demo:
        wait_until(lambda: "stream demo-worker" in " ".join(demo.below().values()))
        assert demo.end(signal.SIGTERM) == 128 + signal.SIGTERM
        assert demo.left_over() == {}


def test_a_worker_that_dies_is_said_to_have_died_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Running(tmp_path / "demo", "--broker", "embedded", "--accounts", "60") as demo:
        demo.wait_to_say("metrics at")
        (worker,) = [
            pid
            for pid, command in demo.below().items()
            if command.startswith(sys.executable) and "lifeline" not in command and "demo-worker" in command
        ]
        os.kill(worker, signal.SIGKILL)
        assert demo.process.wait(GIVE_UP_S) == 1
        assert "The worker has ended by itself: signal 9." in demo.said
        assert "worker started metrics=" in demo.said
        assert demo.left_over() == {}
        assert not (demo.out / "report.json").exists()
