"""The desk over HTTP: every route by role, forged forms, sign-in, headers, masking, and what each act writes."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from models.records import CaseControl, Disposition, FreezeResponse
from stream.desk.board import BoardRecord
from stream.desk.guard import PUBLIC
from stream.desk.roles import ACTS, MAY, ROLES, may
from stream.desk.sessions import ATTEMPTS_PER_NAME_AND_ADDRESS, IDLE_S, OPENED_S
from tests.stream.desk.served import NAMES, PASSWORD, Desk, Visitor, serving, visiting
from tests.stream.desk.stories import ABROAD, MULE, SECOND, STRANGER, VICTIM, alert, request, step, whole_desk

ACCOUNTS = re.compile(r"62\d{12,}")
FORMS: dict[str, dict[str, str]] = {
    "/search": {"text": "c-1"},
    "/case/{case}/open": {"case_ref": "2026-0302-17"},
    "/case/{case}/approve": {"on": "fr-c-1", "reason": "checked"},
    "/case/{case}/withdraw": {"alert_id": "al-c-1", "reason": "found in order"},
    "/case/{case}/answer": {"request_id": "fr-c-1", "status": "ACKNOWLEDGED"},
    "/case/{case}/step/remind": {"alert_id": "al-c-1", "outcome": "REFUSED"},
    "/case/{case}/step/manager": {"alert_id": "al-c-1", "outcome": "REFUSED"},
    "/case/{case}/step/police": {"alert_id": "al-c-1", "outcome": "STOPPED"},
    "/case/{case}/snooze": {"alert_id": "al-c-1", "hours": "24", "reason": "market stall"},
    "/sign-out": {},
}
Visit = Callable[[Desk, Visitor], Awaitable[Any]]


def case() -> list[BoardRecord]:
    return [alert(), request(), step()]


def visit(tmp_path: Path, what: Visit, role: str | None = None, records: list[BoardRecord] | None = None, **given: Any) -> Any:
    """Serve a desk, visit it under a role, and return what the visit returned."""

    async def whole() -> Any:
        desk = Desk(tmp_path, case() if records is None else records, **given)
        async with serving(desk), visiting(desk, role) as visitor:
            desk.writer.audited.clear()
            return await what(desk, visitor)

    return asyncio.run(asyncio.wait_for(whole(), 60))


def routes(tmp_path: Path) -> list[tuple[str, str, str]]:
    async def listed() -> list[tuple[str, str, str]]:
        return [(method, path, act) for method, path, act, _ in Desk(tmp_path, []).site.routes()]

    return asyncio.run(listed())


def test_every_route_is_an_act_of_the_table_and_every_act_has_a_route(tmp_path: Path) -> None:
    acts = {act for _, _, act in routes(tmp_path)}
    assert acts - {PUBLIC, "sign_out"} == set(ACTS) == set(MAY)
    assert {path for method, path, act in routes(tmp_path) if method == "POST" and act != PUBLIC} == set(FORMS)


@pytest.mark.parametrize("role", ROLES)
def test_every_form_is_open_to_the_roles_of_the_table_and_to_no_other(tmp_path: Path, role: str) -> None:
    posts = [(path, act) for method, path, act in routes(tmp_path) if method == "POST" and act not in (PUBLIC, "sign_out")]

    async def all_forms(desk: Desk, visitor: Visitor) -> dict[str, int]:
        return {act: (await visitor.post(path.replace("{case}", "c-1"), FORMS[path]))[0] for path, act in posts}

    found = visit(tmp_path, all_forms, role)
    assert found == {act: 303 if may(role, act) else 403 for _, act in posts}  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_the_forms_that_it_may_send(tmp_path: Path, role: str) -> None:
    async def page(desk: Desk, visitor: Visitor) -> str:
        return (await visitor.get("/case/c-1"))[1]

    offered = set(re.findall(r'action="/case/c-1/([a-z/]+)"', visit(tmp_path, page, role)))
    paths = {path.removeprefix("/case/{case}/"): act for _, path, act in routes(tmp_path) if path.startswith("/case/{case}/")}
    assert offered == {path for path, act in paths.items() if may(role, act)}  # type: ignore[arg-type]


def test_without_a_session_every_page_leads_to_the_sign_in_and_nothing_is_written(tmp_path: Path) -> None:
    known = routes(tmp_path)

    async def all_routes(desk: Desk, visitor: Visitor) -> None:
        for method, path, act in known:
            if act != PUBLIC:
                real = path.replace("{case}", "c-1")
                status, text, response = await (visitor.get(real) if method == "GET" else visitor.post(real, FORMS[path]))
                assert (status, response.headers["Location"], text) == (303, "/sign-in", ""), path
        assert (desk.writer.written, desk.writer.audited) == ([], [])

    visit(tmp_path, all_routes)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_token_of_the_session_is_refused(tmp_path: Path, path: str) -> None:
    async def forged(desk: Desk, visitor: Visitor) -> None:
        for token in ("", "x" * 43):
            status, _, _ = await visitor.post(path.replace("{case}", "c-1"), FORMS[path] | {"csrf": token})
            assert status == 403
        assert desk.writer.written == []
        assert {record.outcome for record in desk.writer.audited} == {"REFUSED"}

    visit(tmp_path, forged, "LIAISON")


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_a_form_from_another_site_is_refused_even_with_the_token(tmp_path: Path, headers: dict[str, str]) -> None:
    async def forged(desk: Desk, visitor: Visitor) -> None:
        form = FORMS["/case/{case}/answer"]
        assert (await visitor.post("/case/c-1/answer", form, headers=headers))[0] == 403
        assert (await visitor.post("/sign-in", {"name": "li", "password": PASSWORD}, headers=headers))[0] == 403
        assert desk.writer.written == []

    visit(tmp_path, forged, "LIAISON")


def test_every_answer_bears_the_security_headers(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        for path in ("/", "/case/c-1", "/sign-in", "/static/desk.css", "/static/desk.js", "/nowhere", "/case/none", "/language/zh"):
            _, _, response = await visitor.get(path)
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["X-Content-Type-Options"] == "nosniff"

    visit(tmp_path, look, "LIAISON")


def test_no_page_holds_script_or_style_of_its_own_or_anything_from_elsewhere(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        for path in ("/", "/case/c-1", "/sign-in"):
            text = (await visitor.get(path))[1]
            assert not re.search(r"<style|style=|\son[a-z]+=|javascript:|https?://", text)
            assert re.findall(r"<script[^>]*>[^<]*</script>", text) == ['<script src="/static/desk.js"></script>']

    visit(tmp_path, look, "LIAISON", whole_desk())


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async def sign_in(desk: Desk, visitor: Visitor) -> str:
        response = (await visitor.post("/sign-in", {"name": "li", "password": PASSWORD}))[2]
        return response.headers["Set-Cookie"]

    plain = visit(tmp_path, sign_in)
    assert re.search(r"^desk=[\w-]{43};", plain)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(plain.split("; "))
    secure = visit(tmp_path, sign_in, is_secure=True)
    assert secure.startswith("__Host-desk=")
    assert "Secure" in secure.split("; ")


@pytest.mark.parametrize("role", ["READ_ONLY", "LIAISON", "MANAGER", "BANK_DESK"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_names_an_account_as_long_as_identifiers_are_masked(tmp_path: Path, role: str, language: str) -> None:
    spoken = [step(minutes=11, decided_by=VICTIM), request(sequence=3, minutes=31, state="WITHDRAWN", reasons=request().reasons)]

    async def look(desk: Desk, visitor: Visitor) -> str:
        await visitor.get(f"/language/{language}")
        pages = [(await visitor.get(path))[1] for path in ("/", "/?show=all", "/?show=done")]
        pages += [(await visitor.get(f"/case/c-{number}"))[1] for number in range(1, 7)]
        pages.append((await visitor.post("/search", {"text": VICTIM}))[1])
        pages.append((await visitor.post("/search", {"text": "6222020200000000000"}))[1])
        return "".join(pages)

    text = visit(tmp_path, look, role, [*whole_desk(), *spoken])
    assert len(text) > 30_000
    assert ACCOUNTS.findall(text) == []


def test_identifiers_are_opened_under_a_case_reference_which_is_audited_and_masked_again(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        assert (await visitor.post("/case/c-1/open", {"case_ref": "  "}))[0] == 422
        assert desk.writer.audited == []
        assert (await visitor.post("/case/c-1/open", {"case_ref": "2026-0302-17"}))[0] == 303
        record = desk.writer.audited[-1]
        assert (record.actor, record.role, record.action, record.outcome) == ("officer-7", "LIAISON", "OPEN_IDENTIFIERS", "DONE")
        assert (record.case_id, record.case_ref) == ("c-1", "2026-0302-17")
        text = (await visitor.get("/case/c-1"))[1]
        assert all(account in text for account in (MULE, VICTIM, SECOND, STRANGER, ABROAD))
        assert ACCOUNTS.findall((await visitor.get("/case/c-3"))[1]) == []
        desk.now_s += OPENED_S
        assert ACCOUNTS.findall((await visitor.get("/case/c-1"))[1]) == []

    visit(tmp_path, look, "LIAISON", whole_desk())


def test_nothing_is_opened_that_the_audit_did_not_take(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        desk.writer.refuses_audit = True
        assert (await visitor.post("/case/c-1/open", {"case_ref": "17"}))[0] == 503
        desk.writer.refuses_audit = False
        assert ACCOUNTS.findall((await visitor.get("/case/c-1"))[1]) == []

    visit(tmp_path, look, "LIAISON")


@pytest.mark.parametrize(
    ("role", "path", "kind", "action"),
    [
        ("BANK_DESK", "/case/{case}/approve", CaseControl, "APPROVE"),
        ("MANAGER", "/case/{case}/withdraw", Disposition, "WITHDRAW"),
        ("LIAISON", "/case/{case}/answer", FreezeResponse, "ANSWER"),
        ("BANK_DESK", "/case/{case}/step/remind", Disposition, "DISSUADE"),
        ("MANAGER", "/case/{case}/step/manager", Disposition, "DISSUADE"),
        ("LIAISON", "/case/{case}/step/police", Disposition, "DISSUADE"),
        ("MANAGER", "/case/{case}/snooze", CaseControl, "SNOOZE"),
    ],
)
def test_an_act_is_audited_then_written_then_shown(tmp_path: Path, role: str, path: str, kind: type, action: str) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        status, _, response = await visitor.post(path.replace("{case}", "c-1"), FORMS[path])
        assert (status, response.headers["Location"]) == (303, "/case/c-1?done")
        assert [type(record) for record in desk.writer.written] == [kind]
        audited = desk.writer.audited[-1]
        assert (audited.actor, audited.role, audited.action, audited.outcome) == (NAMES[role], role, action, "DONE")
        assert (audited.case_id, audited.made_at.timestamp()) == ("c-1", desk.now_us / 1_000_000)
        assert audited.record_id is not None
        assert audited.address == "127.0.0.1"
        assert not desk.board.take(desk.writer.written[0])
        assert "Recorded." in (await visitor.get("/case/c-1?done"))[1]

    visit(tmp_path, act, role)


def test_an_act_that_the_audit_did_not_take_is_not_done(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        desk.writer.refuses_audit = True
        assert (await visitor.post("/case/c-1/answer", FORMS["/case/{case}/answer"]))[0] == 503
        assert desk.writer.written == []
        assert desk.board.requests["fr-c-1"].answers == {}

    visit(tmp_path, act, "LIAISON")


def test_an_act_that_was_not_acknowledged_is_told_and_audited_as_failed(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        desk.writer.refuses = True
        status, text, _ = await visitor.post("/case/c-1/answer", FORMS["/case/{case}/answer"])
        assert status == 503
        assert "did not confirm" in text
        assert [record.outcome for record in desk.writer.audited] == ["DONE", "FAILED"]
        assert desk.board.requests["fr-c-1"].answers == {}

    visit(tmp_path, act, "LIAISON")


def test_two_answers_at_once_take_two_numbers(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        form = FORMS["/case/{case}/answer"]
        await asyncio.gather(*(visitor.post("/case/c-1/answer", form) for _ in range(4)))
        assert sorted(record.sequence for record in desk.writer.written) == [1, 2, 3, 4]  # type: ignore[union-attr]

    visit(tmp_path, act, "LIAISON")


def test_a_form_that_cannot_become_a_record_says_why_and_writes_nothing(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        form = {"request_id": "fr-c-1", "status": "REJECTED"}
        status, text, _ = await visitor.post("/case/c-1/answer", form)
        assert status == 422
        assert "Please give a reason." in text
        assert (desk.writer.written, desk.writer.audited) == ([], [])

    visit(tmp_path, act, "LIAISON")


def test_what_a_role_may_not_is_audited_as_refused(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        assert (await visitor.post("/case/c-1/withdraw", FORMS["/case/{case}/withdraw"]))[0] == 403
        assert [(record.action, record.outcome, record.case_id) for record in desk.writer.audited] == [
            ("WITHDRAW", "REFUSED", "c-1")
        ]
        assert desk.writer.written == []

    visit(tmp_path, act, "READ_ONLY")


def test_reading_a_case_and_searching_are_audited_without_the_account(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        await visitor.get("/case/c-1")
        await visitor.get("/case/c-1")
        status, _, response = await visitor.post("/search", {"text": MULE})
        assert (status, response.headers["Location"]) == (303, "/case/c-1")
        assert [(record.action, record.case_id) for record in desk.writer.audited] == [("READ_CASE", "c-1"), ("SEARCH", None)]
        assert desk.writer.audited[1].subject_hmac == desk.users.subject_hmac(MULE)

    visit(tmp_path, look, "READ_ONLY")


def test_a_reason_is_audited_with_accounts_masked(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        await visitor.post("/case/c-1/withdraw", {"alert_id": "al-c-1", "reason": f"{MULE} belongs to a market stall"})
        assert desk.writer.audited[-1].reason == "***3445 belongs to a market stall"

    visit(tmp_path, act, "MANAGER")


def test_sign_in_and_out_are_audited_and_failures_too(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        assert await visitor.sign_in("li", "wrong password") == 403
        assert await visitor.sign_in("nobody", PASSWORD) == 403
        assert await visitor.sign_in("li") == 303
        assert (await visitor.post("/sign-out"))[0] == 303
        assert (await visitor.get("/"))[0] == 303
        assert [(record.actor, record.action, record.outcome) for record in desk.writer.audited] == [
            ("li", "SIGN_IN", "REFUSED"),
            ("unknown", "SIGN_IN", "REFUSED"),
            ("li", "SIGN_IN", "DONE"),
            ("li", "SIGN_OUT", "DONE"),
        ]

    visit(tmp_path, act)


def test_nobody_is_signed_in_without_an_audit(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        desk.writer.refuses_audit = True
        assert await visitor.sign_in("li") == 503
        assert (await visitor.get("/"))[0] == 303

    visit(tmp_path, act)


def test_too_many_failures_are_told_to_wait_even_with_the_right_password(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        for _ in range(ATTEMPTS_PER_NAME_AND_ADDRESS):
            assert await visitor.sign_in("li", "wrong password") == 403
        status, _, response = await visitor.post("/sign-in", {"name": "li", "password": PASSWORD})
        assert (status, response.headers["Retry-After"]) == (429, "900")
        assert len(desk.writer.audited) == ATTEMPTS_PER_NAME_AND_ADDRESS
        desk.now_s += 900
        assert await visitor.sign_in("li") == 303

    visit(tmp_path, act)


def test_tries_sent_all_at_once_do_not_pass_the_limit(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        found = await asyncio.gather(*(visitor.sign_in("li", "wrong password") for _ in range(12)))
        assert sorted(found) == [403] * ATTEMPTS_PER_NAME_AND_ADDRESS + [429] * (12 - ATTEMPTS_PER_NAME_AND_ADDRESS)

    visit(tmp_path, act)


def test_behind_a_proxy_the_limit_is_of_the_address_that_the_proxy_names(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        for _ in range(ATTEMPTS_PER_NAME_AND_ADDRESS):
            await visitor.post("/sign-in", {"name": "li", "password": "x"}, headers={"X-Forwarded-For": "forged, 10.0.0.9"})
        assert desk.writer.audited[-1].address == "10.0.0.9"
        assert await visitor.sign_in("li") == 303

    visit(tmp_path, act, proxy="127.0.0.1")


def test_without_a_proxy_nobody_is_believed_to_be_elsewhere(tmp_path: Path) -> None:
    async def act(desk: Desk, visitor: Visitor) -> None:
        await visitor.post("/sign-in", {"name": "li", "password": "x"}, headers={"X-Forwarded-For": "10.0.0.9"})
        assert desk.writer.audited[-1].address == "127.0.0.1"

    visit(tmp_path, act)


def test_an_idle_session_ends_and_a_removed_user_is_out_at_once(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        desk.now_s += IDLE_S + 1
        assert (await visitor.get("/"))[0] == 303
        assert await visitor.sign_in("officer-7") == 303
        desk.users.remove("officer-7")
        assert (await visitor.get("/"))[0] == 303

    visit(tmp_path, look, "LIAISON")


def test_a_users_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        desk.users.path.write_text("[")
        assert (await visitor.get("/"))[0] == 503
        assert (await visitor.post("/sign-in", {"name": "li", "password": PASSWORD}))[0] == 503

    visit(tmp_path, look, "LIAISON")


def test_live_updates_tell_of_a_change_and_end_with_the_session(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        async with visitor.http.get(f"{desk.address}/changes") as stream:
            assert stream.headers["Content-Type"] == "text/event-stream"
            assert await stream.content.readuntil(b"\n\n") == b"retry: 3000\n\n"
            desk.take(alert(revision=2, minutes=12))
            assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: change\n")
            desk.users.remove("officer-7")
            desk.site.wake()
            while (told := await stream.content.readuntil(b"\n\n")).startswith(b"event: change\n"):
                pass
            assert told.startswith(b"event: ended\n")

    visit(tmp_path, look, "LIAISON")


def test_a_language_is_chosen_and_leads_back_within_the_desk_only(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        assert "Queue" in (await visitor.get("/"))[1]
        _, _, response = await visitor.get("/language/zh?back=/case/c-1")
        assert response.headers["Location"] == "/case/c-1"
        assert "待办" in (await visitor.get("/"))[1]
        for back in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", ""):
            response = (await visitor.get("/language/en", params={"back": back}))[2]
            assert response.headers["Location"] == "/"
        assert (await visitor.get("/language/fr"))[0] == 404

    visit(tmp_path, look, "LIAISON")


def test_the_language_of_the_browser_is_the_first_choice(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> str:
        return (await visitor.get("/sign-in", headers={"Accept-Language": "zh-CN,zh;q=0.9"}))[1]

    assert "登录" in visit(tmp_path, look)


def test_without_scripts_the_queue_reloads_itself(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> str:
        return (await visitor.get("/"))[1]

    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in visit(tmp_path, look, "LIAISON")


def test_what_people_wrote_is_text_and_never_markup(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>"

    async def look(desk: Desk, visitor: Visitor) -> None:
        await visitor.post("/case/c-1/answer", {"request_id": "fr-c-1", "status": "NEED_INFO", "reason": nasty})
        text = (await visitor.get("/case/c-1"))[1]
        assert nasty not in text
        assert "&lt;script&gt;" in text

    visit(tmp_path, look, "LIAISON")


def test_a_page_says_when_it_may_be_out_of_date_and_so_does_the_health_check(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        assert "out of date" in (await visitor.get("/"))[1]
        assert (await visitor.get("/healthy"))[0] == 503

    visit(tmp_path, look, "LIAISON", problems=lambda: ("stale",))


def test_a_form_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async def look(desk: Desk, visitor: Visitor) -> None:
        status, _, response = await visitor.post("/search", {"text": "x" * 20_000})
        assert status == 413
        assert "Content-Security-Policy" in response.headers

    visit(tmp_path, look, "LIAISON")
