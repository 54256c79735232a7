"""Apache Kafka itself, one node on this machine, as a context manager that owns the process and ends with ours."""

import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from types import TracebackType
from typing import NamedTuple, Self

import click

from stream.kafka_jars import KAFKA_VERSION, BrokerUnavailable, cache_folder, fetch_jars, find_java, recipe_folder
from stream.lifeline import start_guarded, stop_guarded

START_TIMEOUT_S = 60.0  # ours: a start takes 3 s on an idle machine, 6 s on a busy one
STOP_GRACE_S = 20.0  # ours: a stop takes under 2 s
START_TRIES = 3  # a port found free may be taken before the broker binds it


class Guard(NamedTuple):
    """TLS, logins and access control for a broker, instead of plain text for everybody.

    certificate_file: PEM, the broker's certificate for 127.0.0.1 behind its key. users: name -> password; each may log in by
    SCRAM-SHA-512, SCRAM-SHA-256 and PLAIN. admin: the one of them that may do everything; the others what ACLs allow.
    """

    certificate_file: Path
    users: Mapping[str, str]
    admin: str


class KafkaBroker:
    """Apache Kafka, one KRaft node on free loopback ports, plain text unless it has a guard.

    home: folder for its settings, log (`kafka.log`) and data; made if missing.
    jars: the folder `fetch_jars` returned.
    heap: the JVM's memory, written as for -Xmx.
    keep_data: leave the data in `home` at the end; the next broker with the same home goes on with it.
    guarded_by: TLS, logins and access control; None for plain text.
    Errors: entering raises `BrokerUnavailable`, with what to install or with the end of the broker's own log.
    """

    def __init__(
        self, home: Path, *, jars: Path, heap: str = "512m", keep_data: bool = False, guarded_by: Guard | None = None
    ) -> None:
        self.bootstrap = ""
        self.kind = f"Apache Kafka {KAFKA_VERSION}, one node started on this machine"
        self._home = home.absolute()
        self._data = self._home / "data"
        self._settings = self._home / "server.properties"
        self._log = self._home / "kafka.log"
        self._jars = jars.absolute()
        self._heap = heap
        self._keep_data = keep_data
        self._guarded_by = guarded_by
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        java = find_java()
        self._home.mkdir(parents=True, exist_ok=True)
        try:
            for _ in range(START_TRIES):
                client_port, controller_port, inside_port = free_ports(3)
                self._configure(client_port, controller_port, inside_port)
                self._format(java)
                if self._start(java):
                    self.bootstrap = f"127.0.0.1:{client_port}"
                    return self
                self._end_process()
                if "Address already in use" not in self._log.read_text(errors="replace"):
                    break
            raise BrokerUnavailable(f"Kafka did not start. The end of its log:\n{_last_lines(self._log)}")
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end_process()
        if not self._keep_data:
            shutil.rmtree(self._data, ignore_errors=True)

    def wait(self) -> None:
        """Return when the broker has ended by itself."""
        if self._guard is not None:
            self._guard.wait()

    def _configure(self, client_port: int, controller_port: int, inside_port: int) -> None:
        text = _filled_in("server.properties", client_port=client_port, controller_port=controller_port, data=self._data)
        if (guard := self._guarded_by) is not None:  # of a setting that stands twice, the last counts
            logins = " ".join(f'user_{name}="{password}"' for name, password in guard.users.items())
            text += _filled_in(
                "guarded.properties",
                client_port=client_port,
                controller_port=controller_port,
                inside_port=inside_port,
                certificate_file=guard.certificate_file.absolute(),
                logins=logins,
                admin=guard.admin,
            )
        self._settings.touch(mode=0o600)
        self._settings.write_text(text)

    def _command(self, java: Path, jvm: list[str], program: list[str]) -> list[str]:
        log4j = f"-Dlog4j2.configurationFile={recipe_folder() / 'log4j2.xml'}"
        return [str(java), *jvm, "-Djava.awt.headless=true", log4j, "-cp", f"{self._jars}/*", *program]

    def _format(self, java: Path) -> None:
        if (self._data / "meta.properties").exists():
            return
        cluster_id = uuid.uuid4().hex[:22]  # Kafka wants 22 characters of base64
        program = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._settings), *self._scram_logins()]
        command = self._command(java, ["-Xmx128m", "-XX:TieredStopAtLevel=1"], program)
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise BrokerUnavailable(f"Kafka could not format {self._data}:\n{result.stdout}{result.stderr}")

    def _scram_logins(self) -> list[str]:
        users = self._guarded_by.users if self._guarded_by is not None else {}
        found = [f"{way}=[name={name},password={users[name]}]" for name in users for way in ("SCRAM-SHA-512", "SCRAM-SHA-256")]
        return [word for login in found for word in ("--add-scram", login)]

    def _start(self, java: Path) -> bool:
        """Start the broker and wait until it says so; false if it ends or stays silent."""
        jvm = [f"-Xmx{self._heap}", f"-Xms{self._heap}", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"]
        program = ["kafka.Kafka", str(self._settings)]
        with self._log.open("wb") as output:
            self._guard = start_guarded(self._command(java, jvm, program), output=output, grace_s=STOP_GRACE_S)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._guard.poll() is None:
            if b"Kafka Server started" in self._log.read_bytes():
                return True
            time.sleep(0.05)
        return False

    def _end_process(self) -> None:
        if self._guard is not None:
            stop_guarded(self._guard, grace_s=STOP_GRACE_S)
            self._guard = None


def local_kafka(
    home: Path,
    *,
    keep_data: bool = False,
    guarded_by: Guard | None = None,
    say: Callable[[str], None] = lambda text: click.echo(text, err=True),
) -> KafkaBroker:
    """Return a `KafkaBroker` with its jars in place, downloaded first if need be; it starts when entered.

    Errors: `BrokerUnavailable` if Java or Maven is missing, or the download fails.
    """
    find_java()
    return KafkaBroker(home, jars=fetch_jars(cache_folder(), say=say), keep_data=keep_data, guarded_by=guarded_by)


def _filled_in(recipe: str, **values: object) -> str:
    return Template((recipe_folder() / recipe).read_text()).substitute(values)


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def _last_lines(log: Path, count: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
