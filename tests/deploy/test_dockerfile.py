import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from stream.settings import read_toml
from tests.deploy.recipes import ROOT, copied_from_context, dockerfile, image_environment, of_image, ours, settings_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Serve this status for every request; give the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthy" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def health_check(port: int) -> int:
    """Run the image's health check against a port; return its exit status."""
    ((program, *arguments),) = of_image("HEALTHCHECK")
    assert program == "python"
    environment = {**os.environ, "GOLDENHOUR_HTTP_PORT": str(port)}
    return subprocess.run([sys.executable, *arguments], env=environment, stderr=subprocess.DEVNULL, check=False).returncode


def test_every_stage_starts_from_the_same_exact_version_of_python() -> None:
    images = {stage[0].words[0] for stage in dockerfile()}
    (image,) = images
    version = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-[a-z]+", image)
    assert version is not None
    assert f">={version[1]}.{version[2]}" == PROJECT["project"]["requires-python"]


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    allowed = {line[1:].rstrip("/") for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    assert set(copied_from_context()) == allowed
    assert all((ROOT / source).exists() for source in allowed)


def test_the_wheel_is_built_from_all_it_needs() -> None:
    copied = set(copied_from_context())
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert {"pyproject.toml", "hatch_build.py", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]} <= copied


def test_only_locked_packages_are_installed_and_each_is_checked() -> None:
    runs = [" ".join(step.words) for stage in dockerfile() for step in stage if step.name == "RUN"]
    fetching = [run for run in runs if "pip download" in run]
    installing = [command for run in runs for command in run.split("&&") if "pip" in command and " install " in command]
    assert len(fetching) == 1
    assert "--require-hashes" in fetching[0]
    assert "--only-binary=:all:" in fetching[0]
    assert len(installing) == 2
    assert all("--no-index" in command for command in installing)


def test_every_locked_package_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)


def test_the_environment_is_built_where_it_is_used() -> None:
    (copied,) = [words for words in of_image("COPY") if words[0].startswith("--from")]
    made = [step.words for step in dockerfile()[0] if step.name == "RUN" and "--without-pip" in step.words]
    assert copied[1] == copied[2]
    assert all(copied[1] in words for words in made)
    assert len(made) == 1
    assert image_environment()["PATH"].startswith(f"{copied[1]}/bin:")


def test_the_policy_and_the_topics_are_where_the_settings_look() -> None:
    (*sources, folder) = next(words for words in of_image("COPY") if not words[0].startswith("--from"))
    copied = {folder + source.rpartition("/")[2]: ROOT / source for source in sources}
    settings = settings_of("worker")
    assert set(copied) == {settings.policy_file, settings.topics_file}
    assert "version" in read_toml(str(copied[settings.policy_file]))
    assert "topics" in read_toml(str(copied[settings.topics_file]))


def test_it_runs_our_command_and_not_as_root() -> None:
    ((user,),) = of_image("USER")
    ((entry,),) = of_image("ENTRYPOINT")
    assert entry in PROJECT["project"]["scripts"]
    assert all(int(number) > 0 for number in user.split(":"))
    assert {service["user"] for service in ours().values()} == {user}


def test_it_listens_on_the_port_it_exposes_and_not_on_loopback_only() -> None:
    settings = settings_of("worker")
    assert of_image("EXPOSE") == [[str(settings.http_port)]]
    assert settings.http_host == "0.0.0.0"


def test_the_image_is_named_after_the_version() -> None:
    assert {service["image"] for service in ours().values()} == {f"goldenhour:{PROJECT['project']['version']}"}


def test_the_health_check_passes_a_healthy_worker() -> None:
    with answering(200) as port:
        assert health_check(port) == 0


@pytest.mark.parametrize("status", [503, 404, 500])
def test_the_health_check_fails_on_any_other_answer(status: int) -> None:
    with answering(status) as port:
        assert health_check(port) != 0


def test_the_health_check_fails_where_nothing_listens() -> None:
    with answering(200) as port:
        pass
    assert health_check(port) != 0
