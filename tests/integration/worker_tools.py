"""A whole installation on the test's broker: its topics, its workers as processes, and what they leave behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

import aiokafka
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from prometheus_client.parser import text_string_to_metric_families

from connectors.contract_json import decode
from connectors.kafka_admin import ensure_topics
from connectors.topics import TopicSpec, load_topics
from models.records import Alert, FreezeRequest, Score
from stream.bulk_load import bulk_load
from stream.bundle import INPUT_TOPICS
from stream.settings import DEPLOY
from stream.store import Loaded, load
from tests.integration.kafka_tools import committed, left_over, partitions, read_all, run
from tests.waiting import GIVE_UP_S, wait_until

ROOT = Path(__file__).parents[2]
KILL_AFTER_S = 120  # no worker outlives this, not even one that a crashed test left behind
SESSION_S = 6.0  # the shortest that a broker allows by default
_GUARDED = f"import signal, sys; signal.alarm({KILL_AFTER_S}); from stream.cli import main; sys.argv[0] = 'goldenhour'; main()"


class Read(NamedTuple):
    """A record as it was read from a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes


class WorkerRun:
    """A `goldenhour worker` from entering to leaving; whatever happens, it is gone afterwards."""

    def __init__(self, log: Path, environ: dict[str, str], command: list[str] | None = None) -> None:
        self.log = log
        self._environ = environ
        self._command = command or [sys.executable, "-c", _GUARDED, "worker"]

    def __enter__(self) -> Self:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self._command, cwd=self.log.parent, env=self._environ, stdout=out, stderr=subprocess.STDOUT
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def address(self) -> str:
        """Return host:port of its HTTP server, waiting until it has one."""
        wait_until(lambda: "metrics=http://" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        return self.said().rsplit("metrics=http://", 1)[1].split("/", 1)[0]

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of an HTTP answer."""
        try:
            with urllib.request.urlopen(f"http://{self.address()}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_ready(self) -> Self:
        wait_until(lambda: self.get("/ready")[0] == 200)
        return self

    def metrics(self, name: str, label: str) -> dict[str, float]:
        """Return the values of a metric by one of its labels, summed over the others."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                if sample.name == f"goldenhour_{name}":
                    value = sample.labels.get(label, "")
                    found[value] = found.get(value, 0.0) + sample.value
        return found

    def metric(self, name: str) -> float:
        """Return a metric summed over all its labels."""
        return sum(self.metrics(name, "").values())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def terminate(self) -> int:
        """Ask it to end; return its exit status."""
        self.process.terminate()
        return self.process.wait(40)

    def wait(self) -> int:
        """Return the exit status of a worker that ends by itself."""
        return self.process.wait(GIVE_UP_S)


class Site:
    """One installation: topics and group of a prefix of their own.

    partitions: of every topic. settings: of its workers, beside what a test on a busy machine needs.
    """

    def __init__(self, bootstrap: str, prefix: str, folder: Path, partitions: int = 1, **settings: object) -> None:
        self.bootstrap, self.prefix, self.folder, self.partitions = bootstrap, prefix, folder, partitions
        self.with_scores = bool(settings.get("scores", False))
        self._settings: dict[str, object] = {
            "bootstrap": bootstrap,
            "topic_prefix": prefix,
            "application_id": f"{prefix}group",
            "partitions": partitions,
            "http_port": 0,
            "session_timeout_s": SESSION_S,
            "commit_interval_s": 0.3,
            "align_wait_s": 30,  # longer than any stall of a busy machine: the order of the log is never given up
            "tick_after_s": 1e9,  # stories are of other days: time passes in them only where a test wants it to
            **settings,
        }

    def name(self, topic: str) -> str:
        return self.prefix + topic

    @property
    def group(self) -> str:
        return str(self._settings["application_id"])

    def specs(self) -> dict[str, TopicSpec]:
        raw = tomllib.loads((DEPLOY / "topics.toml").read_text(encoding="utf-8"))
        return load_topics(raw, prefix=self.prefix, partitions=self.partitions, retention_ms=-1)

    def make_topics(self, *, leave_out: Iterable[str] = ()) -> Self:
        """Create the topics as `goldenhour topics --retention-ms -1` does."""
        ensure_topics(self.bootstrap, [spec for topic, spec in self.specs().items() if topic not in leave_out])
        return self

    def change(self, topic: str, setting: str, value: str) -> None:
        """Change one of Kafka's settings of a topic."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self.name(topic), {setting: value})])
        admin.close()

    def send(self, records: Iterable[tuple[int, str, bytes, bytes]], **pace: Any) -> None:
        """Write (log time in ms, contract topic, key, value) records and wait for their acks."""
        bulk_load(self.bootstrap, ((self.name(topic), key, value, at_ms) for at_ms, topic, key, value in records), **pace)

    def environ(self, **settings: object) -> dict[str, str]:
        values = {**self._settings, **settings}
        mine = {f"GOLDENHOUR_{name.upper()}": str(value).lower() if value is True else str(value) for name, value in values.items()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("GOLDENHOUR_")}
        return {**others, "PYTHONPATH": str(ROOT), **mine}

    def worker(self, log: str = "worker.log", **settings: object) -> WorkerRun:
        return WorkerRun(self.folder / log, self.environ(**settings))

    def work_to_the_end(self, **settings: object) -> None:
        """Run one worker until everything is done and committed, then end it the polite way."""
        with self.worker(**settings) as worker:
            self.wait_until_done()
            assert worker.terminate() == 0, worker.said()

    def wait_until_done(self) -> None:
        """Return when the group has committed the ends of all it reads; what it adds to `keyed` meanwhile included."""
        topics = [self.name(topic) for topic in (*INPUT_TOPICS, "keyed")]

        async def standing() -> int:
            return await left_over(self.bootstrap, self.group, topics)

        deadline_s = time.monotonic() + GIVE_UP_S
        quiet = 0
        while quiet < 2:  # twice: the first look may have missed a statement that was just being written
            quiet = quiet + 1 if run(standing()) == 0 else 0
            assert time.monotonic() < deadline_s, "the records were not worked off"
            time.sleep(0.1)

    def wait_until_written(self, topic: str, records: int) -> None:
        """Return when a topic has had so many records; fast enough to meet a worker in the middle of its work."""

        async def watch() -> None:
            consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
            await consumer.start()
            try:
                tps = await partitions(consumer, self.name(topic))
                while sum((await consumer.end_offsets(tps)).values()) < records:
                    await asyncio.sleep(0.005)
            finally:
                await consumer.stop()

        run(watch())

    def committed(self) -> dict[tuple[str, int], int]:
        """Return the committed offset of every (contract topic, partition) the group reads, 0 where none is."""
        found = run(committed(self.bootstrap, self.group, [self.name(topic) for topic in (*INPUT_TOPICS, "keyed")]))
        return {(topic.removeprefix(self.prefix), partition): offset for (topic, partition), offset in found.items()}

    def read(self, topic: str) -> list[Read]:
        """Return every record of a topic, each partition in log order."""
        found: list[Read] = []

        def take(record: Any) -> None:
            found.append(Read(topic, record.partition, record.offset, record.timestamp, record.key, record.value))

        run(read_all(self.bootstrap, self.name(topic), take))
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def values(self, topic: str) -> list[bytes]:
        """Return the values of an output topic with the prefix taken off the names of topics in them."""
        return [record.value.replace(f'"topic":"{self.prefix}'.encode(), b'"topic":"') for record in self.read(topic)]

    def alerts(self) -> list[Alert]:
        return [decode("alerts", value) for value in self.values("alerts")]  # type: ignore[misc]

    def requests(self) -> list[FreezeRequest]:
        return [decode("freeze-requests", value) for value in self.values("freeze-requests")]  # type: ignore[misc]

    def scores(self) -> list[Score]:
        return [decode("scores", value) for value in self.values("scores")]  # type: ignore[misc]

    def loaded(self) -> list[Loaded]:
        """Return the state of every partition as a worker would load it."""

        async def all_of_them() -> list[Loaded]:
            return [await load(self.bootstrap, self.name("state"), partition) for partition in range(self.partitions)]

        return run(all_of_them())
