"""The desk in a real Chromium: what a person clicks and sees, with scripts and without. Without Chromium it fails and says so."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from models.records import CaseControl, FreezeResponse
from tests.stream.desk.chromium import Chromium
from tests.stream.desk.served import NAMES, PASSWORD, Desk, serving
from tests.stream.desk.stories import alert, request, whole_desk

Story = Callable[[Desk, Chromium], Awaitable[None]]


def in_chromium(tmp_path: Path, role: str, story: Story, *, scripts: bool = True) -> None:
    """Serve a desk with several cases, sign in with the keyboard and the mouse, and live through a story."""

    async def whole() -> None:
        async with serving(Desk(tmp_path, whole_desk())) as desk, Chromium() as browser:
            if not scripts:
                await browser.without_scripts()
            await browser.go(f"{desk.address}/")
            await browser.type("#name", NAMES[role])
            await browser.type("#password", PASSWORD)
            await browser.click(".sign-in button")
            await browser.until("document.querySelector('#queue tbody') !== null")
            await story(desk, browser)
            # A form refused with a reason is a 422, which the console tells too; scripts and styles refused would be others.
            assert [trouble for trouble in browser.troubles if "status of 4" not in trouble] == []

    asyncio.run(asyncio.wait_for(whole(), 120))


def test_an_officer_signs_in_opens_the_most_urgent_case_and_rejects_it_with_a_reason(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.click("#queue tbody tr:first-child a")
        await browser.until("document.querySelector('#answer-1') !== null")
        text = await browser.text()
        for part in ("Money flow", "Remedies", "Look-alikes checked and ruled out", "Timeline", "***3445", "¥29,800.00"):
            assert part in text
        await browser.choose("#answer-1 select[name=status]", "REJECTED")
        await browser.click("#answer-1 button")
        await browser.until("document.body.innerText.includes('Please give a reason.')")
        assert desk.writer.written == []
        await browser.run("window.isStillThisPage = true")
        desk.take(alert(revision=3, minutes=33, tier=2))
        await browser.until("document.querySelector('#timeline').innerText.split('Alert, again').length === 3")
        assert await browser.run("window.isStillThisPage"), "a live update must not send a refused form again"
        assert "Please give a reason." in await browser.text()
        await browser.choose("#answer-1 select[name=status]", "REJECTED")
        await browser.type("#answer-1 input[name=reason]", "与本案无关")
        await browser.click("#answer-1 button")
        await browser.until("document.body.innerText.includes('Recorded.')")
        (answer,) = desk.writer.written
        assert isinstance(answer, FreezeResponse)
        assert (answer.status, answer.reason, answer.sequence) == ("REJECTED", "与本案无关", 2)
        assert "The liaison answered: rejected" in await browser.text()

    in_chromium(tmp_path, "LIAISON", story)


def test_a_bank_clerk_approves_a_request_and_switches_the_language(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.go(f"{desk.address}/case/c-4")
        await browser.click("#approve-1 button")
        await browser.until("document.body.innerText.includes('Recorded.')")
        (control,) = desk.writer.written
        assert isinstance(control, CaseControl)
        assert (control.action, control.actor) == ("APPROVE_PROTECTED", "wang")
        await browser.click("#language")
        await browser.until("document.documentElement.lang === 'zh-CN'")
        assert "资金流向" in await browser.text()
        assert "同意提请止付" in await browser.text()

    in_chromium(tmp_path, "BANK_DESK", story)


def test_identifiers_are_masked_until_opened_with_a_case_reference(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.go(f"{desk.address}/case/c-1")
        assert "6222020200112233445" not in await browser.run("document.documentElement.outerHTML")
        await browser.run("document.querySelector('#open').parentNode.open = true")
        await browser.type("#open input[name=case_ref]", "2026-0302-17")
        await browser.click("#open button")
        await browser.until("document.body.innerText.includes('6222020200112233445')")

    in_chromium(tmp_path, "LIAISON", story)


def test_a_new_case_and_a_running_clock_appear_by_themselves(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        first = await browser.run("document.querySelector('.clock').textContent")
        desk.take(request("c-8", minutes=30, account="6222020200131313131"))
        await browser.until("document.querySelector('a[href=\"/case/c-8\"]') !== null")
        await browser.until(f"document.querySelector('.clock').textContent !== {first!r}")

    in_chromium(tmp_path, "READ_ONLY", story)


def test_what_is_being_typed_survives_a_live_update(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.go(f"{desk.address}/case/c-1")
        await browser.type("#answer-1 input[name=reason]", "half a sent")
        desk.take(alert(revision=3, minutes=33, tier=2))
        await browser.until("document.querySelector('#timeline').innerText.split('Alert, again').length === 3")
        assert await browser.run("document.querySelector('#answer-1 input[name=reason]').value") == "half a sent"

    in_chromium(tmp_path, "LIAISON", story)


def test_everything_can_be_done_without_scripts(tmp_path: Path) -> None:
    """No script runs in the page; what is asked of it here comes from outside."""

    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.go(f"{desk.address}/case/c-1")
        await browser.click("#answer-1 button")
        await browser.until("document.body.innerText.includes('Recorded.')")
        assert [type(record) for record in desk.writer.written] == [FreezeResponse]
        await browser.go(f"{desk.address}/")
        assert await browser.run("document.querySelector('meta[http-equiv=refresh]') !== null")

    in_chromium(tmp_path, "LIAISON", story, scripts=False)


def test_the_page_fits_an_old_screen(tmp_path: Path) -> None:
    async def story(desk: Desk, browser: Chromium) -> None:
        await browser.resize(1_024, 768)
        for path in ("/", "/?show=all", "/case/c-1", "/case/c-2"):
            for language in ("zh", "en"):
                await browser.go(f"{desk.address}/language/{language}?back={path}")
                assert await browser.run("document.documentElement.scrollWidth") <= 1_024, path

    in_chromium(tmp_path, "MANAGER", story)
