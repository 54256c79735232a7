"""Keeps the frauds that are under way: what was booked of them, who reports it when, what is later found, and the case it makes.

Read from the booked records, so that it says what happened and not what was meant. A case is kept until nothing of it is left to
come. Source of all figures: ours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from models.records import Disposition, ReportedTransfer, Verdict, VictimReport
from models.units import instant
from stream.simulator.booked import Booked
from stream.simulator.cast import Account
from stream.simulator.ledger import Ledger
from stream.simulator.plan import DAY_US, MINUTE_US, SECOND_US, Notice, Plot, between

FOUND_SHARE: Final = 0.45
"""Of the approved moves of a fraud: those a person later decides on."""
CHECKED_SHARE: Final = 1 / 1_500
"""Of honest transfers: those a person looks into and finds legitimate."""
UNSURE_SHARE: Final = 0.05
OTHERS_REPORT_SHARE: Final = 0.35
"""Of the victims of a fraud beside the first: those who report their own payments, hours to days later."""
_DECISION_DAYS: Final = (0.15, 24.0)
_ANALYSTS: Final = 12


@dataclass(slots=True, eq=False)
class OpenCase:
    """A fraud under way. booked: its approved moves in the order of event time."""

    plot: Plot
    booked: list[Booked] = field(default_factory=list)
    asked: set[Account] = field(default_factory=set)
    reported_us: int | None = None

    @property
    def thefts(self) -> list[Booked]:
        """Return the payments by which victims lose money."""
        return [entry for entry in self.booked if entry.move is not None and entry.move.theft]


class CaseBook:
    """Follows what is booked, and lets reports and dispositions come of it."""

    def __init__(self, rng: Random, ledger: Ledger, *, reports: bool = True, dispositions: bool = True) -> None:
        """ledger: where notices are planned. reports, dispositions: whether there are any."""
        self._rng = rng
        self._ledger = ledger
        self._reports = reports
        self._dispositions = dispositions
        self._said = 0
        self.open: dict[Plot, OpenCase] = {}

    def case_of(self, plot: Plot) -> OpenCase:
        """Return what is known of a plot so far."""
        return self.open.setdefault(plot, OpenCase(plot))

    def watch(self, records: Iterable[Booked]) -> Iterator[Booked]:
        """Yield the records as they come, planning what will be said of them."""
        for booked in records:
            move = booked.move
            if move is not None and booked.status == "APPROVED":
                if move.plot is not None:
                    self._take(booked, move.plot)
                elif self._dispositions and move.kind == "TRANSFER" and self._rng.random() < CHECKED_SHARE:
                    self._decide(booked, "LEGITIMATE", None)
            yield booked

    def _take(self, booked: Booked, plot: Plot) -> None:
        rng, case = self._rng, self.case_of(plot)
        case.booked.append(booked)
        move = booked.move
        if move is not None and move.theft and move.payer is not None and move.payer not in case.asked:
            case.asked.add(move.payer)
            after_us = self._report_after_us(plot, move.payer)
            if self._reports and after_us is not None:
                payer = move.payer
                notice = Notice(booked.at_us + after_us, "victim-reports", lambda at_us: self._report(case, payer, at_us), plot)
                self._ledger.plan([notice])
        share = 0.95 if plot.typology == "A3" else FOUND_SHARE
        if self._dispositions and rng.random() < share:
            self._decide(booked, "FRAUD" if rng.random() >= UNSURE_SHARE else "UNKNOWN", plot)

    def _report_after_us(self, plot: Plot, victim: Account) -> int | None:
        if plot.report_after_us is None:
            return None
        if victim is plot.victims[0]:
            return plot.report_after_us
        if not self._dispositions or self._rng.random() >= OTHERS_REPORT_SHARE:
            return None
        return plot.report_after_us + between(self._rng, 3_600, 3 * 86_400)

    def _report(self, case: OpenCase, victim: Account, at_us: int) -> VictimReport | None:
        """Return what a victim reports: the own payments made so far, some with the time only roughly remembered."""
        plot = case.plot
        transfers = tuple(
            ReportedTransfer(
                event_id=None if plot.rounded_report else entry.event_id,
                payer_account=victim.account,
                payee_account=entry.move.payee.account if entry.move.payee is not None else None,
                terminal=entry.move.terminal if entry.move.payee is None else None,
                amount_minor=entry.amount_minor,
                paid_at=instant(entry.at_us // MINUTE_US * MINUTE_US if plot.rounded_report else entry.at_us),
            )
            for entry in case.thefts
            if entry.move is not None and entry.move.payer is victim
        )
        if not transfers:
            return None
        self._said += 1
        if case.reported_us is None:
            case.reported_us = at_us
        number = f"{self._said:06d}"
        return VictimReport(
            report_id=f"r-{number}",
            reported_at=instant(at_us),
            source=plot.report_source,
            transfers=transfers,
            case_ref=f"police-{number}" if plot.report_source == "POLICE" else None,
            typology=plot.typology,
        )

    def _decide(self, booked: Booked, verdict: Verdict, plot: Plot | None) -> None:
        """Plan what a person finds of an event: days later mostly, some within hours, some after weeks."""
        rng = self._rng
        low, high = _DECISION_DAYS
        after_us = int(min(high, max(low, rng.lognormvariate(1.1, 1.0))) * DAY_US) // SECOND_US * SECOND_US
        if plot is not None and plot.typology == "A3":
            after_us = between(rng, 2 * 3_600, 40 * 3_600)
        analyst, event_id = f"analyst-{rng.randrange(_ANALYSTS):02d}", booked.event_id
        typology = booked.move.typology if booked.move is not None and verdict == "FRAUD" else None

        def finding(at_us: int) -> Disposition:
            self._said += 1
            return Disposition(
                disposition_id=f"v-{self._said:06d}",
                decided_at=instant(at_us),
                event_id=event_id,
                verdict=verdict,
                typology=typology,
                decided_by=analyst,
            )

        self._ledger.plan([Notice(booked.at_us + after_us, "dispositions", finding, plot)])
