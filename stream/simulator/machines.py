"""Cash machines have hours: each stands at offices, a market, a station or among homes, and is used accordingly. Source: ours."""

from collections.abc import Mapping
from random import Random
from typing import Final

from models.records import Terminal

PLACES: Final = ("offices", "market", "station", "homes")
CURVES: Final[Mapping[str, tuple[int, ...]]] = {
    "offices": (1, 0, 0, 0, 0, 0, 1, 4, 9, 8, 7, 10, 16, 13, 8, 7, 8, 12, 9, 4, 2, 1, 1, 1),
    "market": (0, 0, 0, 0, 0, 3, 9, 13, 14, 13, 11, 9, 6, 5, 6, 9, 11, 9, 5, 2, 1, 1, 0, 0),
    "station": (5, 3, 2, 2, 2, 3, 6, 9, 9, 7, 7, 7, 8, 7, 7, 8, 10, 12, 12, 11, 10, 10, 9, 7),
    "homes": (2, 1, 0, 0, 0, 1, 3, 6, 8, 8, 8, 7, 7, 6, 6, 7, 9, 12, 14, 14, 11, 8, 5, 3),
}
"""Place -> weight of each local hour."""
WEEKEND: Final[Mapping[str, float]] = {"offices": 0.25, "market": 1.5, "station": 1.1, "homes": 1.0}
"""Place -> weight of a day off against a worked one."""


class MachineHours:
    """Knows where each machine stands, and at which of somebody's machines cash is drawn at an hour."""

    def __init__(self, rng: Random, machines: list[Terminal]) -> None:
        """machines: those of the bank; the places are drawn."""
        self._rng = rng
        self.place = {machine.id: rng.choice(PLACES) for machine in machines}

    def chosen(self, machines: list[Terminal], hour: int, *, is_worked: bool) -> Terminal:
        """Return one of these machines, the busier ones of that hour more often."""
        if len(machines) == 1:
            return machines[0]
        weights = [self._weight(machine, hour, is_worked) for machine in machines]
        return self._rng.choices(machines, weights)[0]

    def _weight(self, machine: Terminal, hour: int, is_worked: bool) -> float:
        place = self.place.get(machine.id, "homes")
        return (CURVES[place][hour] + 0.1) * (1.0 if is_worked else WEEKEND[place])
