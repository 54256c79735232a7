"""What the repository says about containers, read: docker-compose.yml, deploy/Dockerfile and .dockerignore."""

import json
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import yaml

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
