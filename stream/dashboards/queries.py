"""PromQL in few words. Pure.

A query is written without job and instance; `scoped` adds them, so that a shadow, a gateway that shares a metric's name, and the
workers of another instance never get into a sum unseen.
"""

import re
from types import MappingProxyType
from typing import Final

WORKERS: Final = "goldenhour"
SHADOW: Final = "goldenhour-shadow"
JOBS: Final = MappingProxyType(
    {"goldenhour_gateway_": "gateway", "goldenhour_desk_": "desk"},
)
"""Jobs of deploy/prometheus/prometheus.yml, by what the names of their metrics begin with; all others are the workers'."""

_METRIC: Final = re.compile(r"""(?<![\w"'])((?:goldenhour|process)_\w+)(\{)?""")

Steps = tuple[tuple[float | None, str], ...]


def scoped(query: str, job: str = "") -> str:
    """Return the query of one job alone, by default that which has the metric; of the workers only the chosen instances.

    >>> scoped("sum(goldenhour_scores_total)")
    'sum(goldenhour_scores_total{job="goldenhour",instance=~"$instance"})'
    >>> scoped('goldenhour_desk_pages_total{status="200"}')
    'goldenhour_desk_pages_total{job="desk",status="200"}'
    """

    def add(found: re.Match[str]) -> str:
        of_metric = job or next((job for start, job in JOBS.items() if found[1].startswith(start)), WORKERS)
        chosen = ',instance=~"$instance"' if of_metric == WORKERS else ""
        return f'{found[1]}{{job="{of_metric}"{chosen}' + ("," if found[2] else "}")

    return _METRIC.sub(add, query)


def rate(metric: str, by: str) -> str:
    """Return the query for a counter's growth per second, by labels."""
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def count(metric: str, by: str = "") -> str:
    """Return the query for a counter's growth between two points of a graph, by labels or in all."""
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}[$__rate_interval]))"


def in_all(metric: str, by: str = "") -> str:
    """Return the query for a counter's growth over the time shown, by labels or in all."""
    return f"sum{f' by ({by}) ' if by else ''}(increase({metric}[$__range]))"


def share(part: str, whole: str, by: str = "") -> str:
    """Return the query for one counter's growth as a share of another's over the time shown; nothing where that is 0."""
    return f"{in_all(part, by)} / ({in_all(whole, by)} > 0)"


def quantiles(
    metric: str, *, by: str = "", of: tuple[float, ...] = (0.5, 0.95, 0.99), over: str = "$__rate_interval"
) -> dict[str, str]:
    """Return the queries for quantiles of a histogram, each to its legend. by: one label to keep apart."""
    labels, legend = (f"le, {by}", f" {{{{{by}}}}}") if by else ("le", "")
    grown = f"sum by ({labels}) (rate({metric}_bucket[{over}]))"
    return {f"histogram_quantile({quantile}, {grown})": f"p{quantile * 100:g}{legend}" for quantile in of}


def steps(look: float, act: float) -> Steps:
    """Return the colours of a figure of which more is worse."""
    return (None, "green"), (look, "orange"), (act, "red")


def steps_down(look: float, act: float) -> Steps:
    """Return the colours of a figure of which less is worse."""
    return (None, "red"), (act, "orange"), (look, "green")


NEWS: Final[Steps] = ((None, "green"), (1, "orange"))
"""The colours of a count of which one wants a person."""
WANTED: Final[Steps] = ((None, "red"), (1, "green"))
"""The colours of what must be there."""
PLAIN: Final[Steps] = ((None, "blue"),)
"""One colour: no value is better than another."""
GAIN: Final[Steps] = ((None, "text"), (0.01, "green"))
"""The colours of what is good to have, and no fault where it is not."""
