"""What the repository says about containers, read: docker-compose.yml, deploy/Dockerfile and .dockerignore."""

import json
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from stream.dashboards.files import DASHBOARDS
from stream.dashboards.panels import as_json
from stream.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


class Instruction(NamedTuple):
    """One instruction of a Dockerfile. words: as the shell would split them, or the members of a JSON list."""

    name: str
    words: list[str]


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return content


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def rules() -> list[dict[str, Any]]:
    """Return the alerting rules of Prometheus."""
    content = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text("utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def boards() -> dict[str, dict[str, Any]]:
    """Return the dashboards as Grafana reads them, by the name of their file."""
    return {board.name: as_json(board) for board in DASHBOARDS}


def panels() -> dict[str, dict[str, Any]]:
    """Return all panels that show something, by dashboard and title."""
    return {
        f"{name}: {panel['title']}": panel
        for name, board in boards().items()
        for panel in board["panels"]
        if panel["type"] != "row"
    }


def queries() -> dict[str, tuple[str, str]]:
    """Return every query of every panel with its legend, by dashboard, title and letter."""
    return {
        f"{name} {target['refId']}": (target["expr"], target["legendFormat"])
        for name, panel in panels().items()
        for target in panel["targets"]
    }


def scraped() -> dict[str, list[str]]:
    """Return what Prometheus scrapes: job -> addresses, those that it finds by name included."""
    content = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
    return {
        job["job_name"]: [target for config in job.get("static_configs", ()) for target in config["targets"]]
        + [f"{name}:{config['port']}" for config in job.get("dns_sd_configs", ()) for name in config["names"]]
        for job in content["scrape_configs"]
    }


def ours() -> dict[str, dict[str, Any]]:
    """Return the services that run our own image."""
    return {name: service for name, service in services().items() if "build" in service}


def dockerfile() -> list[list[Instruction]]:
    """Return the instructions of each stage, `FROM` first."""
    lines = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#")).replace("\\\n", " ")
    stages: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "HEALTHCHECK":
            rest = rest.partition(" CMD ")[2]
        words = json.loads(rest) if rest.lstrip().startswith("[") else shlex.split(rest)
        if name == "FROM":
            stages.append([])
        stages[-1].append(Instruction(name, words))
    return stages


def of_image(name: str) -> list[list[str]]:
    """Return the words of all instructions of this name in the last stage: what the image is like."""
    return [instruction.words for instruction in dockerfile()[-1] if instruction.name == name]


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for words in of_image("ENV") for word in words)


def settings_of(service: str) -> Settings:
    """Return the settings that one of our services runs with.

    Errors: SettingsError for a variable that is not a setting.
    """
    return load_settings(image_environment() | services()[service].get("environment", {}))


def copied_from_context() -> list[str]:
    return [
        source
        for stage in dockerfile()
        for instruction in stage
        if instruction.name == "COPY" and not instruction.words[0].startswith("--from")
        for source in instruction.words[:-1]
    ]
