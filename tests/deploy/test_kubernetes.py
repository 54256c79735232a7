"""The manifests are what Kubernetes accepts, and say what the code, the image and compose say."""

from typing import Any

import kubernetes_validate
import pytest
from click.testing import CliRunner

from stream.cli import cli
from stream.settings import load_settings
from tests.deploy.manifests import (
    KUBERNETES,
    Manifest,
    container,
    environment,
    kustomization,
    manifests,
    of_kind,
    pods,
    ports,
    probes,
    selects,
)
from tests.deploy.recipes import ROOT, of_image, ours, settings_of

VERSIONS = ("1.31", "1.34", "1.37")
OF_OPERATORS = {"PodMonitor": "monitoring.coreos.com/v1", "ScaledObject": "keda.sh/v1alpha1"}
PODS = pods()
LASTING = sorted(set(PODS) - {"topics"})
BASE = manifests()
SECRET_FILES = ("--users=", "--certificate=", "--key=", "--token-key-file=")
each_pod = pytest.mark.parametrize("component", sorted(PODS))
each_lasting_pod = pytest.mark.parametrize("component", LASTING)


def is_understood(arguments: list[str]) -> bool:
    """Whether our command line knows this command and all its options: options are read up to `--help`."""
    return CliRunner().invoke(cli, [*arguments, "--help"]).exit_code == 0


# ---- what Kubernetes accepts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", BASE, ids=[f"{each['kind']}-{each['metadata']['name']}" for each in BASE])
def test_every_manifest_is_valid_by_the_schema_of_kubernetes(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_refuse_what_is_misspelt() -> None:
    wrong = {**of_kind("Service")[0], "spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_file_belongs_to_a_kustomization_and_every_name_to_a_file() -> None:
    for folder in ("base", "monitoring", "autoscale"):
        named = {KUBERNETES / folder / name for name in kustomization(folder)["resources"]}
        there = set((KUBERNETES / folder).glob("*.yaml")) - {KUBERNETES / folder / "kustomization.yaml"}
        assert named == there
        assert set(kustomization(folder)) <= {"apiVersion", "kind", "namespace", "resources", "images", "configMapGenerator"}


def test_what_needs_an_operator_stands_apart_and_points_at_what_is_there() -> None:
    assert not {manifest["kind"] for manifest in BASE} & set(OF_OPERATORS)
    (monitor,), (scaled,) = manifests("monitoring"), manifests("autoscale")
    assert {each["kind"]: each["apiVersion"] for each in (monitor, scaled)} == OF_OPERATORS
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    watched = [name for name in PODS if selects(monitor["spec"]["selector"], PODS[name]["metadata"]["labels"])]
    assert sorted(watched) == [name for name in LASTING if endpoint["port"] in ports(name)]
    target = scaled["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in [(each["kind"], each["metadata"]["name"]) for each in BASE]
    (trigger,) = scaled["spec"]["triggers"]
    settings = load_settings(environment("worker"))
    assert trigger["metadata"]["consumerGroup"] == settings.application_id
    assert trigger["metadata"]["bootstrapServers"] == settings.bootstrap
    assert scaled["spec"]["maxReplicaCount"] <= settings.partitions


# ---- what the code says --------------------------------------------------------------------------------------------------


@each_pod
def test_the_settings_exist(component: str) -> None:
    settings = load_settings({name: value for name, value in environment(component).items() if name.startswith("GOLDENHOUR_")})
    assert settings.bootstrap != settings_of("worker").bootstrap


@each_pod
def test_no_variable_of_a_service_is_taken_for_a_setting(component: str) -> None:
    assert PODS[component]["spec"]["enableServiceLinks"] is False


@each_pod
def test_the_command_exists_with_every_option(component: str) -> None:
    arguments: list[str] = container(component)["args"]
    # Files that stand in a secret are not here: any file does.
    here = [f"{each.partition('=')[0]}={__file__}" if each.startswith(SECRET_FILES) else each for each in arguments]
    assert is_understood(here)
    assert not is_understood([*here, "--no-such-option"])


@each_pod
def test_the_image_is_the_one_that_compose_builds(component: str) -> None:
    (image,) = kustomization("base")["images"]
    assert container(component)["image"] == image["name"]
    assert {service["image"] for service in ours().values()} == {f"{image['name']}:{image['newTag']}"}


def without_secrets(arguments: list[str]) -> list[str]:
    """Return the arguments but for those that name a secret: a file each under compose, one folder here."""
    return [each for each in arguments if not each.startswith(SECRET_FILES)]


def test_commands_and_ports_of_what_compose_runs_are_the_same() -> None:
    for name, service in ours().items():
        if name in PODS:
            assert without_secrets(container(name)["args"])[: len(without_secrets(service["command"]))] == without_secrets(
                service["command"]
            )
    assert ports("worker")["metrics"] == load_settings(environment("worker")).http_port == settings_of("worker").http_port


@each_lasting_pod
def test_every_port_that_is_named_is_listened_on(component: str) -> None:
    said = " ".join(container(component)["args"])
    assert ports(component)
    for number in ports(component).values():
        assert str(number) in said or number == load_settings(environment(component)).http_port


def test_the_policy_and_the_topics_are_mounted_where_the_image_looks() -> None:
    (generated,) = kustomization("base")["configMapGenerator"]
    kept = {name.rpartition("/")[2]: (KUBERNETES / "base" / name).resolve() for name in generated["files"]}
    assert kept == {name: ROOT / "deploy" / name for name in ("policy.toml", "topics.toml")}
    settings = load_settings(environment("worker"))
    mounts = {mount.get("subPath"): mount["mountPath"] for mount in container("worker")["volumeMounts"]}
    assert (mounts["policy.toml"], mounts["topics.toml"]) == (settings.policy_file, settings.topics_file)


# ---- what may be and who may what ----------------------------------------------------------------------------------------


@each_pod
def test_nothing_runs_as_root_may_become_it_or_changes_its_own_files(component: str) -> None:
    pod: dict[str, Any] = PODS[component]["spec"]
    ((user,),) = of_image("USER")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == user
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(component)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False


@each_pod
def test_memory_is_bounded_and_processor_time_asked_for(component: str) -> None:
    resources = container(component)["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory"}
    assert all("sizeLimit" in volume["emptyDir"] for volume in PODS[component]["spec"]["volumes"] if "emptyDir" in volume)


def test_no_secret_stands_in_a_file() -> None:
    assert not of_kind("Secret")
    mounted = [volume for pod in PODS.values() for volume in pod["spec"]["volumes"] if "secret" in volume]
    assert {volume["secret"]["secretName"] for volume in mounted} == {"goldenhour-desk", "goldenhour-token-key"}


@each_lasting_pod
def test_health_is_asked_where_it_is_answered(component: str) -> None:
    asked = dict(probes(component))
    assert set(asked) == {"startupProbe", "livenessProbe", "readinessProbe"}
    for probe in asked.values():
        assert probe["httpGet"]["port"] in ports(component)
        assert probe["httpGet"]["path"] in ("/healthy", "/ready")
    if component == "worker":
        assert asked["livenessProbe"]["httpGet"]["path"] == "/healthy"
        assert asked["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_a_worker_has_time_to_drain_and_no_name_for_which_its_partitions_would_wait() -> None:
    settings, pod = load_settings(environment("worker")), PODS["worker"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > settings.drain_s
    assert not settings.instance_id
    assert PODS["gateway"]["spec"]["terminationGracePeriodSeconds"] > 2 * settings.drain_s


def test_workers_are_at_least_two_and_no_more_than_partitions() -> None:
    (workers,) = (each for each in of_kind("Deployment") if each["metadata"]["name"] == "goldenhour-worker")
    assert workers["spec"]["strategy"] == {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert 2 <= workers["spec"]["replicas"] <= load_settings(environment("worker")).partitions


def test_there_is_one_desk_and_never_a_second_beside_it() -> None:
    (desk,) = (each for each in of_kind("Deployment") if each["metadata"]["name"] == "goldenhour-desk")
    assert (desk["spec"]["replicas"], desk["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_selectors_select_what_they_are_meant_for() -> None:
    for manifest in of_kind("Deployment"):
        assert selects(manifest["spec"]["selector"], manifest["spec"]["template"]["metadata"]["labels"])
    for budget in of_kind("PodDisruptionBudget"):
        component = budget["metadata"]["name"].removeprefix("goldenhour-")
        assert [name for name in PODS if selects(budget["spec"]["selector"], PODS[name]["metadata"]["labels"])] == [component]
    for service in of_kind("Service"):
        component, selector = service["metadata"]["name"].removeprefix("goldenhour-"), {"matchLabels": service["spec"]["selector"]}
        assert [name for name in PODS if selects(selector, PODS[name]["metadata"]["labels"])] == [component]
        assert all(port["targetPort"] in ports(component) for port in service["spec"]["ports"])


def test_nothing_is_reached_that_no_rule_opens_and_every_port_is_opened_by_one() -> None:
    rules = of_kind("NetworkPolicy")
    assert rules[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = {
        (component, port["port"])
        for rule in rules
        for component in PODS
        if selects(rule["spec"]["podSelector"], PODS[component]["metadata"]["labels"])
        for way in rule["spec"].get("ingress", [])
        for port in way["ports"]
    }
    assert opened == {(component, name) for component in LASTING for name in ports(component)}
    to_kafka = [way for rule in rules for way in rule["spec"].get("egress", [])]
    kafka_port = int(load_settings(environment("worker")).bootstrap.rpartition(":")[2])
    assert kafka_port in [port["port"] for way in to_kafka for port in way["ports"]]
