"""ISO 8583: what cash machines and tills say to the card switch, as transactions of the contract.

`Iso8583` reads one message at a time and knows nothing of the others; `exchange.py` joins a response to its request. The
parts: `layout.py` (the fields, as data), `codec.py` (bytes and fields), `mapping.py` (fields and transaction), `framing.py`
(the length before a message), `edition.py` (what 1987 and 1993 do differently).

| data element | becomes |
|---|---|
| 2 card number, else that in 35 | `card` as a token; the holder's account as a token where no account is named |
| 3 processing code | `kind` (table `kinds`); codes of `unused_codes` give no record |
| 4, 49 amount, currency | `amount_minor`, `currency`, by the decimals of ISO 4217 or of the layout |
| 7, 11, 32, 41 time, trace, acquirer, terminal | `event_id`, and the link from response and reversal to it |
| 12, 13 local time | `event_time`, at the layout's offset; 7 where they are missing |
| 18 (1993: 26) merchant type, 22 entry mode | `channel` (table `channels`) |
| 32, 41 acquirer, terminal | `terminal.id`; other acquirers' terminals with the acquirer before them |
| 39 response code | `status` APPROVED or DECLINED (table `answers`) |
| 42 card acceptor | `payee.account` of a purchase |
| 43 name and place | `terminal.region` (table `regions`) |
| 54 additional amounts | the holder's `balance_after_minor` |
| 64, 128 message authentication | `host.mac` MISSING of an approval without it, where the layout expects it (`answers`) |
| 90 (1993: 56) original data elements | `original_event_id` of a reversal |
| 95 replacement amounts | what a partial reversal leaves, as a transaction of its own |
| 100 receiving institution | `payee.bank` of a transfer |
| 102, 103 accounts | `payer.account`, `payee.account`, as tokens |

Dropped: expiry, PIN block, all else of tracks and chip (35, 36, 45, 52, 55), fees and settlement amounts, the names and
addresses in 43, reference number and approval code (37, 38: they identify nothing that the ids do not), refunds (20: no kind
of the contract says so). Message authentication is not verified: that takes the switch's key. Never written anywhere: a card
or account number in clear.

What a detector misses without it: without 54 no balance, so the drains (V1, V2, M1, W1) see sums but not what was left;
without 41 no machine (W2, W3); without 43 and `regions` no place (W4), and never latitude and longitude; without 64 or 128
nothing of a tampered switch but balances below zero (A2); without 102 and 103 an account goes by its card, and a holder with
two cards is two holders. Nothing says who the customer is, how old, where he works, or which device he uses.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from connectors.iso8583.codec import Codec
from connectors.iso8583.layout import Layout, builtin_layouts, load_layout
from connectors.iso8583.mapping import TransactionMapping
from connectors.iso8583.message import Message
from connectors.iso8583.samples import sample_messages
from connectors.tokens import Tokens
from models.records import Transaction

_SAMPLED_AT: Final = datetime(2026, 3, 2, 1, 20, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the time of this machine, from which a date without a year gets its year."""
    return datetime.now(UTC)


class Iso8583:
    """A connector of one layout.

    now: the arrival time of what is decoded; messages do not say which year it is.
    """

    def __init__(self, layout: Layout, tokens: Tokens, now: Callable[[], datetime] = utc_now) -> None:
        self.name = layout.name
        self.layout = layout
        self._codec = Codec(layout)
        self._mapping = TransactionMapping(layout, tokens)
        self._now = now

    def decode(self, raw: bytes) -> Sequence[Transaction]:
        """Return the transaction a message states, by itself: two for a partial reversal, none for what moves no money."""
        message = self._codec.read(raw)
        use, now = self._mapping.use_of(message), self._now()
        digest = self._mapping.digest(message, use, now)
        return self._mapping.records(message, use, now, digest) if digest is not None else []

    def read(self, raw: bytes) -> Message:
        """Return the message of a frame. Errors: DecodeError."""
        return self._codec.read(raw)

    def write(self, message: Message) -> bytes:
        """Return the frame of a message. Errors: ValueError."""
        return self._codec.write(message)

    def samples(self) -> Sequence[bytes]:
        """Return a request, its response, and a reversal of each kind of transaction."""
        return [self._codec.write(message) for message in sample_messages(self.layout.file.edition)]


def connectors(tokens: Tokens) -> Iterable[Iso8583]:
    """Return a connector of every layout that comes with the package. They read as of a fixed day, so that runs are equal."""
    return [Iso8583(load_layout(name), tokens, lambda: _SAMPLED_AT) for name in builtin_layouts()]
