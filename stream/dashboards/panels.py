"""A Grafana dashboard in our own few words, and its JSON. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

from stream.dashboards.queries import WORKERS, scoped

DATA_SOURCE: Final = MappingProxyType({"type": "prometheus", "uid": "prometheus"})
"""As deploy/grafana/provisioning/datasources names it."""

RUNBOOK: Final = "/public/goldenhour/RUNBOOK.txt"
"""Where deploy/RUNBOOK.md is to be read: docker-compose.yml lets Grafana itself serve it. A variable of each dashboard holds it, so
that another address needs no new dashboards."""
SCHEMA_VERSION: Final = 42
"""Of the JSON: what Grafana 13.2 writes (`defaultDashboard` of @grafana/schema 13.2.3)."""
TAG: Final = "goldenhour"

Unit = Literal["short", "none", "s", "bytes", "percentunit", "ops", "currency:¥"]

_COLUMNS = 24  # of Grafana's grid
_STAT_HEIGHT, _GRAPH_HEIGHT = 4, 8


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One panel.

    queries: PromQL to legend, whose {{names}} are metric labels of the result. unit: of the result, in Grafana's words.
    steps: value at and above which a colour holds; the first stands for everything below. is_line: draw the steps as dashed lines.
    kind: "timeseries"; "stat" for one figure, or one per legend; "table" for the labels of what is found. width: of 24 columns.
    alarm: the rule of deploy/prometheus/rules.yml that speaks of the same, "" for none: its part of the runbook is linked.
    job: whose metrics, where their names do not tell.
    """

    title: str
    description: str
    queries: Mapping[str, str]
    unit: Unit
    steps: Sequence[tuple[float | None, str]]
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    width: int = 8
    is_stacked: bool = False
    is_line: bool = True
    alarm: str = ""
    job: str = ""


class Row(msgspec.Struct, frozen=True):
    """A heading and the panels below it, set from left to right."""

    title: str
    panels: Sequence[Panel]


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """One dashboard. name: of its file and, behind "goldenhour-", of its address. variables: of `VARIABLES`, by name."""

    name: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: tuple[str, ...] = ("instance",)


VARIABLES: Final = MappingProxyType(
    {
        "instance": ("Worker", f'label_values(goldenhour_build_info{{job="{WORKERS}"}}, instance)'),
        "topic": ("Topic", f'label_values(goldenhour_consumer_lag_records{{job="{WORKERS}",instance=~"$instance"}}, topic)'),
    }
)
"""What a reader may choose: label and where the choices come from. All is chosen at first."""


def as_json(board: Dashboard) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it from a file; the same words give the same JSON."""
    return {
        "uid": f"goldenhour-{board.name}",
        "title": f"Golden Hour: {board.title}",
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,  # one cross-hair for all panels
        "refresh": "5s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [*(_variable(name) for name in board.variables), _runbook()]},
        "annotations": {"list": [_firing()]},
        "links": _links(),
        "panels": _placed(board.rows),
    }


def _placed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        heading = {"type": "row", "title": row.title, "collapsed": False, "panels": []}
        panels.append({"id": len(panels) + 1, "gridPos": _at(0, y, _COLUMNS, 1), **heading})
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            own = _STAT_HEIGHT if panel.kind == "stat" else _GRAPH_HEIGHT
            panels.append({"id": len(panels) + 1, "gridPos": _at(x, y, panel.width, own), **_panel(panel)})
            x, height = x + panel.width, max(height, own)
        y += height
    return panels


def _variable(name: str) -> dict[str, Any]:
    label, query = VARIABLES[name]
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": dict(DATA_SOURCE),
        "query": {"query": query, "refId": name},
        "refresh": 2,  # when the time shown changes: workers come and go
        "sort": 7,  # natural
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _runbook() -> dict[str, Any]:
    value = {"selected": True, "text": RUNBOOK, "value": RUNBOOK}
    return {
        "name": "runbook",
        "label": "Runbook",
        "type": "textbox",
        "query": RUNBOOK,
        "current": value,
        "options": [value],
        "hide": 2,
    }


def _firing() -> dict[str, Any]:
    """Return the marks at which an alarm of ours was firing."""
    return {
        "name": "Alarms",
        "datasource": dict(DATA_SOURCE),
        "enable": True,
        "iconColor": "red",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{severity}} {{instance}} {{topic}}",
        "tagKeys": "severity",
        "target": {"refId": "Anno", "expr": 'ALERTS{alertstate="firing",alertname=~"GoldenHour.*"}', "interval": "15s"},
    }


def _links() -> list[dict[str, Any]]:
    same = {"icon": "external link", "keepTime": True, "targetBlank": False, "tooltip": ""}
    others = {"type": "dashboards", "title": "Golden Hour", "tags": [TAG], "asDropdown": False, "includeVars": True}
    runbook = {"type": "link", "title": "Runbook", "url": "${runbook}", "tags": [], "asDropdown": False, "includeVars": False}
    return [same | others, same | runbook | {"icon": "doc", "keepTime": False, "targetBlank": True}]


def _at(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _panel(panel: Panel) -> dict[str, Any]:
    is_table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": dict(DATA_SOURCE),
            "expr": scoped(query, panel.job),
            "legendFormat": legend,
            "range": panel.kind == "timeseries",
            "instant": panel.kind != "timeseries",
            "format": "table" if is_table else "time_series",
        }
        for number, (query, legend) in enumerate(panel.queries.items())
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "links": [_what_to_do(panel.alarm)] if panel.alarm else [],
        "datasource": dict(DATA_SOURCE),
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        # A table shows the labels, which are the facts; the sample's time and value say nothing.
        "transformations": [{"id": "organize", "options": {"excludeByName": dict.fromkeys(_NOT_FACTS, True)}}] if is_table else [],
    }


def _what_to_do(alarm: str) -> dict[str, Any]:
    """Return the link to a rule's part of the runbook, at the address that Markdown gives its heading."""
    return {"title": f"What to do: {alarm}", "url": f"${{runbook}}#{alarm.lower()}", "targetBlank": True}


_NOT_FACTS = ("Time", "Value", "__name__", "job")

_OPTIONS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "timeseries": {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"], "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "stat": {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "background",
            "graphMode": "none",
            "textMode": "auto",
            "justifyMode": "center",
        },
        "table": {"showHeader": True, "cellHeight": "sm"},
    }
)


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "noValue": "–",
        "thresholds": {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in panel.steps]},
        "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"},
    }
    if panel.kind == "stat" and panel.unit in ("short", "none"):
        defaults["decimals"] = 0  # increase() estimates, and nobody raises half an alert
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 40 if panel.is_stacked else 8,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.is_stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if panel.is_line else "off"},
        }
    return defaults
