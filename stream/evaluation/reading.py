"""The outputs of a replay, its labels and its stories, in memory and checked."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from connectors.labels import Labels, read_labels
from connectors.table_files import batches, column_names
from models.units import time_us
from stream.evaluation.stories import EvaluationError, PlantedStory, read_stories
from stream.score_file import COLUMNS as SCORE_COLUMNS
from stream.transaction_file import COLUMNS as TRANSACTION_COLUMNS
from stream.transaction_file import NAME as TRANSACTION_NAME

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_LineT = TypeVar("_LineT", bound=msgspec.Struct)


class Subject(msgspec.Struct, frozen=True):
    """Whom an alert is about."""

    role: str
    kind: str
    id: str


class AlertLine(msgspec.Struct, frozen=True):
    """What the evaluation needs of one alert revision."""

    alert_id: str
    revision: int
    raised_at: datetime
    event_time: datetime
    trigger_event_id: str
    typology: str
    subject: Subject
    tier: int
    score: float
    amount_at_risk_minor: int
    currency: str
    evidence: tuple[str, ...] = ()

    @property
    def raised_us(self) -> int:
        """Return when it was published."""
        return time_us(self.raised_at)

    @property
    def event_us(self) -> int:
        """Return when that happened which it is about."""
        return time_us(self.event_time)


class Target(msgspec.Struct, frozen=True):
    """Which account a freeze request asks to stop."""

    account: str


class RequestLine(msgspec.Struct, frozen=True):
    """What the evaluation needs of one statement of a freeze request."""

    request_id: str
    sequence: int
    state: str
    requested_at: datetime
    target: Target
    requested_amount_minor: int

    @property
    def requested_us(self) -> int:
        """Return when it was published."""
        return time_us(self.requested_at)


class Transactions(msgspec.Struct):
    """The transactions that are ranked, column by column; labelled ones only.

    A request that its payment answered, what was declined, reversals and what they took back are left out: no money moved by them
    that stayed moved, and their final score says nothing.
    """

    event_id: list[str]
    at_us: Counts
    score: Floats
    tier: Counts
    fraud: Flags
    typology: list[str]
    amount_minor: Counts
    is_transfer: Flags
    currency: list[str]
    payer: list[str]
    payee: list[str]

    @property
    def prevalence(self) -> float | None:
        """Return the share of frauds; None of none."""
        return float(self.fraud.mean()) if self.fraud.size else None


class Material(msgspec.Struct):
    """All that is evaluated. stories None: no cases file was given. customers: of this bank, who paid or were paid."""

    alerts: list[AlertLine]
    requests: list[RequestLine]
    report: dict[str, Any]
    transactions: Transactions
    labels: Labels
    stories: list[PlantedStory] | None
    simulation: dict[str, Any] | None
    customers: int
    left_out: dict[str, int]


def read_material(
    out: Path,
    labels_path: Path,
    cases_path: Path | None,
    *,
    since_us: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Material:
    """Return what a replay wrote to `out`, with labels and stories. since_us: what happened before is left out.

    say: told what is being read, for somebody who waits.
    Errors: EvaluationError, LabelError, ReplayFileError naming the file and what to do.
    """
    for name in ("alerts.jsonl", "freeze_requests.jsonl", "report.json"):
        if not (out / name).is_file():
            raise EvaluationError(f"{name}: not in this folder; it is written by: goldenhour replay ... --out FOLDER --scores")
    say("alerts and freeze requests")
    alerts = [line for line in read_alerts(out) if since_us is None or line.event_us >= since_us]
    requests = [
        line for line in _lines(out / "freeze_requests.jsonl", RequestLine) if since_us is None or line.requested_us >= since_us
    ]
    stories = None if cases_path is None else read_stories(cases_path)
    if stories is not None and since_us is not None:
        stories = [story for story in stories if story.starts_us >= since_us]
    say("labels")
    labels = read_labels(labels_path)
    say("scores and transactions")
    transactions, customers, left_out = read_transactions(out, labels, since_us)
    return Material(
        alerts=alerts,
        requests=sorted(requests, key=lambda line: (line.requested_us, line.request_id, line.sequence)),
        report=_object(out / "report.json"),
        transactions=transactions,
        labels=labels,
        stories=stories,
        simulation=_simulation(cases_path or labels_path),
        customers=customers,
        left_out=left_out,
    )


def _lines(path: Path, line: type[_LineT]) -> Iterator[_LineT]:
    decode = msgspec.json.Decoder(line).decode
    with path.open("rb") as rows:
        for number, row in enumerate(rows, start=1):
            try:
                yield decode(row)
            except msgspec.MsgspecError as error:
                raise EvaluationError(f"{path.name}: line {number} is not what replay writes: {error}") from error


def _object(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise EvaluationError(f"{path.name}: no JSON object: {error}") from error
    return found


def _simulation(beside: Path) -> dict[str, Any] | None:
    """Return `simulation.json` of the folder the labels come from, where there is one."""
    path = beside.parent / "simulation.json"
    return _object(path) if path.is_file() else None


def rows_of(path: Path, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table that replay wrote, the named columns only; an empty cell is None.

    Errors: EvaluationError if it is missing or has other columns.
    """
    if not path.is_file():
        raise EvaluationError(f"{path.name}: not in this folder; run goldenhour replay with --scores")
    missing = [name for name in names if name not in column_names(path)]
    if missing:
        raise EvaluationError(f"{path.name}: no column {', '.join(missing)}; run goldenhour replay with --scores again")
    for batch in batches(path, names):
        yield from zip(*(batch.columns[name] for name in names), strict=True)


def read_alerts(out: Path) -> list[AlertLine]:
    """Return all alert revisions of an output folder in order of publication.

    Errors: EvaluationError naming the line.
    """
    return sorted(_lines(out / "alerts.jsonl", AlertLine), key=lambda line: (line.raised_us, line.alert_id, line.revision))


def scored_payments(out: Path) -> Iterator[tuple[float, str, str]]:
    """Yield (final score, payer, payee) of every transaction, labelled or not; "" for cash.

    Errors: EvaluationError naming the file.
    """
    parties = {
        event_id: (payer or "", payee or "")
        for event_id, payer, payee in rows_of(out / TRANSACTION_NAME, ("event_id", "payer_account", "payee_account"))
    }
    for event_id, score in rows_of(out / "scores.csv", ("event_id", "score")):
        yield (float(score), *parties[event_id])


def read_transactions(out: Path, labels: Labels, since_us: int | None = None) -> tuple[Transactions, int, dict[str, int]]:
    """Return the ranked transactions, the number of customers, and how many were left out for which cause.

    Errors: EvaluationError naming the file.
    """
    facts: dict[str, tuple[Any, ...]] = {}
    answered: set[str] = set()
    customers: set[str] = set()
    for row in rows_of(out / TRANSACTION_NAME, TRANSACTION_COLUMNS):
        event_id, kind, status, amount, currency, payer, payer_customer, payee, payee_customer, original = row
        facts.setdefault(event_id, (status, int(amount), kind == "TRANSFER", currency, payer or "", payee or ""))
        customers.update(customer for customer in (payer_customer, payee_customer) if customer is not None)
        if original is not None:
            answered.add(original)
    left_out = {"without_label": 0, "before_from": 0, "moved_no_money": 0, "not_in_transactions": 0}
    kept: list[tuple[Any, ...]] = []
    for event_id, at, score, tier, _ in rows_of(out / "scores.csv", SCORE_COLUMNS):
        why = _why_left_out(event_id, at_us := _us(at), facts, answered, labels, since_us)
        if why is not None:
            left_out[why] += 1
            continue
        kept.append((event_id, at_us, float(score), int(tier), *facts[event_id][1:]))
    return _columns(kept, labels), len(customers), left_out


def _why_left_out(
    event_id: str, at_us: int, facts: dict[str, tuple[Any, ...]], answered: set[str], labels: Labels, since_us: int | None
) -> str | None:
    if event_id not in labels.label_of:
        return "without_label"
    if event_id not in facts:
        return "not_in_transactions"
    if since_us is not None and at_us < since_us:
        return "before_from"
    return "moved_no_money" if facts[event_id][0] in ("DECLINED", "REVERSED") or event_id in answered else None


def _us(text: str) -> int:
    return time_us(datetime.fromisoformat(text))


def _columns(rows: Iterable[tuple[Any, ...]], labels: Labels) -> Transactions:
    event_id, at_us, score, tier, amount, transfer, currency, payer, payee = (
        map(list, zip(*rows, strict=True)) if rows else [[]] * 9
    )
    return Transactions(
        event_id=event_id,
        at_us=np.array(at_us, np.int64),
        score=np.array(score, np.float64),
        tier=np.array(tier, np.int64),
        fraud=np.array([labels.label_of[name] == 1 for name in event_id], np.bool_),
        typology=[labels.typology_of.get(name, "") for name in event_id],
        amount_minor=np.array(amount, np.int64),
        is_transfer=np.array(transfer, np.bool_),
        currency=currency,
        payer=payer,
        payee=payee,
    )
