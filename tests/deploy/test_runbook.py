"""Every command, file, name and metric in the runbook is one that there is."""

import re
import shlex

import pytest
from click.testing import CliRunner

from connectors.topics import load_topics
from stream.cli import cli
from stream.metrics import build_metrics
from stream.settings import read_toml
from stream.sizing import read_measured, size
from tests.deploy.manifests import KUBERNETES, manifests, pods
from tests.deploy.recipes import ROOT

TEXT = (ROOT / "deploy" / "RUNBOOK.md").read_text("utf-8")
SECTIONS = (
    "Install", "Size", "Operate", "Add a worker", "Replay a day", "Raise partitions", "Rotate secrets", "Hand over to another bank",
    "Change the policy and go back", "Upgrade", "What a rebuild means", "Disaster recovery",
)  # fmt: skip


def commands() -> list[str]:
    """Return every `goldenhour` command, of the blocks and within the sentences."""
    blocks = re.findall(r"(?ms)^ *```\w*\n(.*?)^ *```$", TEXT)
    sentences = re.sub(r"(?ms)^ *```.*?^ *```$", "", TEXT)
    said = [line.strip() for block in blocks for line in block.splitlines()] + re.findall(r"`([^`]+)`", sentences)
    plain = [re.sub(r"^(?:GOLDENHOUR_[A-Z_]+=\S+ )+", "", one.replace("\n", " ")) for one in said]
    return sorted({one for one in plain if one.startswith("goldenhour ")})


def test_the_runbook_holds_what_an_operator_looks_for() -> None:
    headings = re.findall(r"(?m)^##+ (.+)$", TEXT)
    assert [section for section in SECTIONS if section not in headings] == []


@pytest.mark.parametrize("command", commands())
def test_a_command_is_known_with_all_its_options(command: str) -> None:
    _, *arguments = shlex.split(command)
    if arguments[0] == "--settings":  # a file of the reader's
        del arguments[:2]
    assert arguments[0] != "--help"
    done = CliRunner().invoke(cli, [*arguments, "--help"])
    assert done.exit_code == 0, done.output
    assert f"Usage: cli {arguments[0]}" in done.output
    assert CliRunner().invoke(cli, [*arguments, "--no-such-option", "--help"]).exit_code == 2


def test_the_commands_are_found_at_all() -> None:
    found = {command.split()[1] for command in commands()}
    assert found >= {"topics", "worker", "size", "upgrade", "reset", "replay", "produce", "shadow", "freeze", "desk-user", "bench"}


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"`((?:deploy|tests|stream)/[\w./-]+)`", TEXT)) | {
        f"deploy/{link}" for link in re.findall(r"\]\(([^)#]+)\)", TEXT)
    }
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    folders = set(re.findall(r"\.\./\.\./deploy/kubernetes/(\w+)", TEXT))
    assert folders == {"base", "monitoring"}
    assert all((KUBERNETES / name).is_dir() for name in folders)
    assert (KUBERNETES / "autoscale").is_dir()


def test_names_in_kubernetes_are_those_of_the_manifests() -> None:
    there = {(manifest["kind"].lower(), manifest["metadata"]["name"]) for manifest in manifests()}
    assert {("deployment", name) for name in re.findall(r"(?:restart deployment|exec deploy/) ?(\S+?)[` ]", TEXT)} <= there
    assert {("deployment", name) for name in re.findall(r"\{name: (\S+), count", TEXT)} <= there
    mounted = {volume["secret"]["secretName"] for pod in pods().values() for volume in pod["spec"]["volumes"] if "secret" in volume}
    assert set(re.findall(r"create secret generic (\S+)", TEXT)) == mounted


def test_metrics_that_are_named_exist() -> None:
    exported = {sample.name for family in build_metrics().registry.collect() for sample in family.samples}
    families = {family.name for family in build_metrics().registry.collect()}
    for name in re.findall(r"`(goldenhour_\w+)`", TEXT.partition("## Alerts")[0]):
        assert name in exported | families or name.removesuffix("_total") in families, name


def test_the_table_of_sizes_is_what_the_command_says() -> None:
    specs = load_topics(read_toml(str(ROOT / "deploy" / "topics.toml")))
    rows = []
    for events_per_s, accounts in ((100, 500_000), (500, 2_000_000), (3_000, 10_000_000)):
        needed = size(read_measured(), specs, events_per_s=events_per_s, accounts=accounts, peak_factor=4.0, replication=3)
        disk = needed.disk_bytes
        cells = [f"{events_per_s:,}", f"{accounts:,}", str(needed.workers), str(needed.partitions)]
        cells += [f"{needed.worker_memory_bytes / 1e9:.1f} GB"]
        kept = [*(disk[name] for name in ("transactions", "keyed", "state")), sum(disk.values())]
        cells += [f"{size_bytes / 1e9:,.0f} GB" for size_bytes in kept]
        rows.append(f"| {' | '.join(cells)} |")
    assert [row for row in rows if row not in TEXT] == [], "\n".join(rows)
