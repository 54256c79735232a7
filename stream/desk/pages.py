"""The pages as text: from the board, a moment and who looks, through the templates. Everything in them is escaped."""

from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from models.freeze_life import STOPS_MAX, held_minor, state_at, stops
from models.records import FreezeRequest, Subject, TraceRecord
from models.units import instant, time_us
from stream.desk import words
from stream.desk.acts import approvable, orders
from stream.desk.board import Board
from stream.desk.case_file import CaseFile, RequestFile, is_gone
from stream.desk.flow import flow
from stream.desk.history import timeline
from stream.desk.picture import picture
from stream.desk.roles import ACT_OF_STAGE, MAY, may
from stream.desk.sessions import Session
from stream.desk.standing import Standing, queue, standing_of
from stream.desk.veil import Veil, veil_of

ROWS_MAX: Final = 200
"""Cases listed at once: what a person can look through, and an old PC can draw."""
_ANSWERS: Final = ("ACKNOWLEDGED", "EXECUTED", "REJECTED", "NEED_INFO", "MISMATCH", "RELEASED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who looks, when, in which language. notices: keys of sentences to show above everything. path: of this page."""

    language: str
    now_us: int
    now_s: float
    path: str = "/"
    session: Session | None = None
    notices: tuple[str, ...] = ()
    done: bool = False
    error: str = ""


class Pages:
    """Draws pages. utc_offset_s: of the bank's local zone."""

    def __init__(self, board: Board, utc_offset_s: int) -> None:
        """Load the templates."""
        self._board = board
        self._zone = timezone(timedelta(seconds=utc_offset_s))
        self._templates = Environment(
            loader=PackageLoader("stream.desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def sign_in(self, look: Look, name: str = "") -> str:
        """Return the page that asks for name and password."""
        return self._page("sign_in.html", look, name=name)

    def message(self, look: Look, key: str) -> str:
        """Return a page that says one sentence."""
        return self._page("message.html", look, key=key)

    def queue(self, look: Look, show: str) -> str:
        """Return the queue."""
        found = queue(self._board, look.now_us, show=show)
        return self._list(look, found, show=show, asked=None)

    def found(self, look: Look, text: str) -> str:
        """Return what a search found. The text itself is not repeated: it may be an account."""
        found = [standing_of(self._board, self._board.cases[case_id], look.now_us) for case_id in self._board.search(text)]
        return self._list(look, sorted(found, key=Standing.place), show="", asked=text)

    def _list(self, look: Look, found: list[Standing], *, show: str, asked: str | None) -> str:
        masked = Veil((), is_open=False)
        rows = [(standing, self._board.cases[standing.case_id]) for standing in found[:ROWS_MAX]]
        return self._page(
            "queue.html",
            look,
            rows=[(standing, self._subject(case, masked, look.language, is_numbered=False)) for standing, case in rows],
            show=show,
            is_search=asked is not None,
            left_out=len(found) - len(rows),
            totals=_totals(found),
        )

    def case(self, look: Look, case: CaseFile) -> str:
        """Return the page of a case, identifiers masked unless this session has opened them."""
        session, board = look.session, self._board
        assert session is not None
        reference = session.opened_under(case.case_id, look.now_s)
        money_flow = flow(board, case)
        veil = veil_of(board, case, (node.account for node in money_flow.nodes), is_open=bool(reference))
        lead = case.lead()
        traces = [trace for account in case.accounts() if (trace := board.traces.get(account)) is not None]
        return self._page(
            "case.html",
            look,
            case=case,
            reference=reference,
            standing=standing_of(board, case, look.now_us),
            subject=self._subject(case, veil, look.language),
            lead=lead,
            is_lifted=lead is None or is_gone(lead),
            about=partial(_about, veil=veil, language=look.language),
            stops_max=STOPS_MAX,
            alerts=[file.last for _, file in sorted(case.alerts.items())],
            veil=veil,
            moments=timeline(board, case),
            picture=picture(money_flow, veil, look.language),
            remedies=_remedies(traces, look.now_us),
            requests=[self._request(case, file, look.now_us) for _, file in sorted(case.requests.items())],
            stages=[stage for stage, act in ACT_OF_STAGE.items() if may(session.role, act)],
            acts={act for act in MAY if may(session.role, act)},
            answers=_ANSWERS,
            approvable=approvable(case),
            orders=orders(board, case),
        )

    def _subject(self, case: CaseFile, veil: Veil, language: str, *, is_numbered: bool = True) -> str:
        """Return whom a case is about: the subject of its weightiest alert, and how many more there are."""
        subject = case.subject()
        if subject is None:
            return " ".join([words.word("MULE_SUSPECTED", language), *map(veil.account, case.accounts())])
        others = len({file.last.subject.id for file in case.alerts.values()} - {subject.id})
        more = f" +{others}" if others else ""
        return _about(subject, veil, language, is_numbered=is_numbered) + more

    def _request(self, case: CaseFile, file: RequestFile, now_us: int) -> dict[str, Any]:
        life, last = file.life(), file.last()
        return {
            "last": last,
            "matches": _matches(file),
            "state": state_at(life, now_us),
            "asked_minor": life.asked_minor,
            "held_minor": held_minor(life, now_us),
            "answer": life.answer,
            "ends_at": instant(life.answer.ends_us) if life.answer is not None and life.answer.ends_us is not None else None,
            "odd": life.odd,
            "approvers": self._board.approvers(case, last.target.account),
            "stops": stops([other.life() for other in self._board.requests_on(last.target.account)]),
        }

    def _page(self, template: str, look: Look, **values: Any) -> str:
        return self._templates.get_template(template).render(
            look=look,
            language=look.language,
            t=partial(words.word, language=look.language),
            typology=partial(words.typology, language=look.language),
            money=words.money,
            span=partial(words.span, language=look.language),
            window=partial(words.window, language=look.language),
            measured=words.measured,
            when=self._when,
            case_url=case_url,
            time_us=time_us,
            **values,
        )

    def _when(self, at: Any) -> str:
        """Return a moment as the bank's local time; microseconds only where there are some: match fields are exact."""
        local = (instant(at) if isinstance(at, int) else at).astimezone(self._zone).replace(tzinfo=None)
        text: str = local.isoformat(sep=" ", timespec="microseconds" if local.microsecond else "seconds")
        return text


def _about(subject: Subject, veil: Veil, language: str, *, is_numbered: bool = True) -> str:
    """Return a subject with its role. A machine is nobody's: who is sent there must read which one."""
    as_account = veil.account if is_numbered and subject.kind == "ACCOUNT" else veil.plain
    return f"{words.word(subject.role, language)} {subject.id if subject.kind == 'TERMINAL' else as_account(subject.id)}"


def case_url(case_id: str) -> str:
    """Return the path of a case's page; ids may hold anything.

    >>> case_url("c/1")
    '/case/c%2F1'
    """
    return f"/case/{quote(case_id, safe='')}"


def _totals(found: list[Standing]) -> dict[str, int]:
    """Return the money still reachable by currency."""
    totals: dict[str, int] = {}
    for one in found:
        if one.reachable_minor:
            totals[one.currency] = totals.get(one.currency, 0) + one.reachable_minor
    return dict(sorted(totals.items()))


def _remedies(traces: list[TraceRecord], now_us: int) -> list[dict[str, Any]]:
    """Return the remedies of a case, those that are too late last."""
    found = [
        {
            "remedy": one,
            "currency": trace.currency or "",
            "is_late": one.closes_at is not None and time_us(one.closes_at) <= now_us,
        }
        for trace in traces
        for one in trace.remedies
    ]
    return sorted(found, key=lambda one: bool(one["is_late"]))


def _matches(file: RequestFile) -> FreezeRequest:
    """Return the last proposal, whose match fields count: a withdrawal need not repeat them."""
    proposed = [request for _, request in sorted(file.said.items()) if request.state == "PROPOSED"]
    return proposed[-1] if proposed else file.last()
