"""What one record tells of a network is bounded: beyond `links_max` it takes the way through the log, and ends in the same."""

import sys
from collections import deque

from connectors.contract_json import encode
from models.case import short_hash
from models.records import Alert
from models.units import time_us
from stream.batches import LoneRecord
from stream.bundle import decode_bundle
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedProcessor
from tests.bank import Event, shipped_rulebook
from tests.scenario import events_of

VICTIMS = 40


def case_id(account: str) -> str:
    """Return the id of an account's own case on the stories' day."""
    return short_hash("case", "MULE_SUSPECTED", "ACCOUNT", account, "20514")


def hub() -> list[Event]:
    """Return forty guided victims of one account, which then pays one whose case sorts before its own: all ids change at once."""
    assert min(("mule", "boss-2"), key=case_id) == "boss-2"
    facts = "account mule type=PERSON balance=0.00\naccount boss-2 type=PERSON balance=0.00\n"
    facts += "".join(f"account v{n} type=PERSON balance=90000.00\n" for n in range(VICTIMS))
    paid = "".join(f"10:{n:02}:00 transfer v{n} -> mule 60000.00 CNY mobile session.call_active=true\n" for n in range(VICTIMS))
    return events_of(
        facts
        + paid
        + "10:45:00 transfer mule -> boss-2 2390000.00 CNY mobile\n10:46:00 transfer boss-2 -> far 2380000.00 CNY mobile\n"
    )


def worked_off(links_max: int) -> tuple[dict[str, Alert], int, int]:
    """Return the last revisions, how many statements took the way through the log, and the most keys one record touched."""
    entry, running = EntryProcessor(1, Limits()), KeyedProcessor(0, 1, shipped_rulebook(), Faults(), links_max=links_max)
    offset, detours, touched, final = 0, 0, 0, dict[str, Alert]()
    for number, event in enumerate(hub()):
        record = LoneRecord("transactions", 0, number, time_us(event.event_time) // 1_000, None, encode(event))
        waiting = deque(entry.process([record]).bundles[0])
        while waiting:
            output = running.process([LoneRecord("keyed", 0, offset, record.timestamp, None, waiting.popleft())])
            offset += 1
            touched = max(touched, len(running.take_changes()))
            final.update((raised.alert.alert_id, raised.alert) for raised in output.alerts)
            for _, bundle in output.bundles():
                waiting.append(bundle)
                detours += len(decode_bundle(bundle).statements)
    return final, detours, touched


def test_links_beyond_the_bound_take_the_way_through_the_log_and_end_in_the_same_case() -> None:
    at_once, none, many = worked_off(sys.maxsize)
    bounded, detours, few = worked_off(8)

    assert {key: alert.case_id for key, alert in bounded.items()} == {key: alert.case_id for key, alert in at_once.items()}
    assert len({alert.case_id for alert in at_once.values()}) == 1
    assert (none, detours > VICTIMS // 2) == (0, True)
    assert few < VICTIMS // 2 < many
