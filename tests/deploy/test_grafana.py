from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from stream.dashboard_panels import DATA_SOURCE

from stream import dashboards
from tests.deploy.promql import Query

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
PANELS = [panel for panel in dashboards.overview()["panels"] if panel["type"] != "row"]
each_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])


def provisioned(folder: str) -> Any:
    (file,) = (GRAFANA / "provisioning" / folder).iterdir()
    return yaml.safe_load(file.read_text("utf-8"))


def test_the_dashboards_in_the_repository_are_what_the_generator_writes(tmp_path: Path) -> None:
    result = CliRunner().invoke(dashboards.main, ["--out", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in (GRAFANA / "dashboards").iterdir()}
    assert kept == written, "run: python -m stream.dashboards"


@each_panel
def test_every_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert len(panel["description"].split()) >= 8
    assert panel["description"].endswith(".")


@each_panel
def test_every_panel_has_a_unit_and_rising_thresholds(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    first, *others = [step["value"] for step in defaults["thresholds"]["steps"]]
    assert defaults["unit"]
    assert first is None
    assert others == sorted(set(others))
    assert others or panel["type"] == "table"


@each_panel
def test_every_query_can_be_read_and_goes_to_the_provisioned_prometheus(panel: dict[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        assert Query(target["expr"]).selected
        assert target["datasource"] == panel["datasource"] == dict(DATA_SOURCE)


def test_panels_lie_side_by_side_and_never_on_each_other() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in dashboards.overview()["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_panels_can_be_told_apart() -> None:
    everything = dashboards.overview()["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)


def test_the_data_source_is_the_prometheus_of_compose() -> None:
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text("utf-8"))
    (source,) = provisioned("datasources")["datasources"]
    assert (source["type"], source["uid"]) == (DATA_SOURCE["type"], DATA_SOURCE["uid"])
    assert source["url"] == "http://prometheus:9090"
    assert "127.0.0.1:9090:9090" in compose["services"]["prometheus"]["ports"]


def test_the_data_source_knows_how_often_is_scraped() -> None:
    prometheus = yaml.safe_load((GRAFANA.parent / "prometheus" / "prometheus.yml").read_text("utf-8"))
    (source,) = provisioned("datasources")["datasources"]
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"] == "5s"


def test_grafana_finds_the_dashboards_and_opens_the_overview() -> None:
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text("utf-8"))
    grafana = compose["services"]["grafana"]
    (provider,) = provisioned("dashboards")["providers"]
    mounts = dict(reversed(mount.split(":")[:2]) for mount in grafana["volumes"])
    assert mounts[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    assert mounts["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert (GRAFANA / "dashboards" / home.name).is_file()
