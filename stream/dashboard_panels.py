"""A panel of a Grafana dashboard in our own few words, and its JSON. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec

DATA_SOURCE: Final = MappingProxyType({"type": "prometheus", "uid": "prometheus"})
"""As deploy/grafana/provisioning/datasources names it."""

Unit = Literal["short", "none", "s", "bytes", "percentunit", "ops", "bool_yes_no"]

_COLUMNS = 24  # of Grafana's grid
_STAT_HEIGHT, _GRAPH_HEIGHT = 4, 8


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One panel.

    queries: PromQL to legend, whose {{names}} are metric labels of the result. unit: of the result, in Grafana's words.
    steps: value at and above which a colour holds; the first stands for everything below. is_line: draw the steps as dashed lines.
    kind: "timeseries"; "stat" for one figure; "table" for the labels of what the query finds. width: of 24 columns.
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


class Row(msgspec.Struct, frozen=True):
    """A heading and the panels below it, set from left to right."""

    title: str
    panels: Sequence[Panel]


def dashboard(uid: str, title: str, description: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it from a file; the same rows give the same JSON."""
    panels: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "gridPos": _at(0, y, 24, 1),
            }
        )
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            own = _STAT_HEIGHT if panel.kind == "stat" else _GRAPH_HEIGHT
            panels.append({"id": len(panels) + 1, "gridPos": _at(x, y, panel.width, own), **_panel(panel)})
            x, height = x + panel.width, max(height, own)
        y += height
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["goldenhour"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,  # one cross-hair for all panels
        "refresh": "5s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "browser",
        "templating": {"list": []},
        "annotations": {"list": []},
        "links": [],
        "panels": panels,
    }


def _at(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _panel(panel: Panel) -> dict[str, Any]:
    is_table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": dict(DATA_SOURCE),
            "expr": query,
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
        "datasource": dict(DATA_SOURCE),
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        # A table shows the labels, which are the facts; the sample's time and value say nothing.
        "transformations": [{"id": "organize", "options": {"excludeByName": dict.fromkeys(_NOT_FACTS, True)}}] if is_table else [],
    }


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
            "textMode": "value",
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
