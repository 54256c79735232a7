"""The test week of the Fraud Detection Handbook: whom its protocol leaves in, and its measure CP@100.

Source: Le Borgne et al., "Reproducible Machine Learning for Credit Card Fraud Detection - Practical Handbook", chapters 3 and 4
(`get_train_test_set`, `card_precision_top_k`). Days are UTC. A fraud becomes known `DELAY_DAYS` after it happened. Customers whose
fraud is known by a test day are left out from that day on: finding them again is no merit.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from models.units import time_us
from stream.evaluation.baselines import chance
from stream.evaluation.measures import DAY_US
from stream.evaluation.reading import Counts, Flags, Floats, Transactions
from stream.quality import auc, average_precision

TRAIN_DAYS, DELAY_DAYS, TEST_DAYS = 7, 7, 7
TRAIN_FROM_DAY = time_us(datetime(2018, 7, 25, tzinfo=UTC)) // DAY_US
"""First day of the training week that belongs to the test week 2018-08-08 to 2018-08-14."""
TOP = 100


class Week(NamedTuple):
    """Which days are learnt from and which are tested, as days since 1970."""

    train_from: int = TRAIN_FROM_DAY
    train_days: int = TRAIN_DAYS
    delay_days: int = DELAY_DAYS
    test_days: int = TEST_DAYS

    @property
    def test_from(self) -> int:
        """Return the first day of the test."""
        return self.train_from + self.train_days + self.delay_days


def in_test_week(day: Counts, customer: Sequence[str], fraud: Flags, week: Week) -> Flags:
    """Return which payments the protocol tests: those of the test days, without customers known as compromised by then.

    Known on the n-th test day (from 0): frauds of the training days, and those of the n days after them.
    """
    names = np.array(customer, dtype=object)
    in_training = (day >= week.train_from) & (day < week.train_from + week.train_days)
    known = set(names[in_training & fraud])
    kept = np.zeros(day.size, np.bool_)
    for number in range(week.test_days):
        reported_on = week.train_from + week.train_days + number - 1
        known |= set(names[(day == reported_on) & fraud])
        for place in np.flatnonzero(day == week.test_from + number):
            kept[place] = names[place] not in known
    return kept


def card_precision(
    day: Counts, customer: Sequence[str], fraud: Flags, score: Floats, top: int = TOP, *, keep_found: bool = False
) -> float | None:
    """Return CP@top: of the `top` customers with the highest score on a day, the share with a fraud that day, mean over the days.

    A customer's score of a day is that of the highest payment. Who was found on an earlier day is left out from then on,
    unless keep_found. Equal scores go by customer number. The share is of `top`, even where a day has fewer customers.
    """
    found: set[str] = set()
    shares = []
    for today in np.unique(day):
        best: dict[str, float] = {}
        struck: set[str] = set()
        for place in np.flatnonzero(day == today):
            name = customer[int(place)]
            if name not in found:
                best[name] = max(best.get(name, -np.inf), float(score[place]))
                if fraud[place]:
                    struck.add(name)
        first = sorted(best, key=lambda name: (-best[name], name))[:top]
        caught = struck.intersection(first)
        found |= set() if keep_found else caught
        shares.append(len(caught) / top)
    return round(float(np.mean(shares)), 6) if shares else None


def handbook_figures(rows: Transactions, week: Week = Week(), top: int = TOP) -> dict[str, Any]:  # noqa: B008 # a tuple of numbers
    """Return AUC, AP and CP@top of the test week: ours, the amount alone, chance. The payer is the customer."""
    day = rows.at_us // DAY_US
    kept = in_test_week(day, rows.payer, rows.fraud, week)
    places = np.flatnonzero(kept)
    customer = [rows.payer[place] for place in places]
    fraud = rows.fraud[kept]
    rankings = {
        "ours": rows.score[kept],
        "amount alone": rows.amount_minor[kept].astype(np.float64),
        "random": chance([rows.event_id[place] for place in places], 1),
    }
    return {
        "rows": int(kept.sum()),
        "fraud": int(fraud.sum()),
        "prevalence": round(float(fraud.mean()), 9) if fraud.size else None,
        "scores": [
            {
                "name": name,
                "auc": auc(score, fraud),
                "average_precision": average_precision(score, fraud),
                "card_precision_100": card_precision(day[kept], customer, fraud, score, top),
                "card_precision_100_found_kept": card_precision(day[kept], customer, fraud, score, top, keep_found=True),
            }
            for name, score in rankings.items()
        ],
    }
