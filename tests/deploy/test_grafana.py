import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from stream.dashboards.files import DASHBOARDS, main
from stream.dashboards.panels import DATA_SOURCE, RUNBOOK, VARIABLES
from stream.dashboards.queries import scoped
from tests.deploy.promql import Query
from tests.deploy.recipes import ROOT, boards, panels, rules

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
PANELS, BOARDS = panels(), boards()
each_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=list(PANELS))
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))

# Ids of dist/esm/valueFormats/categories.mjs of @grafana/data 13.2.3. Behind "currency:" any sign may stand (getValueFormat).
UNITS = {"short", "none", "s", "bytes", "percentunit", "ops"}


def provisioned(folder: str) -> Any:
    (file,) = (GRAFANA / "provisioning" / folder).iterdir()
    return yaml.safe_load(file.read_text("utf-8"))


def test_the_dashboards_in_the_repository_are_what_the_generator_writes(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--out", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in (GRAFANA / "dashboards").iterdir()}
    assert kept == written, "run: make dashboards"


def test_there_are_the_four() -> None:
    assert list(BOARDS) == [board.name for board in DASHBOARDS] == ["overview", "detection", "freeze", "engine"]


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


@each_panel
def test_every_unit_is_one_that_grafana_knows(panel: dict[str, Any]) -> None:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    assert unit in UNITS or re.fullmatch(r"currency:\S", unit)


@each_panel
def test_a_panel_that_an_alarm_speaks_of_leads_to_what_to_do(panel: dict[str, Any]) -> None:
    for link in panel["links"]:
        alarm = link["title"].removeprefix("What to do: ")
        assert alarm in {rule["alert"] for rule in rules()}
        assert link["url"] == f"${{runbook}}#{alarm.lower()}"


def test_every_alarm_has_its_part_of_the_runbook() -> None:
    headings = set(re.findall(r"^#+ (\w+)$", (ROOT / "deploy" / "RUNBOOK.md").read_text("utf-8"), re.MULTILINE))
    assert {rule["alert"] for rule in rules()} <= headings


@each_board
def test_panels_lie_side_by_side_and_never_on_each_other(board: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in board["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@each_board
def test_panels_can_be_told_apart(board: dict[str, Any]) -> None:
    everything = board["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)
    for panel in everything:
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(letters)) == len(letters)


@each_board
def test_a_dashboard_is_in_the_form_that_grafana_writes_now(board: dict[str, Any]) -> None:
    """`defaultDashboard.schemaVersion` of @grafana/schema 13.2.3; an address of at most 40 letters."""
    assert board["schemaVersion"] == 42
    assert re.fullmatch(r"[a-z-]{8,40}", board["uid"])
    assert len({other["uid"] for other in BOARDS.values()}) == len({other["title"] for other in BOARDS.values()}) == 4


@each_board
def test_every_variable_that_is_spoken_of_is_there_and_every_choice_is_spoken_of(board: dict[str, Any]) -> None:
    there = {variable["name"] for variable in board["templating"]["list"]}
    spoken = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps([board["panels"], board["links"]])))
    assert spoken == there
    assert there >= {"instance", "runbook"}


@each_board
def test_all_is_chosen_at_first_and_then_whatever_prometheus_has(board: dict[str, Any]) -> None:
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            assert variable["current"]["value"] == ["$__all"]
            assert variable["allValue"] == ".*"
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert found is not None
            assert found[2] == variable["name"]
            assert found[2] in VARIABLES
            assert Query(found[1]).selected


@each_board
def test_each_dashboard_leads_to_the_others_and_to_the_runbook(board: dict[str, Any]) -> None:
    others, runbook = board["links"]
    assert others["type"] == "dashboards"
    assert set(others["tags"]) <= set(board["tags"])
    assert runbook["url"] == "${runbook}"
    (variable,) = [variable for variable in board["templating"]["list"] if variable["name"] == "runbook"]
    assert variable["query"] == RUNBOOK


def test_grafana_serves_the_runbook_where_the_dashboards_look_for_it() -> None:
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text("utf-8"))
    assert f"./deploy/RUNBOOK.md:/usr/share/grafana{RUNBOOK}:ro" in compose["services"]["grafana"]["volumes"]


@each_board
def test_alarms_are_marked_on_every_graph(board: dict[str, Any]) -> None:
    (marks,) = board["annotations"]["list"]
    assert marks["enable"] is True
    assert marks["datasource"] == dict(DATA_SOURCE)
    (found,) = Query(marks["target"]["expr"]).selected
    assert found.metric == "ALERTS"


@each_panel
def test_every_query_says_whose_metrics_it_means(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        for found in Query(target["expr"]).selected:
            if found.metric.startswith(("goldenhour_", "process_")):
                assert "job" in found.labels


def test_a_name_in_a_text_is_no_metric() -> None:
    assert scoped('ALERTS{alertname="goldenhour_x"}') == 'ALERTS{alertname="goldenhour_x"}'


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
