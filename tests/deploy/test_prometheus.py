from typing import Any

import yaml

from stream import dashboards
from tests.deploy.promql import Query
from tests.deploy.recipes import ROOT, services, settings_of

SCRAPE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))
TARGETS = {
    job["job_name"]: [target for config in job["static_configs"] for target in config["targets"]]
    for job in SCRAPE["scrape_configs"]
}


def test_the_worker_is_scraped_where_it_listens() -> None:
    assert TARGETS["goldenhour"] == [f"worker:{settings_of('worker').http_port}"]
    assert "worker" in services()


def test_prometheus_scrapes_itself_and_nothing_that_does_not_exist() -> None:
    hosts = {job: {target.partition(":")[0] for target in targets} for job, targets in TARGETS.items()}
    assert TARGETS["prometheus"] == ["localhost:9090"]
    assert all(found <= set(services()) for job, found in hosts.items() if job != "prometheus")


def test_it_looks_every_five_seconds_and_gives_up_before_the_next_look() -> None:
    assert SCRAPE["global"]["scrape_interval"] == "5s"
    assert SCRAPE["global"]["scrape_timeout"] == "4s"


def test_no_job_has_an_interval_or_a_path_of_its_own() -> None:
    assert all(set(job) == {"job_name", "static_configs"} for job in SCRAPE["scrape_configs"])


def test_the_dashboards_speak_of_the_jobs_by_their_names() -> None:
    jobs = {
        matcher.value
        for panel in dashboards.overview()["panels"]
        for target in panel.get("targets", ())
        for found in Query(target["expr"]).selected
        for matcher in found.matchers
        if matcher.label == "job"
    }
    assert jobs == {"goldenhour"}
    assert {job["job_name"] for job in SCRAPE["scrape_configs"]} >= jobs


def test_prometheus_is_given_this_file_and_keeps_its_data_on_a_volume() -> None:
    prometheus = services()["prometheus"]
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in prometheus["command"])
    assert f"./deploy/prometheus/prometheus.yml:{flags['config.file']}:ro" in prometheus["volumes"]
    assert f"prometheus-data:{flags['storage.tsdb.path']}" in prometheus["volumes"]
