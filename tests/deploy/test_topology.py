"""Everything that docker-compose.yml starts, on this machine, with a day of frauds and what people say of them: all is seen.

Prometheus is the real one with our settings, so what it finds is what a dashboard shows.
"""

import asyncio
import math
import re
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from connectors.contract_json import encode
from connectors.iso8583.message import Message
from connectors.iso8583.samples import request_fields, response_fields
from models.records import Disposition, FreezeRequest, FreezeResponse
from stream.brokers import KafkaBroker
from stream.simulator import DayOptions, bank_day
from tests.deploy.recipes import ROOT, boards, queries, rules
from tests.deploy.topology import Topology, tool
from tests.integration.switch_client import SwitchClient
from tests.integration.worker_tools import Site
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

PARTITIONS = 2
STARTS = datetime(2026, 11, 2, tzinfo=timezone(timedelta(hours=8)))
DAY = bank_day(7, 120, STARTS, 0, DayOptions(fraud_share=0.05, malformed=5))

EVENTS = sum(topic in ("transactions", "account-events") for _, topic, _ in DAY.records)


@pytest.fixture(scope="module")
def topology(kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    folder = tmp_path_factory.mktemp("topology")
    site = Site(kafka.bootstrap, f"t{uuid.uuid4().hex[:10]}-", folder, partitions=PARTITIONS)
    with Topology(site, folder).up() as topology:
        live(topology)
        yield topology


def live(topology: Topology) -> None:
    """Let a day pass: the bank's records, a card switch, and people at the desk and at the liaison; return when all is shown."""
    site = topology.site
    site.send((at_us // 1_000, topic, key, value) for at_us, topic, key, value in DAY.messages())
    asyncio.run(look_at_the_desk(topology))
    wait_until(lambda: is_seen(topology, "sum(goldenhour_events_total{job='goldenhour'})", EVENTS))
    said = list(words(site))
    site.send(said)
    SwitchClient(topology.door["gateway"]).deliver(switched())
    kept = 'sum(goldenhour_kept_records_total{job="goldenhour",topic=~"dispositions|freeze-responses"})'
    wait_until(lambda: is_seen(topology, kept, len(said)))
    for last in (
        'sum(goldenhour_gateway_acknowledge_seconds_count{job="gateway"})',
        'sum(goldenhour_desk_page_seconds_count{job="desk"})',
    ):
        wait_until(lambda last=last: topology.prometheus.values(last) >= [2])  # type: ignore[misc]


def is_seen(topology: Topology, query: str, count: int) -> bool:
    """Return whether Prometheus has seen so much, and no lag of the workers or the shadow since."""
    values = topology.prometheus.values
    return values(query) >= [count] and values("max(goldenhour_consumer_lag_records)") == [0]


def switched() -> list[Message]:
    """Return a withdrawal of this minute, asked and answered."""
    now = datetime.now(UTC)
    when = {7: f"{now:%m%d}000000", 12: "000000", 13: f"{now:%m%d}"}
    asked = request_fields(1987, "010000", 7, 500_000) | when
    return [Message("0200", asked), Message("0210", response_fields(asked, 1987, "00"))]


def words(site: Site) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Yield what people say an hour after the last alert: a verdict on each, and answers to each freeze request."""
    alerts = {alert.alert_id: alert for alert in site.alerts()}
    requests = {request.request_id: request for request in site.requests() if request.state == "PROPOSED"}
    assert alerts
    assert requests
    at = max(alert.raised_at for alert in alerts.values()) + timedelta(hours=1)
    at_ms = int(at.timestamp() * 1_000)
    for number, alert_id in enumerate(sorted(alerts)):
        verdict, stage = ("LEGITIMATE", "REMIND") if number % 3 == 2 else ("FRAUD", "MANAGER")
        disposition = Disposition(
            disposition_id=f"d-{number}",
            decided_at=at,
            alert_id=alert_id,
            verdict=verdict,  # type: ignore[arg-type]
            stage=stage,  # type: ignore[arg-type]
            outcome="STOPPED" if verdict == "FRAUD" else "PROCEEDED",
        )
        yield at_ms, "dispositions", alert_id.encode(), encode(disposition)
    for number, request in enumerate(requests.values()):
        for answer in answers(request, number, at):
            yield at_ms, "freeze-responses", request.request_id.encode(), encode(answer)


def answers(request: FreezeRequest, number: int, at: datetime) -> Iterator[FreezeResponse]:
    """Yield a liaison's answers: acknowledged and executed, each third released afterwards, each fourth rejected instead."""
    statuses = ["REJECTED"] if number % 4 == 3 else ["ACKNOWLEDGED", "EXECUTED", *(["RELEASED"] if number % 3 == 2 else [])]
    for sequence, status in enumerate(statuses, 1):
        yield FreezeResponse(
            request_id=request.request_id,
            sequence=sequence,
            responded_at=at + timedelta(minutes=sequence),
            status=status,  # type: ignore[arg-type]
            held_amount_minor=request.requested_amount_minor if status == "EXECUTED" else None,
            ends_at=at + timedelta(hours=48) if status == "EXECUTED" else None,
        )


async def look_at_the_desk(topology: Topology) -> None:
    """Sign in as the first user and look at the queue, by the certificate that was made."""
    import aiohttp

    address = f"https://localhost:{topology.door['desk']}"
    context = ssl.create_default_context(cafile=str(topology.secrets / "desk-certificate.pem"))
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as http:
        form = {"name": "manager", "password": topology.first_password}
        async with http.post(f"{address}/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        async with http.get(address) as queue:
            assert queue.status == 200


def asked_now(query: str) -> str:
    """Return a query of a dashboard as Grafana would send it, with all instances and topics chosen."""
    for name, value in {"__rate_interval": "1m", "__range": "5m", "instance": ".*", "topic": ".*"}.items():
        query = re.sub(rf"\$\{{?{name}\b\}}?", value, query)
    return query


def test_everything_that_prometheus_is_told_of_answers(topology: Topology) -> None:
    health = topology.prometheus.health()
    assert {word for words in health.values() for word in words} == {"up"}
    assert {job: len(words) for job, words in health.items()} == {
        "goldenhour": 2,
        "goldenhour-shadow": 1,
        "desk": 1,
        "gateway": 1,
        "prometheus": 1,
    }


@pytest.mark.parametrize("query", [pytest.param(query, id=name) for name, (query, _) in queries().items()])
def test_every_query_of_every_panel_finds_something(topology: Topology, query: str) -> None:
    values = topology.prometheus.values(asked_now(query))
    assert [value for value in values if not math.isnan(value)]


@pytest.mark.parametrize(("query", "legend"), [pytest.param(*target, id=name) for name, target in queries().items()])
def test_every_name_in_a_legend_is_a_label_of_what_is_found(topology: Topology, query: str, legend: str) -> None:
    for series in topology.prometheus.ask("query", query=asked_now(query))["result"]:
        assert set(re.findall(r"{{(\w+)}}", legend)) <= set(series["metric"])


@pytest.mark.parametrize("board", boards().values(), ids=list(boards()))
def test_there_is_something_to_choose_and_the_marks_are_understood(topology: Topology, board: dict[str, Any]) -> None:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector = variable["query"]["query"].removeprefix("label_values(").rpartition(",")[0]
            choices = topology.prometheus.ask(f"label/{variable['name']}/values", **{"match[]": asked_now(selector)})
            assert len(choices) >= 2
    (marks,) = board["annotations"]["list"]
    assert isinstance(topology.prometheus.values(asked_now(marks["target"]["expr"])), list)


def test_every_rule_is_evaluated_without_an_error(topology: Topology) -> None:
    evaluated = {rule["name"]: rule["health"] for group in topology.prometheus.ask("rules")["groups"] for rule in group["rules"]}
    assert evaluated == {rule["alert"]: "ok" for rule in rules()}


def test_the_two_workers_share_all_partitions(topology: Topology) -> None:
    held = topology.prometheus.values('sum by (instance) (goldenhour_assigned_partitions{job="goldenhour",topic=~".*keyed"})')
    assert held == [1, 1]


MONEY = ['freeze_amount_minor_total{step="requested",', 'freeze_amount_minor_total{step="held",', "stopped_amount_minor_total{"]


@pytest.mark.parametrize("counted", MONEY)
def test_money_is_counted(topology: Topology, counted: str) -> None:
    (total,) = topology.prometheus.values(f'sum(goldenhour_{counted}job="goldenhour",currency="CNY"}})')
    assert total > 0


def test_heartbeats_are_as_young_as_the_group_wants_them(topology: Topology) -> None:
    ages = topology.prometheus.values('goldenhour_heartbeat_age_seconds{job="goldenhour"}')
    assert len(ages) == 2
    assert all(0 <= age < 60 for age in ages)


def test_secrets_that_exist_are_kept(topology: Topology) -> None:
    before = {file.name: file.read_bytes() for file in topology.secrets.iterdir()}
    script = ROOT / "deploy" / "make_secrets.sh"
    said = subprocess.run(["sh", str(script), str(topology.secrets)], capture_output=True, text=True, check=True).stdout
    assert said == ""
    assert {file.name: file.read_bytes() for file in topology.secrets.iterdir()} == before


def test_the_secrets_are_in_a_folder_that_only_its_owner_may_enter(topology: Topology) -> None:
    assert topology.secrets.stat().st_mode & 0o777 == 0o700
    assert len((topology.secrets / "grafana-admin-password").read_text().strip()) >= 20


def test_promtool_finds_no_fault_in_our_files(tmp_path: Path) -> None:
    for kind, file in (("config", "prometheus.yml"), ("rules", "rules.yml")):
        command = [tool("promtool"), "check", kind, str(ROOT / "deploy" / "prometheus" / file)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
