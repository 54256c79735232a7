"""What was planted, told afterwards: labels, stories with their sums, and what the victims report.

Read from the booked records, so that it says what happened and not what was meant.
"""

from dataclasses import dataclass

from models.records import ReportedTransfer, Transaction, VictimReport
from models.units import instant
from stream.simulator.ledger import Booked
from stream.simulator.plan import MINUTE_US, Plot


@dataclass(frozen=True, slots=True)
class Label:
    """One row of a label file. label: 1 = part of a fraud; case and typology only then."""

    event_id: str
    label: int
    case: str | None = None
    typology: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of a story that moved. payer None: never; payee None: cash."""

    at_us: int
    event_id: str
    payer: str
    payee: str | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Story:
    """One planted fraud.

    mules: accounts at this bank that took the money; elsewhere: such accounts at other banks. stolen_minor: what the victims
    paid. first_credit_us: when a mule was first credited. reported_us: when the police or the bank is told, None = never.
    """

    story: str
    typology: str
    victims: tuple[str, ...]
    mules: tuple[str, ...]
    elsewhere: tuple[str, ...]
    terminals: tuple[str, ...]
    stolen_minor: int
    first_credit_us: int
    reported_us: int | None
    movements: tuple[Movement, ...]

    def left_minor(self, at_us: int) -> int:
        """Return how much of the stolen money still lies on mule accounts of this bank just after a moment.

        Counts what the story moved into them less what it moved out, never below zero: a mule may add a little of its own.
        """
        mules, left = set(self.mules), 0
        for movement in self.movements:
            if movement.at_us <= at_us:
                left += movement.amount_minor if movement.payee in mules else 0
                left -= movement.amount_minor if movement.payer in mules else 0
        return max(0, left)


def labels_of(booked: list[Booked]) -> tuple[Label, ...]:
    """Return one label for each transaction, in the order of event time."""
    rows = []
    for entry in booked:
        if isinstance(entry.record, Transaction):
            move, plot = entry.move, entry.plot
            if move is None or plot is None:
                rows.append(Label(entry.record.event_id, 0))
            else:
                rows.append(Label(entry.record.event_id, 1, plot.story, move.typology))
    return tuple(rows)


def _approved(booked: list[Booked], plot: Plot) -> list[tuple[int, Transaction, bool]]:
    """Return (moment, record, is a theft) of what was approved in a plot."""
    return [
        (entry.at_us, entry.record, entry.move.theft)
        for entry in booked
        if entry.move is not None
        and entry.move.plot is plot
        and isinstance(entry.record, Transaction)
        and entry.record.status == "APPROVED"
    ]


def story_of(booked: list[Booked], plot: Plot, reported: bool) -> Story:
    """Return what became of a plot. booked: at least the records of this plot."""
    approved = _approved(booked, plot)
    thefts = [(at_us, record) for at_us, record, theft in approved if theft]
    first_credit_us = min(at_us for at_us, _ in thefts)
    credited = {record.payee.account for _, record, _ in approved if record.payee is not None}
    reports = reported and plot.report_after_us is not None
    return Story(
        story=plot.story,
        typology=plot.typology,
        victims=tuple(account.account for account in plot.victims),
        mules=tuple(account.account for account in plot.mules if account.on_us and account.account in credited),
        elsewhere=tuple(account.account for account in plot.mules if not account.on_us and account.account in credited),
        terminals=tuple(machine.id for machine in plot.terminals),
        stolen_minor=sum(record.amount_minor for _, record in thefts),
        first_credit_us=first_credit_us,
        reported_us=first_credit_us + (plot.report_after_us or 0) if reports else None,
        movements=tuple(_movement(at_us, record) for at_us, record, _ in approved),
    )


def _movement(at_us: int, record: Transaction) -> Movement:
    payer = record.payer.account if record.payer is not None else ""
    payee = record.payee.account if record.payee is not None else None
    return Movement(at_us, record.event_id, payer, payee, record.amount_minor)


def report_of(booked: list[Booked], plot: Plot, story: Story) -> VictimReport | None:
    """Return what the first victim reports: the own payments made so far, some with the time only roughly remembered."""
    if story.reported_us is None:
        return None
    first = story.victims[0]
    transfers = []
    for at_us, record, theft in _approved(booked, plot):
        payer, payee = record.payer, record.payee
        if theft and at_us <= story.reported_us and payer is not None and payee is not None and payer.account == first:
            transfers.append(
                ReportedTransfer(
                    event_id=None if plot.rounded_report else record.event_id,
                    payer_account=payer.account,
                    payee_account=payee.account,
                    amount_minor=record.amount_minor,
                    paid_at=instant(at_us // MINUTE_US * MINUTE_US if plot.rounded_report else at_us),
                )
            )
    return VictimReport(
        report_id=f"r-{plot.story}",
        reported_at=instant(story.reported_us),
        source=plot.report_source,
        transfers=tuple(transfers),
        case_ref=f"police-{plot.story}" if plot.report_source == "POLICE" else None,
        typology=plot.typology,
    )
