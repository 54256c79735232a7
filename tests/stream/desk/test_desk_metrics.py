"""What the desk tells an operator: counted from zero, of people's doings and of the queue, and never with an identifier."""

from itertools import product
from pathlib import Path
from typing import Any, get_args

from prometheus_client import generate_latest

from models.contract_types import AuditAction, AuditOutcome
from stream.desk.feed import Feed
from stream.desk.metrics import PAGES, REFUSALS, DeskMetrics, View, build_desk_metrics, figures_of
from stream.desk.server import AWAY_MAX_S, health_of
from stream.desk.sessions import ATTEMPTS_PER_NAME_AND_ADDRESS
from stream.desk.standing import queue
from stream.desk.users import UsersFile
from stream.settings import DEPLOY
from tests.stream.desk.served import NAMES, PASSWORD, Desk, Visitor
from tests.stream.desk.stories import board_of, us, whole_desk
from tests.stream.desk.test_site import case, visit


def value(metrics: DeskMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"goldenhour_desk_{name}", labels)


def test_everything_that_people_may_do_is_counted_from_zero() -> None:
    metrics = build_desk_metrics()
    told = product(get_args(AuditAction), get_args(AuditOutcome))
    assert {value(metrics, "acts_total", action=action, outcome=outcome) for action, outcome in told} == {0}
    assert {value(metrics, "failed_sign_ins_total", reason=reason) for reason in REFUSALS} == {0}
    assert {value(metrics, "page_seconds_count", page=page) for page in PAGES} == {0}
    assert value(metrics, "sign_ins_total") == 0


def test_every_metric_of_the_desk_is_in_the_readme() -> None:
    readme = (DEPLOY.parent / "README.md").read_text("utf-8")
    ours = {family.name for family in build_desk_metrics().registry.collect() if family.name.startswith("goldenhour_desk_")}
    assert len(ours) > 8
    assert {name for name in ours if name not in readme} == set()


def test_sign_ins_are_counted_apart_from_those_that_fail(tmp_path: Path) -> None:
    metrics = build_desk_metrics()

    async def try_often(desk: Desk, visitor: Visitor) -> None:
        assert await visitor.sign_in(NAMES["MANAGER"]) == 303
        for _ in range(ATTEMPTS_PER_NAME_AND_ADDRESS + 2):
            await visitor.post("/sign-in", {"name": NAMES["LIAISON"], "password": "wrong"})

    visit(tmp_path, try_often, metrics=metrics)
    assert value(metrics, "sign_ins_total") == 1
    assert value(metrics, "failed_sign_ins_total", reason="wrong") == ATTEMPTS_PER_NAME_AND_ADDRESS
    assert value(metrics, "failed_sign_ins_total", reason="too_many") == 2


def test_what_people_do_is_counted_by_kind_and_outcome(tmp_path: Path) -> None:
    metrics = build_desk_metrics()
    answer = {"request_id": "fr-c-1", "status": "ACKNOWLEDGED"}

    async def act(desk: Desk, visitor: Visitor) -> None:
        await visitor.post("/case/c-1/answer", answer)
        await visitor.post("/case/c-1/snooze", {"alert_id": "al-c-1"})  # not a liaison's
        desk.writer.refuses = True
        await visitor.post("/case/c-1/answer", answer)
        await visitor.get("/case/c-1")

    visit(tmp_path, act, "LIAISON", metrics=metrics)
    assert value(metrics, "acts_total", action="ANSWER", outcome="DONE") == 2  # told before the deed
    assert value(metrics, "acts_total", action="ANSWER", outcome="FAILED") == 1
    assert value(metrics, "acts_total", action="SNOOZE", outcome="REFUSED") == 1
    assert value(metrics, "page_seconds_count", page="act") == 3
    assert value(metrics, "page_seconds_count", page="case") == 1


def test_the_queue_is_told_by_tier_with_the_age_of_its_oldest_case() -> None:
    board = board_of(whole_desk())
    found = queue(board, us(35))
    told = figures_of(found, us(35))
    assert sum(told.by_tier.values()) == len(found) > 3
    assert set(told.by_tier) == {1, 2, 3}
    assert told.oldest_s == (us(35) - min(one.raised_us for one in found)) / 1_000_000 > 0
    assert figures_of([], us(35)).oldest_s == 0


def test_how_far_the_view_is_stands_in_the_figures_and_an_unknown_lag_is_absent() -> None:
    metrics = build_desk_metrics()
    metrics.now.view = lambda: View(True, False, 7, 1)
    assert value(metrics, "lag_records") == 7
    assert (value(metrics, "connected"), value(metrics, "loaded"), value(metrics, "unreadable_records")) == (1, 0, 1)
    metrics.now.view = lambda: View(False, True, None, 1)
    assert (value(metrics, "lag_records"), value(metrics, "connected")) == (None, 0)


def test_no_identifier_stands_in_the_figures(tmp_path: Path) -> None:
    metrics = build_desk_metrics()

    async def act(desk: Desk, visitor: Visitor) -> None:
        await visitor.get("/case/c-1")
        await visitor.post("/search", {"text": "6222020200112233445"})
        await visitor.post("/sign-in", {"name": "6222020200112233445", "password": PASSWORD})

    visit(tmp_path, act, "LIAISON", records=case(), metrics=metrics)
    text = generate_latest(metrics.registry).decode()
    assert not any(told in text for told in ("c-1", "622202", NAMES["LIAISON"]))


def feed(**state: Any) -> Feed:
    made = Feed("nowhere:1", "", lambda topic, record: None, lambda: None)
    for name, given in state.items():
        setattr(made, name, given)
    return made


def users(tmp_path: Path) -> UsersFile:
    path = tmp_path / "users.toml"
    path.write_bytes(Desk(tmp_path, []).users.path.read_bytes())
    return UsersFile(path)


def test_the_desk_is_ready_once_its_view_is_whole_and_somebody_can_sign_in(tmp_path: Path) -> None:
    file = users(tmp_path)
    assert health_of(feed(is_connected=True, is_loaded=True), file).unready() == []
    assert health_of(feed(is_connected=True), file).unready() == ["the topics are still being read"]
    assert health_of(feed(is_loaded=True), file).unready() == ["no connection to Kafka"]
    file.path.unlink()
    assert health_of(feed(is_connected=True, is_loaded=True), file).unready() == ["the users file cannot be used"]


def test_the_desk_is_not_healthy_when_kafka_stays_away(tmp_path: Path) -> None:
    away = feed()
    assert health_of(away, users(tmp_path)).unhealthy() == []
    away._away_since_s -= AWAY_MAX_S + 1
    assert health_of(away, users(tmp_path)).unhealthy() == ["no connection to Kafka for 31 s"]
