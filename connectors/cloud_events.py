"""The headers by which a published record is a CloudEvent 1.0 in Kafka's binary mode; its value stays what the contract says.

Source: CloudEvents 1.0.2 and its Kafka protocol binding. The headers depend on the record and the installation alone, so a repeat
bears the same ones; no account is in them.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from connectors.record_stamp import STAMPED_TOPICS, stamp_of

Headers = list[tuple[str, bytes]]

CONTENT_TYPE: Final = "application/json"
ATTRIBUTES: Final[Mapping[str, str]] = {
    "ce_specversion": "Always 1.0.",
    "ce_id": "The record's own id and its revision or sequence: the same for every copy. To be remembered by who must act once.",
    "ce_source": "The installation that published it.",
    "ce_type": "What it is, with the version of the contract.",
    "ce_time": "When it was raised, requested, seen or refused, as the record says.",
    "ce_dataschema": "The $id of the record's JSON Schema.",
    "content-type": f"{CONTENT_TYPE}, of the value.",
}
"""Name of a header -> what it holds."""


def source_of(installation: str) -> str:
    """Return the source of what an installation publishes.

    installation: its consumer group.

    >>> source_of("goldenhour")
    'urn:goldenhour:installation:goldenhour'
    """
    return f"urn:goldenhour:installation:{quote(installation, safe='')}"


def type_of(topic: str) -> str:
    """Return the type of the records of a topic.

    >>> type_of("freeze-requests")
    'goldenhour.freeze-request.v1'
    """
    return f"goldenhour.{topic.removesuffix('s')}.v1"


def headers_for(topic: str, installation: str) -> Callable[[bytes], Headers]:
    """Return what gives the headers of a topic's records by their values. Errors of that: msgspec's, for no such record."""
    fixed = [
        ("ce_specversion", b"1.0"),
        ("ce_source", source_of(installation).encode()),
        ("ce_type", type_of(topic).encode()),
        ("ce_dataschema", f"urn:goldenhour:contract:1:{topic.removesuffix('s')}".encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]

    def headers(raw: bytes) -> Headers:
        stamp = stamp_of(topic, raw)
        return [*fixed, ("ce_id", stamp.id.encode()), ("ce_time", stamp.at.encode())]

    return headers


def headers_by_topic(prefix: str, installation: str) -> dict[str, Callable[[bytes], Headers]]:
    """Return full name of a topic -> what gives the headers of its records. prefix: before every name."""
    return {prefix + topic: headers_for(topic, installation) for topic in STAMPED_TOPICS}
