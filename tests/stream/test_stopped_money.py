"""The money that people kept a customer from paying, through the whole worker."""

from collections import Counter

import pytest

from stream.freeze_figures import note_freezes
from stream.keyed_processor import KeyedOutput
from stream.metrics import build_metrics
from tests.bank import Bank
from tests.scenario import read_story

MULE = """
account m-1 type=PERSON balance=30.00
14:00:00 transfer x-1 -> m-1 31000.00 CNY mobile
14:04:00 transfer m-1 -> z-1 30200.00 CNY mobile
"""


class CountingBank(Bank):
    """A bank that also sums what was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped: Counter[str] = Counter()

    def _publish(self, output: KeyedOutput) -> None:
        super()._publish(output)
        self.stopped.update(output.stopped)


def stopped_after(*said: str) -> tuple[dict[str, int], int]:
    """Return what was stopped when people had said so, and the money at risk in the first alert."""
    bank = CountingBank()
    for step in read_story(MULE + "".join(f"{line}\n" for line in said)):
        bank.take_one(step.event)
    (first, *_) = bank.alerts_on("m-1", "MULE")
    return dict(bank.stopped), first.amount_at_risk_minor


STOP = "14:{minute}:00 disposition m-1 MULE_SUSPECTED {words}"


def test_money_is_kept_where_somebody_stopped_the_customer() -> None:
    stopped, at_risk_minor = stopped_after(STOP.format(minute=20, words="stage=MANAGER outcome=STOPPED by=teller"))
    assert at_risk_minor > 0
    assert stopped == {"CNY": at_risk_minor}


def test_what_is_stopped_a_second_time_counts_once() -> None:
    stopped, at_risk_minor = stopped_after(
        STOP.format(minute=20, words="stage=REMIND outcome=STOPPED by=teller"),
        STOP.format(minute=30, words="stage=MANAGER outcome=STOPPED by=teller"),
    )
    assert stopped == {"CNY": at_risk_minor}


@pytest.mark.parametrize("outcome", ["PROCEEDED", "REFUSED"])
def test_nothing_is_kept_where_the_customer_went_on(outcome: str) -> None:
    assert stopped_after(STOP.format(minute=20, words=f"stage=MANAGER outcome={outcome} by=teller"))[0] == {}


def test_money_that_was_legitimate_was_not_in_danger() -> None:
    assert stopped_after(STOP.format(minute=20, words="verdict=LEGITIMATE stage=MANAGER outcome=STOPPED by=teller"))[0] == {}


def test_it_is_counted_by_currency_and_rare_ones_together() -> None:
    metrics, output = build_metrics(), KeyedOutput()
    output.stopped.update({"CNY": 500, "XAF": 7, "JPY": 8})
    note_freezes(metrics, output)
    counted = {
        currency: metrics.registry.get_sample_value("goldenhour_stopped_amount_minor_total", {"currency": currency})
        for currency in ("CNY", "EUR", "other")
    }
    assert counted == {"CNY": 500, "EUR": 0, "other": 15}
