"""The desk over HTTP: routes, each with the act it is, and what they do. The board is read, the writer written to."""

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from models.records import AuditAction, AuditOutcome
from stream.desk import acts
from stream.desk.acts import ActError, ActRecord, Doer
from stream.desk.audit import AUDITED, entry
from stream.desk.board import Board
from stream.desk.case_file import CaseFile
from stream.desk.guard import FORM_BYTES_MAX, PUBLIC, Refused, admit, form_of, put_headers, session_of
from stream.desk.metrics import DeskMetrics, build_desk_metrics
from stream.desk.pages import Look, Pages, case_url
from stream.desk.roles import ACT_OF_STAGE, Act
from stream.desk.sessions import OPENED_S, Attempts, Session, Sessions
from stream.desk.updates import Updates
from stream.desk.users import NOBODYS, User, UsersError, UsersFile, is_password
from stream.desk.veil import veil_of
from stream.desk.words import LANGUAGES
from stream.desk.writer import NotWrittenError, Writer

logger = logging.getLogger(__name__)

STATIC: Final = Path(__file__).parent / "static"
STREAMS_MAX: Final = 8
"""Live updates of one session at once: tabs. Ours."""


class Site:
    """The pages and forms of one desk.

    problems: keys of sentences about the feed that every page shows. is_secure: reached by https, so cookies may be bound to it.
    proxy: address of a reverse proxy whose X-Forwarded-For is believed, "" for none. now_us, now_s: the clocks.
    """

    def __init__(
        self,
        board: Board,
        users: UsersFile,
        writer: Writer,
        *,
        utc_offset_s: int,
        is_secure: bool,
        proxy: str = "",
        problems: Callable[[], tuple[str, ...]] = tuple,
        metrics: DeskMetrics | None = None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1_000,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put the parts together; nothing listens yet."""
        self._board, self._users, self._writer = board, users, writer
        self._utc_offset_s, self._is_secure, self._proxy, self._problems = utc_offset_s, is_secure, proxy, problems
        self._metrics = metrics if metrics is not None else build_desk_metrics()
        self._now_us, self._now_s = now_us, now_s
        self._pages = Pages(board, utc_offset_s)
        self._sessions, self._attempts = Sessions(), Attempts()
        self._acting = asyncio.Lock()
        self._hashing = asyncio.Semaphore(2)
        self._updates = Updates(lambda: (board.version, problems()))
        self._cookie = "__Host-desk" if is_secure else "desk"

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=FORM_BYTES_MAX)
        for method, path, act, handler in self.routes():
            app.router.add_route(method, path, partial(self._guarded, act, handler))
        app.router.add_route("*", "/{rest:.*}", partial(self._guarded, PUBLIC, self._nowhere))
        return app

    def routes(self) -> list[tuple[str, str, Act | str, Callable[[web.Request], object]]]:
        """Return every route: method, path, the act it is in the table of roles, handler."""
        steps = [
            ("POST", f"/case/{{case}}/step/{stage.lower()}", act, partial(self._step, stage)) for stage, act in ACT_OF_STAGE.items()
        ]
        return [
            ("GET", "/", "read", self._queue),
            ("GET", "/case/{case}", "read", self._case),
            ("POST", "/search", "read", self._search),
            ("GET", "/changes", "read", self._changes),
            ("POST", "/case/{case}/open", "open_identifiers", self._open),
            ("POST", "/case/{case}/approve", "approve", self._approve),
            ("POST", "/case/{case}/withdraw", "withdraw", self._withdraw),
            ("POST", "/case/{case}/answer", "answer", self._answer),
            *steps,
            ("POST", "/case/{case}/snooze", "snooze", self._snooze),
            ("POST", "/sign-out", "sign_out", self._sign_out),
            ("GET", "/sign-in", PUBLIC, self._sign_in_page),
            ("POST", "/sign-in", PUBLIC, self._sign_in),
            ("GET", "/language/{language}", PUBLIC, self._language),
            ("GET", "/static/{name}", PUBLIC, self._static),
            ("GET", "/healthy", PUBLIC, self._healthy),
        ]

    def wake(self) -> None:
        """Tell the pages that look on that something has changed."""
        self._updates.wake()

    def end(self) -> None:
        """Let the live updates end."""
        self._updates.end()

    # ---- before every page -------------------------------------------------------------------------------------------

    async def _guarded(self, act: Act | str, handler: Callable[[web.Request], object], request: web.Request) -> web.StreamResponse:
        started_s = time.perf_counter()
        is_use = request.path != "/changes" and "X-Desk-Live" not in request.headers
        token, session = request.cookies.get(self._cookie, ""), None
        try:
            session = self._sessions.get(token, self._now_s(), self._users.users(), is_use=is_use) if token else None
            await admit(request, act, session)
            response = await handler(request)  # type: ignore[misc] # every handler of the table is a coroutine
        except Refused as refused:
            response = await self._refusal(request, session, refused)
        except NotWrittenError:
            response = self._html(self._pages.message(self._look(request, session), "not_written"), 503)
        except UsersError as error:
            logger.error("users_file_unusable reason=%s", error)
            response = self._html(self._pages.message(self._look(request, None), "no_users"), 503)
        except web.HTTPException as error:  # aiohttp's own, say a form that is too large
            response = self._html(self._pages.message(self._look(request, session), "not_valid"), error.status)
        assert isinstance(response, web.StreamResponse)
        if not response.prepared:
            put_headers(response, is_secure=self._is_secure)
        if request.path != "/changes":  # which lasts as long as somebody looks on
            self._metrics.page_seconds.labels(_page_of(request.path, act)).observe(time.perf_counter() - started_s)
        return response

    async def _refusal(self, request: web.Request, session: Session | None, refused: Refused) -> web.Response:
        if refused.status == 303:
            return web.Response(status=303, headers={hdrs.LOCATION: "/sign-in"})
        if refused.status == 403 and session is not None:  # a stranger could fill the audit with what never came in
            action = AUDITED.get(refused.act, "READ_CASE")
            await self._audit(request, session, action, "REFUSED", case_id=request.match_info.get("case"))
        return self._html(self._pages.message(self._look(request, session), refused.key), refused.status)

    def _look(self, request: web.Request, session: Session | None, *, error: str = "", done: bool = False) -> Look:
        language = request.cookies.get("language", "")
        if language not in LANGUAGES:
            language = "zh" if request.headers.get(hdrs.ACCEPT_LANGUAGE, "").lower().startswith("zh") else "en"
        is_page = request.method == hdrs.METH_GET
        path = request.path_qs if is_page else case_url(request.match_info["case"]) if "case" in request.match_info else "/"
        return Look(
            language=language,
            now_us=self._now_us(),
            now_s=self._now_s(),
            path=path,
            session=session,
            notices=self._problems() if session is not None else (),
            error=error,
            done=done,
        )

    @staticmethod
    def _html(text: str, status: int = 200) -> web.Response:
        return web.Response(text=text, status=status, content_type="text/html")

    def _address(self, request: web.Request) -> str:
        """Return whom we speak with; behind the proxy that we were told of, whom it says it speaks with."""
        address = request.remote or "unknown"
        if self._proxy and address == self._proxy:
            forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            return forwarded[:64] or address
        return address

    async def _audit(
        self, request: web.Request, session: Session | None, action: AuditAction, outcome: AuditOutcome, **details: str | None
    ) -> None:
        """Append to the audit. Errors: NotWrittenError."""
        case_id = details.get("case_id")
        known = {**details, "case_id": case_id if case_id in self._board.cases else None, "address": self._address(request)}
        await self._writer.audit(entry(self._now_us(), session, action, outcome, known))
        self._metrics.acts.labels(action, outcome).inc()

    # ---- signing in --------------------------------------------------------------------------------------------------

    async def _sign_in_page(self, request: web.Request) -> web.Response:
        return self._html(self._pages.sign_in(self._look(request, None)))

    async def _sign_in(self, request: web.Request) -> web.Response:
        form, now_s, address = form_of(request), self._now_s(), self._address(request)
        name, password = form.get("name", "").strip()[:32], form.get("password", "")
        user = self._users.users().get(name)
        known = name if user is not None else None
        wait_s = self._attempts.wait_s(name, address, now_s)
        if wait_s:
            self._metrics.failed_sign_ins.labels("too_many").inc()
            # Not audited: the failures before it are, and a stranger must not be able to fill the topic.
            response = self._html(self._pages.sign_in(self._look(request, None, error="too_many"), name), 429)
            response.headers[hdrs.RETRY_AFTER] = str(math.ceil(wait_s))
            return response
        self._attempts.fail(name, address, now_s)  # before the slow look, so that many tries at once do not pass together
        async with self._hashing:
            is_right = await asyncio.to_thread(is_password, password, user.secret if user is not None else NOBODYS)
        if user is None or not is_right:
            self._metrics.failed_sign_ins.labels("wrong").inc()
            await self._audit(request, None, "SIGN_IN", "REFUSED", actor=known, reason="wrong name or password")
            return self._html(self._pages.sign_in(self._look(request, None, error="wrong_sign_in"), name), 403)
        self._attempts.succeed(name, address)
        return await self._signed_in(request, user)

    async def _signed_in(self, request: web.Request, user: User) -> web.Response:
        token = self._sessions.start(user, self._now_s())
        session = self._sessions.get(token, self._now_s(), self._users.users())
        try:
            await self._audit(request, session, "SIGN_IN", "DONE")
        except NotWrittenError:
            self._sessions.end(token)
            raise
        self._metrics.sign_ins.inc()
        response = self._to("/")
        response.set_cookie(self._cookie, token, httponly=True, samesite="Strict", secure=self._is_secure, path="/")
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        self._sessions.end(request.cookies.get(self._cookie, ""))
        await self._audit(request, session_of(request), "SIGN_OUT", "DONE")
        response = self._to("/sign-in")
        response.del_cookie(self._cookie, path="/")
        return response

    async def _language(self, request: web.Request) -> web.Response:
        language = request.match_info["language"]
        if language not in LANGUAGES:
            raise Refused(404, "not_found")
        back = request.query.get("back", "/")
        response = self._to(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
        response.set_cookie("language", language, max_age=31_536_000, samesite="Strict", secure=self._is_secure, path="/")
        return response

    @staticmethod
    def _to(path: str) -> web.Response:
        return web.Response(status=303, headers={hdrs.LOCATION: path})

    async def _static(self, request: web.Request) -> web.Response:
        kinds = {"desk.css": "text/css", "desk.js": "text/javascript"}
        name = request.match_info["name"]
        if name not in kinds:
            raise Refused(404, "not_found")
        text = (STATIC / name).read_text("utf-8")
        return web.Response(text=text, content_type=kinds[name], headers={hdrs.CACHE_CONTROL: "max-age=300"})

    async def _healthy(self, request: web.Request) -> web.Response:
        """Say whether the board follows the topics; for the proxy and whoever watches, so without sign-in."""
        problems = self._problems()
        return web.Response(status=503 if problems else 200, text="\n".join(problems) or "ok")

    async def _nowhere(self, request: web.Request) -> web.Response:
        raise Refused(404, "not_found")

    # ---- reading -----------------------------------------------------------------------------------------------------

    async def _queue(self, request: web.Request) -> web.Response:
        show = request.query.get("show", "open")
        look = self._look(request, session_of(request))
        return self._html(self._pages.queue(look, show if show in ("open", "done", "all") else "open"))

    async def _case(self, request: web.Request) -> web.Response:
        case, session = self._named(request), session_of(request)
        if case.case_id not in session.read:
            await self._audit(request, session, "READ_CASE", "DONE", case_id=case.case_id)
            session.read.add(case.case_id)
        look = self._look(request, session, done="done" in request.query)
        return self._html(self._pages.case(look, case))

    async def _search(self, request: web.Request) -> web.Response:
        text, session = form_of(request).get("text", "").strip()[:128], session_of(request)
        hidden = self._users.subject_hmac(text) if text else None
        await self._audit(request, session, "SEARCH", "DONE", subject_hmac=hidden)
        found = self._board.search(text)
        if len(found) == 1:
            return self._to(case_url(found[0]))
        return self._html(self._pages.found(self._look(request, session), text))

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        token = request.cookies.get(self._cookie, "")

        def is_signed_in() -> bool:
            return self._sessions.get(token, self._now_s(), self._users.users(), is_use=False) is not None

        session = session_of(request)
        if session.streams >= STREAMS_MAX:
            raise Refused(429, "too_many")
        session.streams += 1
        try:
            return await self._updates.follow(request, is_signed_in, is_secure=self._is_secure)
        finally:
            session.streams -= 1

    def _named(self, request: web.Request) -> CaseFile:
        case = self._board.cases.get(self._board.now_called(request.match_info["case"]))
        if case is None or not (case.alerts or case.requests):
            raise Refused(404, "not_found")
        return case

    # ---- acting ------------------------------------------------------------------------------------------------------

    async def _open(self, request: web.Request) -> web.Response:
        case, session = self._named(request), session_of(request)
        reference = form_of(request).get("case_ref", "").strip()[:128]
        if not reference:
            look = self._look(request, session, error="reason_missing")
            return self._html(self._pages.case(look, case), 422)
        await self._audit(request, session, "OPEN_IDENTIFIERS", "DONE", case_id=case.case_id, case_ref=reference)
        session.opened[case.case_id] = (reference, self._now_s() + OPENED_S)
        return self._to(case_url(case.case_id))

    async def _approve(self, request: web.Request) -> web.Response:
        return await self._act(request, "APPROVE", lambda case, doer, form: acts.approve(self._board, case, doer, form))

    async def _withdraw(self, request: web.Request) -> web.Response:
        return await self._act(request, "WITHDRAW", acts.withdraw)

    async def _answer(self, request: web.Request) -> web.Response:
        return await self._act(request, "ANSWER", partial(acts.answer, utc_offset_s=self._utc_offset_s))

    async def _snooze(self, request: web.Request) -> web.Response:
        return await self._act(request, "SNOOZE", acts.snooze)

    async def _step(self, stage: str, request: web.Request) -> web.Response:
        return await self._act(request, "DISSUADE", lambda case, doer, form: acts.step(case, doer, {**form, "stage": stage}))

    async def _act(
        self,
        request: web.Request,
        action: AuditAction,
        make: Callable[[CaseFile, Doer, Mapping[str, str]], ActRecord],
    ) -> web.Response:
        """Carry out what a person does: one at a time, so that two never take the same number; audit, record, then "done"."""
        case, session, form = self._named(request), session_of(request), form_of(request)
        async with self._acting:
            try:
                record = make(case, Doer(session.name, self._now_us(), f"d-{secrets.token_hex(16)}"), form)
            except ActError as error:
                return self._html(self._pages.case(self._look(request, session, error=error.code), case), 422)
            told = {
                "case_id": case.case_id,
                "record_id": acts.id_of(record),
                "reason": veil_of(self._board, case, (), is_open=False).text(form.get("reason", "").strip()),
            }
            await self._audit(request, session, action, "DONE", **told)
            try:
                await self._writer.write(record)
            except NotWrittenError:
                await self._audit(request, session, action, "FAILED", **told)
                raise
            self._board.take(record)
        self.wake()
        return self._to(case_url(case.case_id) + "?done")


def _page_of(path: str, act: Act | str) -> str:
    """Return which kind of page a request asks for, by `metrics.PAGES`."""
    if act == "read":
        return "queue" if path == "/" else "search" if path == "/search" else "case"
    return "other" if act in (PUBLIC, "sign_out") else "act"
