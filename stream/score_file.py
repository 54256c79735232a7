"""`scores.csv`: every transaction once, with its final score."""

import csv
from collections.abc import Iterable
from pathlib import Path

from models.units import instant
from stream.keyed_processor import ScoreLine

COLUMNS = ("event_id", "event_time", "score", "tier", "typology")


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
