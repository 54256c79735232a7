"""What docker-compose.yml starts, as plain processes: the same commands, settings and files, with addresses of this machine."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from stream.local_kafka import free_ports
from tests.deploy.recipes import ROOT, compose, image_environment, scraped, services
from tests.integration.worker_tools import KILL_AFTER_S, Site
from tests.waiting import wait_until

OURS = ("worker", "shadow", "desk", "gateway")
_RUN = f"import signal; signal.alarm({KILL_AFTER_S}); from stream.cli import main; main()"


def tool(name: str) -> str:
    """Return the program of the Debian package prometheus, or fail and say what to install."""
    found = shutil.which(name)
    assert found is not None, f"{name} is missing: the dashboards are tested with Prometheus (Debian: apt-get install prometheus)"
    return found


class Prometheus:
    """A Prometheus that runs with our settings."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, **given: str) -> Any:
        """Return what it answers. Errors: urllib.error.HTTPError for what it does not understand."""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(given)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def values(self, query: str) -> list[float]:
        """Return the values of all series that a query finds, as of now."""
        return [float(series["value"][1]) for series in self.ask("query", query=query)["result"]]

    def health(self) -> dict[str, list[str]]:
        """Return what it says of each target, by job."""
        found: dict[str, list[str]] = {}
        try:
            targets = self.ask("targets")["activeTargets"]
        except OSError:
            return {}
        for target in targets:
            found.setdefault(target["labels"]["job"], []).append(target["health"])
        return found


class Topology:
    """All of it. ports: where each process of ours listens for Prometheus; door: where desk and gateway listen for others."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.count = {name: services()[name]["deploy"].get("replicas", 1) for name in OURS}
        free = iter(free_ports(sum(self.count.values()) + 3))
        self.ports = {name: [next(free) for _ in range(self.count[name])] for name in OURS}
        self.door = {"desk": next(free), "gateway": next(free)}
        self.prometheus_port = next(free)
        self.prometheus = Prometheus(self.prometheus_port)
        self.secrets = folder / "secrets"
        self.first_password = ""

    def make_secrets(self) -> None:
        """As `make secrets` does."""
        command = self.folder / "bin" / "goldenhour"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m stream "$@"\n')
        command.chmod(0o755)
        environment = os.environ | {"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        script = ["sh", str(ROOT / "deploy" / "make_secrets.sh"), str(self.secrets)]
        said = subprocess.run(script, env=environment, capture_output=True, text=True, check=True).stdout
        found = re.search(r"manager, with the password (\S+)", said)
        assert found is not None, said
        self.first_password = found[1]

    def _here(self, service: str, number: int, word: str) -> str:
        """Return a word of a command with addresses and files of this machine."""
        files = {
            name: ROOT / secret["file"].replace("./secrets", str(self.secrets)) for name, secret in compose()["secrets"].items()
        }
        word = re.sub(r"/run/secrets/([a-z-]+)", lambda found: str(files[found[1]]), word)
        word = word.replace("/etc/goldenhour/trial.toml", str(ROOT / "deploy" / "policy.toml")).replace("0.0.0.0", "127.0.0.1")
        ports = {"9108": self.ports[service][number], "8443": self.door.get(service), "8583": self.door.get(service)}
        return re.sub(r"(?<=[:=])(9108|8443|8583)$", lambda found: str(ports[found[1]]), word)

    def _settings(self, service: str, number: int) -> dict[str, str]:
        told = image_environment() | services()[service]["environment"]
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("GOLDENHOUR_")},
            **{name: value for name, value in told.items() if name.startswith("GOLDENHOUR_")},
            "GOLDENHOUR_BOOTSTRAP": self.site.bootstrap,
            "GOLDENHOUR_TOPIC_PREFIX": self.site.prefix,
            "GOLDENHOUR_APPLICATION_ID": self.site.group,
            "GOLDENHOUR_PARTITIONS": str(self.site.partitions),
            "GOLDENHOUR_POLICY_FILE": str(ROOT / "deploy" / "policy.toml"),
            "GOLDENHOUR_COUNTRIES_FOLDER": str(ROOT / "deploy" / "countries"),
            "GOLDENHOUR_TOPICS_FILE": str(ROOT / "deploy" / "topics.toml"),
            "GOLDENHOUR_HTTP_HOST": "127.0.0.1",
            "GOLDENHOUR_HTTP_PORT": str(self.ports[service][number]),
            "GOLDENHOUR_SESSION_TIMEOUT_S": "6",
            "GOLDENHOUR_SCORES": "true",
            "PYTHONPATH": str(ROOT),
        }

    @contextmanager
    def process(self, service: str, number: int) -> Iterator[None]:
        """Run one of our services as compose would."""
        command = [self._here(service, number, word) for word in services()[service]["command"]]
        with self._running(f"{service}-{number}", [sys.executable, "-c", _RUN, *command], self._settings(service, number)):
            yield

    @contextmanager
    def _running(self, name: str, command: list[str], environment: dict[str, str]) -> Iterator[None]:
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield
            assert process.poll() is None, f"{name} has ended: {log.read_text(errors='replace')[-2000:]}"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def prometheus_settings(self) -> dict[str, Any]:
        """Return deploy/prometheus/prometheus.yml with addresses of this machine, looked at every second so that nobody waits.

        Nothing else is changed; Alertmanager is not started here, so it is no target.
        """
        content: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
        content["global"] |= dict.fromkeys(("scrape_interval", "evaluation_interval", "scrape_timeout"), "1s")
        job_of = {job: targets[0].partition(":")[0] for job, targets in scraped().items()}
        content["scrape_configs"] = [job for job in content["scrape_configs"] if job["job_name"] != "alertmanager"]
        for job in content["scrape_configs"]:
            job.pop("dns_sd_configs", None)
            ports = self.ports.get(job_of[job["job_name"]], [self.prometheus_port])
            job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
        return content

    @contextmanager
    def prometheus_process(self) -> Iterator[None]:
        """Run Prometheus with the flags that compose gives it."""
        home = self.folder / "prometheus"
        home.mkdir()
        (home / "prometheus.yml").write_text(yaml.safe_dump(self.prometheus_settings()))
        shutil.copy(ROOT / "deploy" / "prometheus" / "rules.yml", home)
        flags = [
            flag.replace("/etc/prometheus", str(home)).replace("=/prometheus", f"={home / 'data'}")
            for flag in services()["prometheus"]["command"]
        ]
        command = [tool("prometheus"), *flags, f"--web.listen-address=127.0.0.1:{self.prometheus_port}"]
        with self._running("prometheus", command, dict(os.environ)):
            yield

    @contextmanager
    def up(self) -> Iterator["Topology"]:
        """Run everything; all targets have been scraped when the block begins."""
        self.make_secrets()
        self.site.make_topics()
        with ExitStack() as stack:
            for service in OURS:
                for number in range(self.count[service]):
                    stack.enter_context(self.process(service, number))
            stack.enter_context(self.prometheus_process())
            wanted = {job: ["up"] * len(self.ports.get(targets[0].partition(":")[0], [0])) for job, targets in scraped().items()}
            wanted.pop("alertmanager")
            wait_until(lambda: self.prometheus.health() == wanted)
            yield self
