"""The money-flow picture: who paid whom, drawn once each, bounded, with nobody named."""

import re

from models.records import MatchedTransaction
from stream.desk.board import BoardRecord
from stream.desk.flow import EACH_MAX, NODES_MAX, Flow, flow
from stream.desk.picture import picture
from stream.desk.veil import Veil
from tests.stream.desk.stories import ABROAD, AT, MULE, SECOND, STRANGER, VICTIM, alert, board_of, request, traced_case


def drawn(records: list[BoardRecord]) -> Flow:
    board = board_of(records)
    return flow(board, board.cases["c-1"])


def edges(found: Flow) -> set[tuple[str, str, int]]:
    names = {node.key: node.account or node.kind for node in found.nodes}
    return {(names[one.source], names[one.sink], one.amount_minor) for one in found.arrows}


def test_reported_money_is_drawn_from_the_victim_over_every_hop_to_its_ends() -> None:
    assert edges(drawn(traced_case())) == {
        (VICTIM, MULE, 4_980_000),
        (MULE, "CASH", 500_000),
        (MULE, SECOND, 2_000_000),
        (MULE, ABROAD, 1_500_000),
        (SECOND, "FAIR_TRADE", 200_000),
    }


def test_the_columns_follow_the_money() -> None:
    columns = {node.account or node.kind: node.column for node in drawn(traced_case()).nodes}
    assert columns == {VICTIM: 0, MULE: 1, "CASH": 2, SECOND: 2, ABROAD: 2, "FAIR_TRADE": 3}


def test_an_account_shows_what_of_reported_money_is_still_there() -> None:
    still = {node.account: node.still_minor for node in drawn(traced_case()).nodes if node.account}
    assert (still[MULE], still[SECOND], still[VICTIM], still[ABROAD]) == (980_000, 1_800_000, None, None)


def test_without_a_trace_the_booked_transactions_of_the_request_are_drawn() -> None:
    found = drawn([alert(), request()])
    assert edges(found) == {(VICTIM, MULE, 4_980_000), (MULE, STRANGER, 500_000)}
    assert not any(one.is_reported for one in found.arrows)


def test_of_an_alert_alone_there_is_nothing_to_draw() -> None:
    found = drawn([alert()])
    assert (found.nodes, found.arrows, found.rows) == ([], [], 0)


def test_a_busy_account_gives_a_bounded_picture_of_its_largest_movements_and_a_count() -> None:
    many = tuple(
        MatchedTransaction(
            event_id=f"e{number}", booked_at=AT, amount_minor=number, direction="IN", counterparty_account=f"payer-{number}", hop=1
        )
        for number in range(1, 41)
    )
    found = drawn([alert(), request(transactions=many)])
    assert sorted(one.amount_minor for one in found.arrows) == [36, 37, 38, 39, 40]
    assert (len(found.arrows), found.more) == (EACH_MAX, 35)
    assert len(found.nodes) <= NODES_MAX


def test_money_that_goes_in_a_circle_is_drawn_once() -> None:
    back = MatchedTransaction(event_id="e8", booked_at=AT, amount_minor=7, direction="OUT", counterparty_account=VICTIM, hop=1)
    found = drawn([alert(), request(transactions=(*request().transactions, back))])
    assert (VICTIM, MULE, 4_980_000) in edges(found)
    assert (MULE, VICTIM, 7) in edges(found)
    assert len(found.nodes) == 3


def test_the_picture_masks_accounts_and_keeps_within_its_size() -> None:
    shown = picture(drawn(traced_case()), Veil((MULE,), is_open=False), "en")
    texts = " ".join(text for box in shown.boxes for text in (box.title, box.below))
    assert not re.search(r"\d{5,}", texts)
    assert "#1 ***3445 ¥9,800.00 here" in texts
    assert all(0 <= box.x <= shown.width - shown.box_width for box in shown.boxes)
    assert all(0 <= box.y <= shown.height - shown.box_height for box in shown.boxes)
    assert len({(box.x, box.y) for box in shown.boxes}) == len(shown.boxes)


def test_cash_at_an_unknown_place_is_no_account() -> None:
    cash = MatchedTransaction(event_id="e8", booked_at=AT, amount_minor=7, direction="OUT", counterparty_account="CASH", hop=1)
    assert edges(drawn([alert(), request(transactions=(cash,))])) == {(MULE, "CASH", 7)}


def test_an_account_whose_name_looks_like_a_way_is_an_account() -> None:
    found = drawn([alert(account="CASH:ATM-12"), request(account="CASH:ATM-12")])
    assert [node.kind for node in found.nodes] == ["ACCOUNT"] * 3
