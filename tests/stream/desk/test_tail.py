"""The liaison's lines in a terminal and for pipes."""

import json
import re
from typing import Any

from connectors.contract_json import decode
from stream.desk.tail import Tail
from tests.stream.desk.stories import GONE, MULE, alert, answer, executed, request, victim_alert


def lines(*records: tuple[str, Any], is_json: bool = False) -> list[str]:
    tail = Tail(is_json=is_json, width=120)
    return [line for topic, record in records for line in tail.lines(topic, record)]


def test_what_concerns_the_liaison_is_told_with_identifiers_masked() -> None:
    told = lines(("alerts", alert()), ("freeze-requests", request()), ("freeze-responses", executed(1)))
    text = "\n".join(told)
    assert not re.search(r"\d{12,}", text)
    assert "POLICE 3" in text
    assert "FREEZE" in text
    assert told[-1] == "09:34:05  ANSWER    fr-c-1 no. 1: executed 44,800.00  已止付"


def test_an_alert_below_tier_3_is_not_the_liaison_s_until_it_gets_there() -> None:
    assert lines(("alerts", victim_alert())) == []
    assert lines(("alerts", victim_alert()), ("alerts", victim_alert(revision=2, tier=3)))


def test_an_alert_that_was_the_liaison_s_is_told_when_it_goes() -> None:
    told = lines(("alerts", alert()), ("alerts", alert(revision=2, tier=1, reasons=(GONE,))))
    assert "GONE" in told[-1]


def test_pipes_get_the_records_as_they_are_with_their_topic() -> None:
    records = [("alerts", alert()), ("freeze-requests", request()), ("freeze-responses", answer())]
    told = lines(*records, is_json=True)
    assert len(told) == 3
    for line, (topic, record) in zip(told, records, strict=True):
        found = json.loads(line)
        assert found.pop("topic") == topic
        assert decode(topic, json.dumps(found).encode()) == record
    assert MULE in told[0]
