"""What the detection really publishes, story by story, on the pages: every case is drawn, in both languages, and names nobody."""

import re
from typing import Any

import msgspec
import pytest

from models.records import Alert, CaseControl, Disposition, FreezeRequest, TraceRecord
from models.units import time_us
from stream.desk.board import Board
from stream.desk.flow import flow
from stream.desk.pages import Look, Pages
from stream.desk.roles import ROLES
from stream.desk.sessions import Session
from tests.bank import Bank, told_at
from tests.scenario import SCENARIOS, read_story

STORIES = sorted(path.stem for path in SCENARIOS.glob("*.txt"))


def played(name: str) -> tuple[Board, int]:
    """Return the board of a story as it ends, and when that is."""
    bank, board, now_us = Bank(), Board(), 0
    for step in read_story((SCENARIOS / f"{name}.txt").read_text(encoding="utf-8")):
        bank.take_one(step.event, delay_ms=step.late_ms)
        now_us = max(now_us, time_us(told_at(step.event)))
        if isinstance(step.event, Disposition | CaseControl):
            board.take(step.event)
    published = [*bank.alerts, *bank.requests, *bank.traces]
    numbers = {name: f"62220202{number:011}" for number, name in enumerate(sorted(accounts_of(published)))}
    for record in published:
        board.take(msgspec.convert(_numbered(msgspec.to_builtins(record), numbers), type(record)))
    return board, now_us


def _numbered(part: Any, numbers: dict[str, str]) -> Any:
    """Return a record with account numbers as long as real ones in place of the story's names, some of which are plain words."""
    if isinstance(part, dict):
        return {name: _numbered(value, numbers) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_numbered(value, numbers) for value in part]
    return numbers.get(part, part) if isinstance(part, str) else part


def accounts_of(records: list[Any]) -> set[str]:
    found = set()
    for record in records:
        match record:
            case Alert(subject=subject):
                found |= {subject.id} if subject.kind == "ACCOUNT" else set()
            case FreezeRequest():
                found |= {record.target.account, *(match.counterparty_account for match in record.transactions)}
            case TraceRecord():
                found |= {record.account, *(part.account for part in record.left if part.account)}
    return {account for account in found if account != "CASH" and not account.startswith("ATM")}


@pytest.mark.parametrize("name", STORIES)
def test_every_case_of_a_story_is_drawn_and_names_nobody(name: str) -> None:
    board, now_us = played(name)
    pages = Pages(board, 28_800)
    for role in ROLES:
        session = Session("wang", role, "", 0, 0)
        for language in ("zh", "en"):
            look = Look(language=language, now_us=now_us, now_s=0, session=session)
            texts = [pages.queue(look, show) for show in ("open", "done", "all")]
            texts += [pages.case(look, case) for case in board.cases.values()]
            shown = re.sub(r"<[^>]*>", " ", "".join(texts))
            assert re.findall(r"62220202\d+", shown) == []


def test_reported_money_of_a_chain_is_drawn_from_the_victim_to_its_end() -> None:
    board, _ = played("r_chain_reported_after_20_minutes")
    ways = {
        (node.column, node.kind, node.is_subject)
        for case in board.cases.values()
        if case.requests
        for node in flow(board, case).nodes
    }
    assert {column for column, _, _ in ways} >= {0, 1, 2}
    assert any(
        case.requests and board.search(request_id) == [case.case_id]
        for case in board.cases.values()
        for request_id in case.requests
    )
