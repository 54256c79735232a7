import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promql import Query
from tests.deploy.recipes import ROOT, queries, rules, scraped, services, settings_of

SCRAPE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
RULES = rules()
each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
OF_SERVICE = {"goldenhour": "worker", "goldenhour-shadow": "shadow", "desk": "desk", "gateway": "gateway"}
TARGETS = scraped()


@pytest.mark.parametrize(("job", "service"), OF_SERVICE.items())
def test_every_part_of_ours_is_scraped_where_it_listens(job: str, service: str) -> None:
    assert TARGETS[job] == [f"{service}:{settings_of(service).http_port}"]
    told = [word for word in services()[service]["command"] if word.startswith("--http-port=")]
    # Left alone, these two take another port than the one in the settings.
    assert told == ([f"--http-port={settings_of(service).http_port}"] if service in ("desk", "shadow") else [])


def test_what_runs_several_times_or_not_at_all_is_found_by_its_name() -> None:
    found = {job["job_name"]: job.get("dns_sd_configs", []) for job in SCRAPE["scrape_configs"]}
    assert {job for job, configs in found.items() if configs} == set(OF_SERVICE)
    assert all(config["type"] == "A" for configs in found.values() for config in configs)


def test_alarms_are_sent_to_the_alertmanager_of_compose() -> None:
    (where,) = SCRAPE["alerting"]["alertmanagers"]
    ((target,),) = [config["targets"] for config in where["static_configs"]]
    assert TARGETS["alertmanager"] == [target]
    name, _, port = target.partition(":")
    assert services()[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_prometheus_scrapes_itself_and_nothing_that_does_not_exist() -> None:
    hosts = {job: {target.partition(":")[0] for target in targets} for job, targets in TARGETS.items()}
    assert TARGETS["prometheus"] == ["localhost:9090"]
    assert all(found <= set(services()) for job, found in hosts.items() if job != "prometheus")


def test_it_looks_every_five_seconds_and_gives_up_before_the_next_look() -> None:
    assert SCRAPE["global"]["scrape_interval"] == "5s"
    assert SCRAPE["global"]["scrape_timeout"] == "4s"


def test_no_job_has_an_interval_or_a_path_of_its_own() -> None:
    assert all(set(job) <= {"job_name", "static_configs", "dns_sd_configs"} for job in SCRAPE["scrape_configs"])


def test_the_dashboards_speak_of_the_jobs_by_their_names() -> None:
    jobs = {
        matcher.value
        for query, _ in queries().values()
        for found in Query(query).selected
        for matcher in found.matchers
        if matcher.label == "job"
    }
    assert jobs == set(OF_SERVICE)
    assert {job["job_name"] for job in SCRAPE["scrape_configs"]} >= jobs


def test_prometheus_is_given_this_file_and_keeps_its_data_on_a_volume() -> None:
    prometheus = services()["prometheus"]
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in prometheus["command"])
    assert f"./deploy/prometheus/prometheus.yml:{flags['config.file']}:ro" in prometheus["volumes"]
    assert f"prometheus-data:{flags['storage.tsdb.path']}" in prometheus["volumes"]


# ---- what calls somebody -----------------------------------------------------------------------------------------------------


def test_the_rules_are_given_to_prometheus_where_its_settings_look_for_them() -> None:
    (config,) = [flag for flag in services()["prometheus"]["command"] if flag.startswith("--config.file=")]
    (file,) = SCRAPE["rule_files"]
    target = Path(config.partition("=")[2]).parent / file
    assert f"./deploy/prometheus/rules.yml:{target}:ro" in services()["prometheus"]["volumes"]


@each_rule
def test_every_rule_has_all_that_prometheus_asks_for_and_nothing_it_does_not_know(rule: dict[str, Any]) -> None:
    assert {"alert", "expr", "labels", "annotations"} <= set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"GoldenHour[A-Za-z]+", rule["alert"])
    assert re.fullmatch(r"\d+[sm]", rule.get("for", "1s"))
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("page", "look")


@each_rule
def test_every_rule_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["annotations"].keys() == {"summary"}
    summary = rule["annotations"]["summary"]
    assert summary.endswith(".")
    assert len(re.split(r"[.;:] ", summary)) >= 2
    assert re.search(r"\b(look|start|report|read|compare|tell)\b", summary, re.IGNORECASE)


@each_rule
def test_every_label_that_a_rule_speaks_of_comes_out_of_its_query(rule: dict[str, Any]) -> None:
    spoken = set(re.findall(r"{{ \$labels\.(\w+) }}", rule["annotations"]["summary"]))
    assert spoken == set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = Query(rule["expr"]).grouped
    assert spoken <= (grouped or {"instance", "topic", "partition"})


def test_what_must_never_happen_in_silence_has_a_rule_that_is_heard_at_once() -> None:
    heard = {found.metric for rule in RULES if rule["labels"]["severity"] == "page" for found in Query(rule["expr"]).selected}
    assert heard >= {
        "up",
        "goldenhour_detector_faults_total",
        "goldenhour_dead_letters_total",
        "goldenhour_last_acknowledged_timestamp_seconds",
        "goldenhour_consumer_lag_records",
        "goldenhour_consumer_lag_seconds",
        "goldenhour_recovering",
    }


def test_the_stall_rule_speaks_when_the_worker_calls_itself_unhealthy_and_before_it_ends_itself() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "GoldenHourStalled"]
    settings = settings_of("worker")
    limit_s = float(rule["expr"].partition("> ")[2].split()[0])
    assert limit_s == settings.stall_s
    assert limit_s + float(rule["for"].removesuffix("s")) < settings.stall_exit_s


def test_no_two_rules_have_one_name() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
