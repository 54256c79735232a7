"""How the tests are shared out to processes: all that need the broker in one of them, and those of each other file together."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]


class OneBroker(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
    """Gives out files whole, and the files that need the broker as if they were one: two would be two too many for two cores."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "on the broker" if is_on_broker(path) else path


@cache
def is_on_broker(path: str) -> bool:
    """Return whether a file has tests marked `broker`; the process that gives them out has collected none."""
    file = ROOT / path
    return file.suffix == ".py" and "mark.broker" in file.read_text("utf-8")
