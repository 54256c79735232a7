"""Nothing stands in docker-compose.yml that is not listed here, with the source of its name: a misspelt one would be silence.

What a name must say beside being known is held in test_compose.py; Kafka's own settings are held against the real broker in
test_kafka_of_compose.py.
"""

import re
from typing import Any

import pytest

from tests.deploy.recipes import ROOT, compose, ours, services
from tests.deploy.test_compose import seconds

SERVICES = services()
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))

# https://docs.docker.com/reference/compose-file/services/
FIELDS = {
    "image", "build", "user", "init", "environment", "command", "ports", "volumes", "tmpfs", "healthcheck", "depends_on", "deploy",
    "stop_grace_period", "restart", "read_only", "cap_drop", "security_opt", "logging", "secrets", "profiles", "entrypoint",
}  # fmt: skip
HEALTH_FIELDS = {"test", "interval", "timeout", "retries", "start_period", "start_interval"}

# Read by the scripts of the image, not by the broker: bin/kafka-run-class.sh and, for CLUSTER_ID, etc/kafka/docker/configure.
KAFKA_SCRIPTS = {
    "CLUSTER_ID": "8mXhT0c7QEeJtqvG2x5bZw",
    "KAFKA_HEAP_OPTS": "-Xms1g -Xmx1g",
    "KAFKA_LOG4J_OPTS": "-Dlog4j2.configurationFile=/etc/goldenhour/log4j2.xml",
    "LOG_DIR": "/tmp/logs",
}

# Section and key of conf/defaults.ini of grafana/grafana; a variable is GF_<SECTION>_<KEY>, with _ for the dot of a section.
GRAFANA = {
    ("auth.anonymous", "enabled"): "true",
    ("auth.anonymous", "org_role"): "Viewer",
    ("auth.basic", "enabled"): "false",
    ("users", "allow_sign_up"): "false",
    ("dashboards", "default_home_dashboard_path"): "/etc/grafana/dashboards/overview.json",
    ("analytics", "reporting_enabled"): "false",
    ("analytics", "check_for_updates"): "false",
    ("analytics", "check_for_plugin_updates"): "false",
    ("news", "news_feed_enabled"): "false",
    ("plugins", "preinstall_disabled"): "true",
    ("plugins", "preinstall_auto_update"): "false",
    ("log", "mode"): "console",
}

# https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
PROMETHEUS = {
    "--config.file": "/etc/prometheus/prometheus.yml",
    "--storage.tsdb.path": "/prometheus",
    "--storage.tsdb.retention.time": "30d",
    "--storage.tsdb.retention.size": "4GB",
}

# https://prometheus.io/docs/alerting/latest/alertmanager/ and `alertmanager --help`; without an address there is no cluster.
ALERTMANAGER = {
    "--config.file": "/etc/alertmanager/alertmanager.yml",
    "--storage.path": "/alertmanager",
    "--cluster.listen-address": "",
}

COMMANDS = {
    "prometheus": [f"{flag}={value}" for flag, value in PROMETHEUS.items()],
    "alertmanager": [f"{flag}={value}" for flag, value in ALERTMANAGER.items()],
}
PORTS = {"kafka": 9092, "desk": 8443, "gateway": 8583, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}
FILES = {
    "kafka": {"./deploy/kafka/log4j2.xml": "/etc/goldenhour/log4j2.xml"},
    "prometheus": {
        "./deploy/prometheus/prometheus.yml": "/etc/prometheus/prometheus.yml",
        "./deploy/prometheus/rules.yml": "/etc/prometheus/rules.yml",
    },
    "alertmanager": {"./deploy/alertmanager/alertmanager.yml": "/etc/alertmanager/alertmanager.yml"},
    "shadow": {"${TRIAL_POLICY:-./deploy/policy.toml}": "/etc/goldenhour/trial.toml"},
    "grafana": {
        # [server] static_root_path is /usr/share/grafana/public in the image; what is in it is served under /public.
        "./deploy/RUNBOOK.md": "/usr/share/grafana/public/goldenhour/RUNBOOK.txt",
        "./deploy/grafana/provisioning": "/etc/grafana/provisioning",
        "./deploy/grafana/dashboards": "/etc/grafana/dashboards",
    },
}
# Where each image keeps what must survive: KAFKA_LOG_DIRS, --storage.tsdb.path, and [paths] data of Grafana's image.
DATA = {
    "kafka": "/var/lib/kafka/data",
    "prometheus": "/prometheus",
    "alertmanager": "/alertmanager",
    "grafana": "/var/lib/grafana",
}
MEMORY = {
    "kafka": ["/opt/kafka/config:size=1m", "/tmp:size=64m,exec"],
    **{name: ["/tmp:size=16m"] for name in ("topics", "worker", "desk", "gateway", "shadow")},
    "bank": ["/tmp:size=256m"],
    "grafana": ["/tmp:size=64m"],
}
HEALTH = {
    "kafka": [
        "CMD-SHELL",
        "KAFKA_HEAP_OPTS=-Xmx64m /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server 127.0.0.1:9092",
    ],
    # promtool is in Prometheus's image: https://prometheus.io/docs/prometheus/latest/command-line/promtool/
    "prometheus": ["CMD", "promtool", "check", "healthy", "--url=http://127.0.0.1:9090"],
    # The wget of BusyBox, which Alertmanager's image has; /-/healthy is https://prometheus.io/docs/alerting/latest/management_api/
    "alertmanager": ["CMD", "wget", "--quiet", "--tries=1", "--output-document=/dev/null", "http://127.0.0.1:9093/-/healthy"],
    # The wget of BusyBox, which Grafana's image has; /api/health is https://grafana.com/docs/grafana/latest/developers/http_api/other/
    "grafana": ["CMD", "wget", "--quiet", "--tries=1", "--output-document=/dev/null", "http://127.0.0.1:3000/api/health"],
}


def variables(service: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[service].get("environment", {})
    return found


def of_kafkas_scripts() -> dict[str, str]:
    """Return those variables that the image does not make settings of the broker of."""
    scripts = ("KAFKA_HEAP_OPTS", "KAFKA_LOG4J_OPTS")
    return {name: value for name, value in variables("kafka").items() if name in scripts or not name.startswith("KAFKA_")}


@each_service
def test_a_service_has_no_field_that_compose_does_not_know(service: dict[str, Any]) -> None:
    assert set(service) <= FIELDS
    assert set(service.get("healthcheck", {})) <= HEALTH_FIELDS | {"disable"}


def test_the_file_has_no_part_that_compose_does_not_know() -> None:
    assert {part for part in compose() if not part.startswith("x-")} == {"name", "services", "volumes", "secrets"}


def test_the_scripts_of_kafkas_image_are_told_what_they_read() -> None:
    assert of_kafkas_scripts() == KAFKA_SCRIPTS


def test_kafka_has_memory_for_more_than_its_heap() -> None:
    limit = SERVICES["kafka"]["deploy"]["resources"]["limits"]["memory"]
    heap = re.search(r"-Xmx(\d+)g", variables("kafka")["KAFKA_HEAP_OPTS"])
    assert heap is not None
    assert int(limit.removesuffix("g")) >= 2 * int(heap[1])


def test_grafana_is_told_settings_that_exist() -> None:
    names = {f"GF_{section}_{key}".upper().replace(".", "_"): value for (section, key), value in GRAFANA.items()}
    # Any of them may come from a file, by __FILE: https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/
    assert variables("grafana") == names | {"GF_SECURITY_ADMIN_PASSWORD__FILE": "/run/secrets/grafana-admin-password"}


def test_our_services_are_told_where_kafka_is_and_nothing_else() -> None:
    assert all(variables(name) == {"GOLDENHOUR_BOOTSTRAP": "kafka:19092"} for name in ours())
    assert not variables("prometheus")
    assert not variables("alertmanager")


def test_every_command_and_flag_is_known() -> None:
    found = {name: service["command"] for name, service in SERVICES.items() if "command" in service and name not in ours()}
    assert found == COMMANDS  # those of ours are held against our own command line in test_compose.py


def test_every_published_port_is_the_one_that_the_program_listens_on() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in PORTS.items()}


def test_every_file_and_volume_is_mounted_where_the_program_reads_it() -> None:
    mounts = {name: set(service["volumes"]) for name, service in SERVICES.items() if "volumes" in service}
    assert mounts == {
        name: {f"{source}:{target}:ro" for source, target in files.items()}
        | ({f"{name}-data:{DATA[name]}"} if name in DATA else set())
        for name, files in FILES.items()
    }
    assert variables("kafka")["KAFKA_LOG_DIRS"] == DATA["kafka"]


def test_every_configuration_file_that_compose_could_use_is_used() -> None:
    mounted = [ROOT / source for files in FILES.values() for source in files]
    kept = [
        path
        for folder in ("prometheus", "alertmanager", "grafana")
        for path in (ROOT / "deploy" / folder).rglob("*")
        if path.is_file()
    ]
    assert kept
    assert [path for path in kept if not any(path.is_relative_to(source) for source in mounted)] == []


def test_memory_that_can_be_written_to_is_as_listed() -> None:
    assert {name: service["tmpfs"] for name, service in SERVICES.items() if "tmpfs" in service} == MEMORY


def test_health_is_asked_for_by_commands_that_the_images_have() -> None:
    checks = {name: service["healthcheck"] for name, service in SERVICES.items() if "healthcheck" in service}
    assert {name: check["test"] for name, check in checks.items() if "test" in check} == HEALTH
    for name in HEALTH:
        assert f"127.0.0.1:{PORTS[name]}" in HEALTH[name][-1]
        assert seconds(checks[name]["timeout"]) < seconds(checks[name]["interval"])
        assert checks[name]["retries"] >= 3
