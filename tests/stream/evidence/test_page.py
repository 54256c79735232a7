"""The page of evidence: every part in both languages, nothing fetched, nothing run, the same bytes."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from stream.evidence.facts import Facts
from stream.evidence.flow import CASH, flow_of
from stream.evidence.form import bundle_of, sha256, take_apart
from stream.evidence.page import page
from stream.evidence.pictures import timeline
from stream.evidence.telling import news, story
from tests.stream.evidence.case_files import ACCOUNTS, forged

FIRM, FIRST, SECOND = ACCOUNTS.values()
SECTIONS = [
    "案情摘要 · Whom it is about",
    "经过 · What happened (UTC+08:00)",
    "时间线 · Timeline",
    "资金流向 · The way of the money",
    "紧急止付建议与匹配要素 · Freeze requests and match fields",
    "资金现状与可采取的措施 · Where the money is, and what can still be done",
    "理由 · Reasons",
    "已核对的正常情形 · Counter-evidence",
    "来源与校验 · Where it comes from, and how to check it",
]


class Outline(HTMLParser):
    """Collects tags, headings, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.headings: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


@pytest.fixture(scope="module")
def facts(opened_bundle: bytes) -> Facts:
    return Facts(bundle_of(take_apart(opened_bundle)))


@pytest.fixture(scope="module")
def text(opened_bundle: bytes) -> str:
    return page(bundle_of(take_apart(opened_bundle)), sha256(opened_bundle))


def test_the_page_has_every_part_and_closes_what_it_opens(text: str) -> None:
    outline = Outline(text)
    assert outline.headings == SECTIONS
    assert outline.open == []
    assert outline.tags["svg"] == 2


def test_the_page_runs_nothing_and_fetches_nothing(text: str) -> None:
    outline = Outline(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(outline.tags)
    assert not {"href", "src", "onclick", "onload"} & outline.attributes
    assert re.findall(r"https?://|url\(|@import", text) == []


def test_the_page_shows_the_hashes_of_the_bundle_and_of_all_in_it(text: str, opened_bundle: bytes) -> None:
    bundle = bundle_of(take_apart(opened_bundle))
    assert text.count(sha256(opened_bundle)) == 2
    assert bundle.policy.sha256 in text
    assert all(entry.sha256 in text for entry in bundle.inputs)


def test_the_same_bundle_gives_the_same_page(text: str, opened_bundle: bytes) -> None:
    assert page(bundle_of(take_apart(opened_bundle)), sha256(opened_bundle)) == text


def test_the_story_is_told_in_order_and_in_both_languages(facts: Facts) -> None:
    told = [(facts.local(row.time)[11:16], row.lane, row.en) for row in story(facts)]
    assert [(clock, lane) for clock, lane, _ in told if lane in ("money", "people")] == [
        ("10:00", "money"),
        ("10:05", "money"),
        ("10:08", "money"),
        ("10:20", "people"),
        ("10:20", "people"),
    ]
    assert told[0][2] == f"{FIRM} sent CNY 60,000.00 to {FIRST}, web"
    assert f"{SECOND} drew CNY 5,000.00 in cash, at ATM-12" in [en for _, _, en in told]
    lanes = [lane for clock, lane, _ in told if clock == "10:20"]
    assert lanes.index("people") < lanes.index("alert") < lanes.index("request")
    assert all(re.search(r"[\u4e00-\u9fff]", row.zh) for row in story(facts))


def test_an_alert_said_again_to_the_same_effect_is_told_once(opened_bundle: bytes) -> None:
    def repeat(parts: dict[str, Any]) -> None:
        entry = parts["alerts"][-1]
        again = {**entry["record"], "revision": entry["record"]["revision"] + 1, "score": 0.99}
        worse = {**again, "revision": again["revision"] + 1, "tier": 2 if again["tier"] != 2 else 3}
        parts["alerts"] += [{**entry, "record": again}, {**entry, "record": worse}]

    before, after = (news(Facts(bundle_of(take_apart(raw))))[0] for raw in (opened_bundle, forged(opened_bundle, repeat)))
    assert len(after) == len(before) + 1


def test_the_way_of_the_money_goes_from_the_victim_to_the_cash(facts: Facts) -> None:
    flow = flow_of(facts)
    assert flow.columns == [[FIRM], [FIRST], [SECOND], [CASH]]
    assert [(edge.source, edge.target, edge.amount_minor) for edge in sorted(flow.edges, key=lambda edge: -edge.amount_minor)] == [
        (FIRM, FIRST, 6_000_000),
        (FIRST, SECOND, 4_000_000),
        (SECOND, CASH, 500_000),
    ]
    assert flow.roles[FIRM] == "VICTIM_SUSPECTED"


def test_without_transactions_the_way_is_taken_from_match_fields_and_traces(opened_bundle: bytes) -> None:
    raw = forged(opened_bundle, lambda parts: parts["inputs"].clear())
    flow = flow_of(Facts(bundle_of(take_apart(raw))))
    assert flow.columns == [[FIRM], [FIRST], [SECOND], [CASH]]


def test_money_that_goes_round_in_a_circle_is_drawn_too(opened_bundle: bytes) -> None:
    def turn_back(parts: dict[str, Any]) -> None:
        first = next(entry for entry in parts["inputs"] if entry["topic"] == "transactions")
        back = {**first["record"], "event_id": "back", "payer": {"account": SECOND}, "payee": {"account": FIRM}}
        parts["inputs"].append({**first, "record": back})

    flow = flow_of(Facts(bundle_of(take_apart(forged(opened_bundle, turn_back)))))
    assert flow.columns[0] == [FIRM]
    assert (SECOND, FIRM) in {(edge.source, edge.target) for edge in flow.edges}


def test_a_line_of_time_of_one_moment_can_be_drawn(facts: Facts) -> None:
    assert timeline(facts, story(facts)[:1]).startswith("<svg ")


def test_a_hostile_text_in_a_record_stays_text(opened_bundle: bytes) -> None:
    def inject(parts: dict[str, Any]) -> None:
        parts["inputs"][0]["record"]["payer"]["account"] = "<script>alert(1)</script>"
        parts["alerts"][0]["record"]["subject"]["id"] = "<img src=x>"
        parts["case"]["reason"] = "<b>because</b>"

    bundle = bundle_of(take_apart(forged(opened_bundle, inject)))
    outline = Outline(page(bundle, "0" * 64))
    assert not {"script", "img", "b"} & set(outline.tags)
