"""The chain of published records: any change, loss, swap or insertion is seen, and hashes alone are enough to follow it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract_json import decode, encode
from connectors.errors import DecodeError
from connectors.record_chain import chained, link_of, sha256_of, without_chain
from models.records import OUTPUT_RECORDS, Alert, Chain, Record
from tests.record_strategies import records

CHAINED = sorted(topic for topic, record in OUTPUT_RECORDS.items() if "chain" in record.__struct_fields__)


def chain_of(bodies: Sequence[bytes]) -> list[bytes]:
    link, raws = None, []
    for number, body in enumerate(bodies, 1):
        raw, link = chained("alerts", body, 0, number, link)
        raws.append(raw)
    return raws


def place(raw: bytes) -> Chain:
    record = decode("alerts", raw)
    assert isinstance(record, Alert)
    assert record.chain is not None
    return record.chain


def is_whole(raws: Sequence[bytes], last: str) -> bool:
    """Return whether every record is what it was and follows the one before it, up to the link that was noted at the end."""
    link = None
    for number, raw in enumerate(raws, 1):
        try:
            chain = place(raw)
        except (AssertionError, DecodeError):
            return False
        if (chain.number, chain.sha256, chain.before) != (number, sha256_of(raw), link):
            return False
        link = link_of("alerts", chain)
    return link == last


PLAIN = records(OUTPUT_RECORDS["alerts"]).map(lambda alert: encode(_bare(alert)))


def _bare(record: Any) -> Any:
    return msgspec.structs.replace(record, chain=None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PLAIN, min_size=2, max_size=5), st.data())
def test_any_change_loss_swap_or_repeat_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    raws = chain_of(bodies)
    last = link_of("alerts", place(raws[-1]))
    assert is_whole(raws, last)
    where = data.draw(st.integers(0, len(raws) - 1))
    other = data.draw(st.integers(0, len(raws) - 1).filter(lambda number: number != where))
    swapped = list(raws)
    swapped[where], swapped[other] = raws[other], raws[where]
    byte = data.draw(st.integers(0, len(raws[where]) - 1))
    changed = bytearray(raws[where])
    changed[byte] ^= 1 << data.draw(st.integers(0, 7))
    for tampered in (
        raws[:where] + raws[where + 1 :],
        swapped,
        [*raws[:where], raws[where], *raws[where:]],
        [*raws[:where], bytes(changed), *raws[where + 1 :]],
        [*raws[:where], *chain_of(bodies[where : where + 1]), *raws[where + 1 :]] if where else raws[1:],
    ):
        assert not is_whole(tampered, last)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=st.one_of(*(st.tuples(st.just(topic), records(OUTPUT_RECORDS[topic])) for topic in CHAINED)))
def test_a_chained_record_is_canonical_and_holds_its_chain_last(case: tuple[str, Record]) -> None:
    topic, record = case[0], _bare(case[1])
    raw, _ = chained(topic, encode(record), 3, 7, "ab" * 32)
    assert encode(decode(topic, raw)) == raw
    assert without_chain(raw) == encode(record)
    assert sha256_of(raw) == hashlib.sha256(encode(record)).hexdigest()


def test_alerts_freeze_requests_and_traces_are_chained() -> None:
    assert CHAINED == ["alerts", "freeze-requests", "traces"]


def test_a_text_that_looks_like_a_chain_is_left_alone() -> None:
    raw = b'{"alert_id":"al1","en":",\\"chain\\":{\\"partition\\":0}"}'
    assert without_chain(raw) == raw
    assert without_chain(chained("alerts", raw, 0, 1, None)[0]) == raw


def test_the_first_of_a_chain_names_none_before_it() -> None:
    raw, link = chained("alerts", b'{"alert_id":"al1"}', 0, 1, None)
    assert b"before" not in raw
    assert link == hashlib.sha256(f"alerts 0 1 {sha256_of(raw)} -".encode()).hexdigest()
