"""The final score of every transaction, and `scores.csv`: each of them once."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.decision import ScoreLine
from models.units import instant

COLUMNS = ("event_id", "event_time", "score", "tier", "typology")


class FinalScores:
    """Folds the lines of all keys: the last line of a key counts, and of those the highest.

    Holds some 200 bytes a transaction.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._said: dict[str, tuple[ScoreLine, ...]] = {}

    def knows(self, event_id: str) -> bool:
        """Return whether anything was said about a transaction yet."""
        return event_id in self._said

    def take(self, line: ScoreLine) -> None:
        """Let a line replace what the same key said about the same transaction."""
        others = self._said.get(line.event_id, ())
        self._said[line.event_id] = (*(other for other in others if other.seen_as != line.seen_as), line)

    def lines(self) -> Iterator[ScoreLine]:
        """Yield the final score of every transaction, in order of first arrival."""
        for said in self._said.values():
            yield max(said, key=_rank)


def _rank(line: ScoreLine) -> tuple[int, float, str]:
    return line.tier, line.score, line.typology


def write_scores(path: Path, lines: Iterable[ScoreLine]) -> int:
    """Write the scores in the order given; return how many. Times are RFC 3339 in UTC, as on the wire."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            at = instant(line.at_us).isoformat().replace("+00:00", "Z")
            writer.writerow((line.event_id, at, line.score, line.tier, line.typology))
            count += 1
    return count
