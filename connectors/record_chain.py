"""The chain of published records: each names the one before it, so that a change, a loss or a swap is seen by whoever reads them.

Every partition of `keyed` has one chain for each topic it publishes to. A record's `chain` says which chain and which link of it:
`sha256` is of the record's canonical bytes without `chain`; `before` is the link of the record before, left out of the first.
A link is the SHA-256 of topic, partition, number, `sha256` and `before`. So a chain can be followed by hashes alone: whoever shows
two records of one case need not show what lies between them.
"""

import hashlib
from typing import Final

from connectors.contract_json import encode
from models.records import Chain

_MEMBER: Final = b',"chain":{'
"""How the member begins in a canonical record. No text holds these bytes: a quotation mark within one has a backslash."""


def chained(topic: str, raw: bytes, partition: int, number: int, before: str | None) -> tuple[bytes, str]:
    """Return a canonical record with its chain as the last member, and its link.

    topic: by the contract's name. raw: without a chain. number: from 1.

    >>> chained("alerts", b'{"alert_id":"al1"}', 0, 1, None)[0][:47]
    b'{"alert_id":"al1","chain":{"partition":0,"numbe'
    """
    chain = Chain(partition=partition, number=number, sha256=hashlib.sha256(raw).hexdigest(), before=before)
    return raw[:-1] + _MEMBER[:-1] + encode(chain) + b"}", link_of(topic, chain)


def link_of(topic: str, chain: Chain) -> str:
    """Return the link that the next record names as the one before it."""
    told = f"{topic} {chain.partition} {chain.number} {chain.sha256} {chain.before or '-'}"
    return hashlib.sha256(told.encode()).hexdigest()


def sha256_of(raw: bytes) -> str:
    """Return the SHA-256 of a published record without its chain."""
    return hashlib.sha256(without_chain(raw)).hexdigest()


def without_chain(raw: bytes) -> bytes:
    """Return a published record as it was before it was chained.

    >>> without_chain(chained("alerts", b'{"alert_id":"al1"}', 0, 1, None)[0])
    b'{"alert_id":"al1"}'
    """
    start = raw.rfind(_MEMBER)
    return raw if start < 0 else raw[:start] + b"}"
