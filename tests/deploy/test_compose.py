import json
import re
import shlex
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from stream.cli import cli
from stream.kafka_jars import KAFKA_VERSION
from tests.deploy.recipes import ROOT, compose, of_image, ours, services, settings_of

SERVICES = services()
LASTING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
each_lasting_service = pytest.mark.parametrize("service", LASTING.values(), ids=list(LASTING))


def is_understood(command: list[str]) -> bool:
    """Whether our command line knows this command and all its options."""
    return CliRunner().invoke(cli, [*command, "--help"]).exit_code == 0


def seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)s", text)
    assert found is not None
    return int(found[1])


def listeners(name: str) -> dict[str, str]:
    text: str = SERVICES["kafka"]["environment"][name]
    return dict(listener.split("://") for listener in text.split(","))


def test_there_is_all_that_belongs_to_a_running_product() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert always == {"kafka", "topics", "worker", "desk", "prometheus", "alertmanager", "grafana"}
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "gateway": ["gateway"],
        "shadow": ["shadow"],
        "bank": ["demo"],
    }


def test_compose_itself_would_take_the_file() -> None:
    """By its own schema: schema/compose-spec.json of github.com/compose-spec/compose-go v2.16.2, Apache License 2.0."""
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text("utf-8"))
    told = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft202012Validator(schema).iter_errors(compose())]
    assert told == []


def test_the_schema_of_compose_refuses_what_compose_does_not_know() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text("utf-8"))
    assert not Draft202012Validator(schema).is_valid({"services": {"worker": {"image": "a", "restrat": "no"}}})


def test_two_workers_share_the_load_and_none_has_a_port_or_a_name_that_two_cannot_have() -> None:
    worker = SERVICES["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert not {"ports", "container_name", "hostname"} & set(worker)
    assert settings_of("worker").instance_id == ""


# ---- images ----------------------------------------------------------------------------------------------------------------


@each_service
def test_every_image_is_pinned_to_an_exact_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?:v?\d+\.\d+\.\d+", service["image"])


def test_kafka_has_the_version_that_the_tests_run_against() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_our_image_is_built_from_our_recipe() -> None:
    assert set(ours()) == {"topics", "worker", "desk", "gateway", "shadow", "bank"}
    for service in ours().values():
        context = ROOT / service["build"]["context"]
        assert context == ROOT
        assert (context / service["build"]["dockerfile"]).is_file()


# ---- what they are told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ours())
def test_our_services_get_settings_that_exist(name: str) -> None:
    assert settings_of(name).bootstrap == listeners("KAFKA_ADVERTISED_LISTENERS")["INSIDE"]


@pytest.mark.parametrize("name", ours())
def test_our_services_run_commands_that_exist(name: str) -> None:
    for command in commands_of(name):
        assert is_understood(command)
        assert not is_understood([*command, "--no-such-option"])


def commands_of(name: str) -> list[list[str]]:
    """Return the commands of ours that a service runs: one, or those of its script, each on a line of its own."""
    service = SERVICES[name]
    if "entrypoint" not in service:
        return [service["command"]]
    assert service["entrypoint"] == ["sh", "-ec"]
    (script,) = service["command"]
    lines = [shlex.split(line.removeprefix("exec ")) for line in script.splitlines()]
    assert all(words[0] == "goldenhour" for words in lines)
    return [words[1:] for words in lines]


def test_the_simulated_bank_sends_what_it_made() -> None:
    (made, sent) = commands_of("bank")
    folder = made[made.index("--out") + 1]
    assert sent[1] == f"{folder}/events.jsonl.gz"
    assert any(folder.startswith(mount.partition(":")[0]) for mount in SERVICES["bank"]["tmpfs"])


def test_inside_clients_are_sent_to_the_service_and_outside_ones_to_the_published_port() -> None:
    listening, advertised = listeners("KAFKA_LISTENERS"), listeners("KAFKA_ADVERTISED_LISTENERS")
    assert advertised == {"INSIDE": f"kafka{listening['INSIDE']}", "OUTSIDE": f"127.0.0.1{listening['OUTSIDE']}"}
    assert SERVICES["kafka"]["ports"] == [f"{advertised['OUTSIDE']}{listening['OUTSIDE']}"]


def test_the_controller_is_not_to_be_reached_from_other_containers() -> None:
    controller = listeners("KAFKA_LISTENERS")["CONTROLLER"]
    assert controller.startswith("127.0.0.1:")
    assert SERVICES["kafka"]["environment"]["KAFKA_CONTROLLER_QUORUM_VOTERS"] == f"1@{controller}"


def test_a_mistyped_topic_is_an_error() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


@each_service
def test_no_secret_stands_in_the_file(service: dict[str, Any]) -> None:
    names = {name for name in service.get("environment", {}) if not name.endswith("__FILE")}
    assert not [name for name in names if re.search("PASSWORD|SECRET|TOKEN|CREDENTIAL|_KEY", name)]


def test_every_secret_is_a_file_that_the_script_makes_and_git_does_not_keep() -> None:
    files = {name: secret["file"] for name, secret in compose()["secrets"].items()}
    script = (ROOT / "deploy" / "make_secrets.sh").read_text("utf-8")
    assert all(f"$folder/{file.removeprefix('./secrets/')}" in script for file in files.values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


@each_service
def test_a_service_is_given_the_secrets_that_it_reads_and_no_others(service: dict[str, Any]) -> None:
    told = " ".join([*service.get("command", []), *service.get("environment", {}).values()])
    read = set(re.findall(r"/run/secrets/([a-z-]+)", told))
    assert set(service.get("secrets", [])) == read <= set(compose()["secrets"])


def test_everybody_may_look_at_grafana_and_changing_takes_a_password_from_a_file() -> None:
    environment = SERVICES["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana-admin-password"
    assert environment["GF_USERS_ALLOW_SIGN_UP"] == "false"


# ---- what they can reach ---------------------------------------------------------------------------------------------------


@each_service
def test_ports_are_open_on_this_machine_only(service: dict[str, Any]) -> None:
    for port in service.get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port)


def test_no_two_services_want_the_same_port() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == len(set(ports)) == 6


@pytest.mark.parametrize(("name", "option"), [("desk", "--port="), ("gateway", "--listen=0.0.0.0:")])
def test_the_published_port_is_where_the_service_listens(name: str, option: str) -> None:
    (port,) = [word.removeprefix(option) for word in SERVICES[name]["command"] if word.startswith(option)]
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


def without_choices(text: str) -> str:
    """Return a text with the defaults of the variables that a user may set."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


@each_service
def test_files_of_the_repository_are_mounted_read_only_and_exist(service: dict[str, Any]) -> None:
    for source, *rest in (without_choices(mount).split(":") for mount in service.get("volumes", ())):
        if source.startswith("."):
            assert rest[1:] == ["ro"]
            assert (ROOT / source).exists()


def test_every_volume_is_declared_and_used_once() -> None:
    mounts = [without_choices(mount) for service in SERVICES.values() for mount in service.get("volumes", ())]
    mounted = [mount.split(":")[0] for mount in mounts]
    assert sorted(source for source in mounted if not source.startswith(".")) == sorted(compose()["volumes"])


def test_kafka_keeps_its_data_on_a_volume() -> None:
    assert f"kafka-data:{SERVICES['kafka']['environment']['KAFKA_LOG_DIRS']}" in SERVICES["kafka"]["volumes"]


def test_the_log_settings_of_kafka_are_where_it_is_told() -> None:
    path = SERVICES["kafka"]["environment"]["KAFKA_LOG4J_OPTS"].partition("=")[2]
    assert f"./deploy/kafka/log4j2.xml:{path}:ro" in SERVICES["kafka"]["volumes"]


# ---- what they may -----------------------------------------------------------------------------------------------------------


@each_service
def test_nothing_runs_as_root_or_may_become_it(service: dict[str, Any]) -> None:
    assert int(service["user"].partition(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)


@each_service
def test_nothing_can_change_its_own_files(service: dict[str, Any]) -> None:
    assert service["read_only"] is True


@each_service
def test_nothing_can_take_the_machine_from_the_others(service: dict[str, Any]) -> None:
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert all("size=" in mount for mount in service.get("tmpfs", ()))


# ---- how they start and end --------------------------------------------------------------------------------------------------


@each_lasting_service
def test_what_ends_by_itself_is_started_again(service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"


@each_lasting_service
def test_everything_that_lasts_is_asked_for_its_health(service: dict[str, Any]) -> None:
    assert "healthcheck" in service or ("build" in service and of_image("HEALTHCHECK"))


@each_service
def test_dependencies_are_waited_for_until_they_can_serve(service: dict[str, Any]) -> None:
    for name, dependency in service.get("depends_on", {}).items():
        assert dependency["condition"] == ("service_healthy" if name in LASTING else "service_completed_successfully")
        assert name in SERVICES


def test_topics_are_made_before_what_needs_them_and_only_once() -> None:
    assert all(set(ours()[name]["depends_on"]) >= {"kafka", "topics"} for name in ours() if name != "topics")
    assert set(SERVICES["worker"]["depends_on"]) == {"kafka", "topics"}
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["topics"]["healthcheck"] == {"disable": True}


def test_the_worker_has_time_to_end_cleanly() -> None:
    for name in ("worker", "shadow"):
        assert seconds(SERVICES[name]["stop_grace_period"]) > settings_of(name).drain_s


def test_the_gateway_has_time_for_its_last_write() -> None:
    assert seconds(SERVICES["gateway"]["stop_grace_period"]) > settings_of("gateway").write_timeout_s


def test_the_health_check_of_kafka_asks_it_where_outside_clients_do() -> None:
    kind, command = SERVICES["kafka"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert command.endswith(f"--bootstrap-server {listeners('KAFKA_ADVERTISED_LISTENERS')['OUTSIDE']}")
