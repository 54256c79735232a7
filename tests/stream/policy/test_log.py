"""What the records of topic `policy` come to: the same for whoever reads them, whatever became of the topic's other records."""

import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract_json import encode
from models.contract_types import PolicyAction
from models.policy_records import PolicyRecord
from stream.policy.document import digest_of, policy_of, policy_text, rendered
from stream.policy.log import PolicyLog
from stream.settings import DEPLOY, Settings

AT = datetime(2026, 3, 2, tzinfo=UTC)
SHIPPED = policy_text(Settings())


def text_of(version: str) -> str:
    return SHIPPED.replace('version = "', f'version = "{version}-', 1)


def record(log: PolicyLog, text: str, action: PolicyAction = "APPLY", **changes: Any) -> bytes:
    """Return the record that puts a text in force behind what a log holds."""
    head = log.head
    values = {
        "number": head.number + 1 if head else 1,
        "version": "v",
        "digest": digest_of(text),
        "before": head.digest if head else None,
        "action": action,
        "actor": "chief",
        "made_at": AT,
        "text": text,
        **changes,
    }
    return encode(PolicyRecord(**values))


def taken(log: PolicyLog, value: bytes | None) -> str:
    return log.take(log.next_offset, value).fate


def version_in_force(log: PolicyLog) -> str:
    assert log.in_force is not None
    return log.in_force.version.partition("-")[0]


def test_each_policy_follows_on_the_one_before() -> None:
    log = PolicyLog()
    assert [taken(log, record(log, text_of(version))) for version in "ab"] == ["in_force", "in_force"]
    assert version_in_force(log) == "b"
    assert log.in_force is not None
    assert (log.in_force.number, log.next_offset) == (2, 2)


def test_of_two_put_in_force_at_the_same_moment_the_first_counts() -> None:
    log = PolicyLog()
    taken(log, record(log, text_of("a")))
    ours, theirs = record(log, text_of("b")), record(log, text_of("c"))
    assert [taken(log, ours), taken(log, theirs)] == ["in_force", "overtaken"]
    assert version_in_force(log) == "b"


def test_a_policy_that_does_not_check_takes_its_number_and_the_one_before_goes_on() -> None:
    log = PolicyLog()
    taken(log, record(log, text_of("a")))
    refused = log.take(1, record(log, 'version = "broken"\n'))
    assert refused.fate == "refused"
    assert "[bounds] lacks lateness_s" in refused.problems
    assert version_in_force(log) == "a"
    assert taken(log, record(log, text_of("c"))) == "in_force"
    assert log.in_force is not None
    assert log.in_force.number == 3


def test_what_is_no_policy_record_changes_nothing() -> None:
    log = PolicyLog()
    taken(log, record(log, text_of("a")))
    for value in (None, b"", b"{}", record(log, text_of("b"), digest="0" * 64)):
        assert taken(log, value) == "unreadable"
    assert version_in_force(log) == "a"
    assert taken(log, record(log, text_of("b"))) == "in_force"


def test_rollbacks_lead_back_one_policy_after_the_other() -> None:
    log = PolicyLog()
    for version in "abc":
        taken(log, record(log, text_of(version)))
    for expected in "ba":
        assert taken(log, record(log, log.before[-1].text, "ROLLBACK")) == "in_force"
        assert version_in_force(log) == expected
    assert log.before == []
    taken(log, record(log, text_of("d")))
    assert log.before[-1].text == text_of("a")


# ---- the text --------------------------------------------------------------------------------------------------------


def test_a_text_written_out_holds_the_same_values_and_is_written_the_same_again() -> None:
    parsed = tomllib.loads(SHIPPED)
    assert rendered(parsed) == SHIPPED
    odd = {"version": 'a "quoted" \\ one\x7f', "x": {"y": {"value": [1, -2.5e-05, True, "中文"], "reason": "r\n"}}}
    assert tomllib.loads(rendered(odd)) == odd


def test_an_overlay_is_laid_on_once() -> None:
    """What `policy show` prints under an overlay can be applied under the same settings and is the same policy."""
    settings = Settings(policy_overlay_file=str(DEPLOY / "overlays" / "shop_cards.toml"))
    whole = policy_text(settings)
    assert policy_of(whole).rulebook.learning.with_tills
    assert policy_of(whole).version.endswith("+shop-cards-1")


def test_the_whole_text_is_taken_as_it_is(tmp_path: Any) -> None:
    path = tmp_path / "whole.toml"
    settings = Settings(policy_overlay_file=str(DEPLOY / "overlays" / "shop_cards.toml"))
    path.write_text(policy_text(settings), encoding="utf-8")
    assert policy_text(settings, str(path)) == path.read_text("utf-8")


@pytest.mark.parametrize("text", ["version = ", "no toml at all", "version = 1"])
def test_what_is_no_policy_is_told(text: str) -> None:
    with pytest.raises(Exception, match=r"no TOML|must be a text"):
        policy_of(text)
