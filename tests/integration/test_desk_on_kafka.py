"""The desk as a process of its own on a real Kafka: what it writes, and shows after a restart; the tail; the example."""

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.contract_json import decode, encode
from models.records import OUTPUT_RECORDS, FreezeResponse
from stream.brokers import KafkaBroker
from stream.desk.board import TOPICS
from stream.desk.users import UsersFile
from tests.integration.worker_tools import Site
from tests.stream.desk.served import NAMES, PASSWORD, Visitor
from tests.stream.desk.stories import MULE, alert, request, traced_case, whole_desk
from tests.waiting import wait_until

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[2]
KINDS = {
    "Alert": "alerts",
    "FreezeRequest": "freeze-requests",
    "FreezeResponse": "freeze-responses",
    "Disposition": "dispositions",
    "CaseControl": "case-controls",
    "TraceRecord": "traces",
}


@pytest.fixture
def site(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Site:
    return Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=2).make_topics()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "users.toml"
    for role, name in NAMES.items():
        UsersFile(path).put(name, role, PASSWORD)  # type: ignore[arg-type]
    return path


def publish(site: Site, records: list[Any]) -> None:
    site.send((1_772_414_045_000, KINDS[type(record).__name__], b"k", encode(record)) for record in records)


class Running:
    """A desk's process. address: where it listens."""

    def __init__(self, address: str) -> None:
        self.address = address

    def visit(self, role: str, *steps: tuple[str, dict[str, str] | None]) -> list[tuple[int, str]]:
        """Sign in, then get a path, or post a form to it; return status and text of each."""

        async def whole() -> list[tuple[int, str]]:
            import aiohttp

            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                visitor = Visitor(self, http)  # type: ignore[arg-type] # all it needs is the address
                assert await visitor.sign_in(NAMES[role]) == 303
                found = []
                for path, form in steps:
                    status, text, _ = await (visitor.get(path) if form is None else visitor.post(path, form))
                    found.append((status, text))
                return found

        return asyncio.run(asyncio.wait_for(whole(), 60))

    def page(self, path: str) -> str:
        return self.visit("READ_ONLY", (path, None))[0][1]

    def wait_loaded(self) -> "Running":
        wait_until(lambda: "Still reading" not in (text := self.page("/")) and "out of date" not in text)
        return self


def desk_arguments(bootstrap: str, prefix: str, users: Path) -> list[str]:
    """Return the command of a desk that takes free ports."""
    where = ["--bootstrap", bootstrap, "--topic-prefix", prefix]
    return ["desk", *where, "--port", "0", "--http-port", "0", "--users", str(users)]


@contextmanager
def running(site: Site, users: Path) -> Iterator[Running]:
    arguments = desk_arguments(site.bootstrap, site.prefix, users)
    process = subprocess.Popen(
        [sys.executable, "-m", "stream", *arguments], stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said
        yield Running(found[0]).wait_loaded()
    finally:
        process.terminate()
        assert process.wait(30) == 0


def command(site: Site, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "stream", *arguments, "--bootstrap", site.bootstrap, "--topic-prefix", site.prefix],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def without_clocks(text: str) -> str:
    return re.sub(r'data-now="\d+"|name="csrf" value="[^"]*"|<span class="clock"[^>]*>[^<]*</span>', "", text)


def test_what_people_do_becomes_records_on_the_right_topics_and_is_there_after_a_restart(site: Site, users: Path) -> None:
    publish(site, [alert(), request()])
    with running(site, users) as desk:
        wait_until(lambda: desk.visit("LIAISON", ("/case/c-1", None))[0][0] == 200)
        assert [status for status, _ in desk.visit("BANK_DESK", ("/case/c-1/approve", {"on": "fr-c-1", "reason": "checked"}))] == [
            303
        ]
        assert [status for status, _ in desk.visit("MANAGER", ("/case/c-1/approve", {"on": "fr-c-1"}))] == [303]
        step = ("/case/c-1/step/manager", {"alert_id": "al-c-1", "outcome": "REFUSED"})
        withdrawal = ("/case/c-1/withdraw", {"alert_id": "al-c-1", "reason": "the holder came with papers"})
        assert [status for status, _ in desk.visit("MANAGER", step, withdrawal)] == [303, 303]
        said = [{"status": "ACKNOWLEDGED"}, {"status": "REJECTED", "reason": "unrelated"}]
        answers = [("/case/c-1/answer", {"request_id": "fr-c-1"} | one) for one in said]
        assert [status for status, _ in desk.visit("LIAISON", *answers)] == [303, 303]
        before = desk.page("/case/c-1")
    controls: list[Any] = [decode("case-controls", value) for value in site.values("case-controls")]
    assert [(one.action, one.actor, one.subject.id, one.reason) for one in controls] == [
        ("APPROVE_PROTECTED", "wang", MULE, "checked"),
        ("APPROVE_PROTECTED", "li", MULE, None),
    ]
    dispositions: list[Any] = [decode("dispositions", value) for value in site.values("dispositions")]
    assert [(one.alert_id, one.verdict, one.stage, one.outcome, one.decided_by) for one in dispositions] == [
        ("al-c-1", "UNKNOWN", "MANAGER", "REFUSED", "li"),
        ("al-c-1", "LEGITIMATE", None, None, "li"),
    ]
    responses: list[Any] = [decode("freeze-responses", value) for value in site.values("freeze-responses")]
    assert [(one.request_id, one.sequence, one.status, one.reason) for one in responses] == [
        ("fr-c-1", 1, "ACKNOWLEDGED", None),
        ("fr-c-1", 2, "REJECTED", "unrelated"),
    ]
    assert [record.key for record in site.read("freeze-responses")] == [b"fr-c-1", b"fr-c-1"]
    audit: list[Any] = [decode("audit", value) for value in site.values("audit")]
    done = sorted((one.action, one.actor, one.record_id) for one in audit if one.record_id is not None)
    assert done == sorted(
        [("APPROVE", one.actor, one.control_id) for one in controls]
        + [("DISSUADE", "li", dispositions[0].disposition_id), ("WITHDRAW", "li", dispositions[1].disposition_id)]
        + [("ANSWER", "officer-7", "fr-c-1/1"), ("ANSWER", "officer-7", "fr-c-1/2")]
    )
    assert not any(MULE.encode() in value for value in site.values("audit"))
    with running(site, users) as desk:
        assert without_clocks(desk.page("/case/c-1")) == without_clocks(before)


def test_a_desk_that_starts_anew_reads_everything_and_follows_what_comes(site: Site, users: Path) -> None:
    publish(site, whole_desk())
    site.send([(1_772_414_045_000, "alerts", b"k", b"{broken")])
    with running(site, users) as desk:
        text = desk.page("/?show=all")
        assert {f"/case/c-{number}" for number in range(1, 7)} == set(re.findall(r"/case/c-\d", text))
        publish(site, [alert("c-7", account="6222020200121212121")])
        wait_until(lambda: "/case/c-7" in desk.page("/?show=all"))


@pytest.mark.parametrize("missing", ["audit", "traces"])
def test_a_desk_without_one_of_its_topics_says_what_to_do(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, users: Path, missing: str
) -> None:
    Site(kafka.bootstrap, topic_prefix, tmp_path).make_topics(leave_out=[missing])
    arguments = desk_arguments(kafka.bootstrap, topic_prefix, users)
    done = subprocess.run([sys.executable, "-m", "stream", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"There is no topic {topic_prefix}{missing}; create it with: goldenhour topics\n")


def test_the_liaison_s_tail_prints_all_there_is_masked_and_as_json_in_clear(site: Site) -> None:
    publish(site, traced_case())
    told = command(site, "liaison", "tail", "--from-beginning", "--until-end")
    assert sum("FREEZE  " in line for line in told) == 2
    assert sum("ANSWER" in line for line in told) == 1
    assert not re.search(r"\d{12,}", "".join(told))
    records = [json.loads(line) for line in command(site, "liaison", "tail", "--from-beginning", "--until-end", "--json")]
    assert sorted(record["topic"] for record in records) == ["alerts", "freeze-requests", "freeze-requests", "freeze-responses"]
    assert {record["target"]["account"] for record in records if record["topic"] == "freeze-requests"} == {MULE}
    assert command(site, "liaison", "tail", "--until-end") == []


def liaison_of(site: Site) -> Any:
    path = ROOT / "deploy" / "examples" / "liaison_consumer.py"
    spec = importlib.util.spec_from_file_location("liaison_consumer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Liaison(site.bootstrap, site.prefix, f"{site.prefix}liaison")


def answered(site: Site, count: int) -> list[tuple[int, str]]:
    """Let the example run until it has written so many answers; return all of them."""
    liaison = liaison_of(site)
    wait_until(lambda: liaison.step(200) >= 0 and len(site.values("freeze-responses")) >= count)
    liaison.close()
    found: list[Any] = [decode("freeze-responses", value) for value in site.values("freeze-responses")]
    assert all(isinstance(one, FreezeResponse) for one in found)
    return [(one.sequence, one.status) for one in found]


def test_the_example_of_a_liaison_s_own_system_answers_each_request_once_under_rising_numbers(site: Site) -> None:
    publish(site, [request(), request()])
    assert answered(site, 1) == [(1, "EXECUTED")]
    publish(site, [request(sequence=2, minutes=20, requested_amount_minor=100)])
    assert answered(site, 2) == [(1, "EXECUTED"), (2, "EXECUTED")]
    publish(site, [request(sequence=3, minutes=30, state="WITHDRAWN")])
    assert answered(site, 3) == [(1, "EXECUTED"), (2, "EXECUTED"), (3, "RELEASED")]


def test_the_board_reads_topics_of_the_contract_and_the_audit_is_one() -> None:
    assert set(TOPICS) == set(KINDS.values())
    assert "audit" in OUTPUT_RECORDS
