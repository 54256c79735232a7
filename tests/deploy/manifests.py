"""What stands under deploy/kubernetes, read as kustomize would put it together, as far as our files use it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.deploy.recipes import ROOT, image_environment

KUBERNETES = ROOT / "deploy" / "kubernetes"
Manifest = dict[str, Any]
WITH_PODS = ("Job", "Deployment")


def kustomization(folder: str) -> Manifest:
    found: Manifest = yaml.safe_load((KUBERNETES / folder / "kustomization.yaml").read_text("utf-8"))
    return found


@cache
def manifests(folder: str = "base") -> list[Manifest]:
    """Return the manifests that a kustomization names, in its order."""
    return [
        manifest
        for name in kustomization(folder)["resources"]
        for manifest in yaml.safe_load_all((KUBERNETES / folder / name).read_text("utf-8"))
    ]


def of_kind(*kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests() if manifest["kind"] in kinds]


def pods() -> dict[str, Manifest]:
    """Return the pod template of everything that runs, by its component."""
    found = [manifest["spec"]["template"] for manifest in of_kind(*WITH_PODS)]
    return {template["metadata"]["labels"]["app.kubernetes.io/component"]: template for template in found}


def container(component: str) -> Manifest:
    (only,) = pods()[component]["spec"]["containers"]
    found: Manifest = only
    return found


def environment(component: str) -> dict[str, str]:
    """Return the variables of a container: those of the image, of the settings it takes, and its own."""
    maps = {manifest["metadata"]["name"]: manifest["data"] for manifest in of_kind("ConfigMap")}
    taken = [maps[source["configMapRef"]["name"]] for source in container(component).get("envFrom", [])]
    own = {entry["name"]: entry.get("value", "of-the-pod") for entry in container(component).get("env", [])}
    return {**image_environment(), **{name: value for values in taken for name, value in values.items()}, **own}


def ports(component: str) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for port in container(component).get("ports", [])}


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Return whether a label selector takes these labels."""
    equal = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    among = all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", []))
    return equal and among


def probes(component: str) -> Iterator[tuple[str, Manifest]]:
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        if name in container(component):
            yield name, container(component)[name]
