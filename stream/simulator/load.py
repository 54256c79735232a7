"""Benchmark load: realistic contract transactions at any rate, as bytes, cheap enough not to be what is measured.

Event `i` of a seed is always the same but for its time, so that a stream can be made ahead (`load`) or record by record at the
moment of sending (`LoadSource.event`, `template`). Nothing is kept per account: balances are plausible, not booked, and do not add
up; for those see `day.py`. One event in a hundred belongs to a small fraud that should raise alerts. Source of figures: ours.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from models.units import instant, time_us
from stream.simulator.load_bursts import BURST_EVERY, Bursts

Parties = Literal["one", "two", "three"]
TOPIC: Final = "transactions"

_TRANSFER, _WITHDRAWAL, _PURCHASE, _DEPOSIT = range(4)
MIXES: Final[dict[Parties, tuple[tuple[float, ...], float]]] = {
    "one": ((0.0, 0.0, 0.6, 0.4), 0.0),
    "two": ((0.5, 0.25, 0.15, 0.10), 0.5),
    "three": ((1.0, 0.0, 0.0, 0.0), 1.0),
}
"""How many keys an event concerns on average -> shares of transfer, withdrawal, purchase, deposit; share of transfers that
name the device. A transfer concerns payer, payee and the device if named, a withdrawal payer and machine, the others one
account."""

NEW_PAYEE_SHARE: Final = 0.03
KNOWN_PAYEES: Final = 3
_BLOCK = 8_192
_FACTS = 1_024
_SKEW, _FLAT = 0.9, 20.0
"""Activity falls with rank as (rank + 20) ** -0.9: the busiest of 100,000 accounts makes 0.4 % of the events."""


class LoadSource:
    """Makes the events of one seed. Not for use by two threads at once."""

    def __init__(self, seed: int, accounts: int, parties: Parties = "two") -> None:
        """accounts: at least 100. Errors: ValueError otherwise, the caller's fault."""
        if accounts < 100:
            raise ValueError("load needs at least 100 accounts")
        self._seed = seed
        self._accounts = accounts
        shares, self._device_share = MIXES[parties]
        self._kind_edges = np.cumsum(shares)[:-1]
        self._facts = [_facts(number) for number in range(_FACTS)]
        self._machines = [_machine(number) for number in range(max(100, accounts // 20))]
        self._bursts = Bursts(f"l{seed}-", accounts)
        self._block = -1
        self._second = -1
        self._second_text = ""

    def _fill(self, block: int) -> None:
        rng = np.random.default_rng((self._seed, block))
        count = self._accounts
        self._kinds: list[int] = np.searchsorted(self._kind_edges, rng.random(_BLOCK), side="right").tolist()
        low, high = _FLAT ** (1 - _SKEW), (count + _FLAT) ** (1 - _SKEW)
        ranks = (rng.random(_BLOCK) * (high - low) + low) ** (1 / (1 - _SKEW)) - _FLAT
        # A fixed stride scatters the busy accounts over all partitions and all facts.
        self._payers: list[int] = (ranks.astype(np.int64).clip(0, count - 1) * 7_368_787 % count).tolist()
        self._others: list[int] = rng.integers(0, count, _BLOCK).tolist()
        self._slots: list[int] = rng.integers(0, KNOWN_PAYEES, _BLOCK).tolist()
        self._news: list[bool] = (rng.random(_BLOCK) < NEW_PAYEE_SHARE).tolist()
        self._devices: list[bool] = (rng.random(_BLOCK) < self._device_share).tolist()
        self._jitters: list[int] = rng.integers(900, 1_100, _BLOCK).tolist()
        self._block = block

    def _time(self, at_us: int) -> str:
        second, micros = divmod(at_us, 1_000_000)
        if second != self._second:
            self._second, self._second_text = second, instant(second * 1_000_000).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._second_text}.{micros:06d}Z"

    def event(self, i: int, event_time_us: int) -> tuple[bytes, bytes]:
        """Return (key, value) of the i-th event, i >= 0, as if the customer acted at `event_time_us`."""
        time = self._time(event_time_us)
        if i % BURST_EVERY == BURST_EVERY - 1:
            return self._bursts.event(i, event_time_us, time)
        block, place = divmod(i, _BLOCK)
        if block != self._block:
            self._fill(block)
        head = f'{{"event_id":"l{self._seed}-{i}","event_time":"{time}","kind":'
        kind = self._kinds[place]
        if kind == _TRANSFER:
            return self._transfer(head, i, place)
        if kind == _PURCHASE:
            return self._purchase(head, place)
        return self._cash(head, place, withdrawal=kind == _WITHDRAWAL)

    def _payer(self, number: int) -> str:
        balance_minor = 50_000_000 + number * 7_919 % 90_000_000
        return (
            f'"payer":{{"account":"a-{number}","bank":"BANKA","on_us":true,"type":"PERSON","customer":"c-{number}",'
            f'{self._facts[number % _FACTS]},"balance_after_minor":{balance_minor}}}'
        )

    def _transfer(self, head: str, i: int, place: int) -> tuple[bytes, bytes]:
        payer, count = self._payers[place], self._accounts
        known = (payer * 31_337 + 7 + self._slots[place] * (count // KNOWN_PAYEES)) % count
        payee = self._others[place] if self._news[place] else known
        if payee == payer:
            payee = (payee + 1) % count
        # Two people pay each other like sums: 20 to 3,000 yuan, a tenth more or less.
        amount_minor = (2_000 + (payer * 31 + payee * 17) % 300_000) * self._jitters[place] // 1_000
        if payee % 5 == 0:
            other = f'{{"account":"x-{payee}","bank":"BANKC","on_us":false,"type":"PERSON","name_match":"MATCH"}}'
        else:
            other = (
                f'{{"account":"a-{payee}","bank":"BANKA","on_us":true,"type":"PERSON","customer":"c-{payee}",'
                f'{self._facts[payee % _FACTS]},"name_match":"MATCH"}}'
            )
        device = f'"device":"d-{payer}",' if self._devices[place] else ""
        value = (
            f'{head}"TRANSFER","status":"APPROVED","channel":"MOBILE","amount_minor":{amount_minor},"currency":"CNY",'
            f'{self._payer(payer)},"payee":{other},"session":{{"id":"n-{i}",{device}"ip":"10.1.2.3","otp_count_10m":1}},'
            f'"arrival_mode":"REALTIME"}}'
        )
        return b"a-%d" % payer, value.encode()

    def _purchase(self, head: str, place: int) -> tuple[bytes, bytes]:
        payer, shop = self._payers[place], self._others[place] % 5_000
        amount_minor = 1_500 + self._others[place] % 30_011
        value = (
            f'{head}"PURCHASE","status":"APPROVED","channel":"POS","amount_minor":{amount_minor},"currency":"CNY",'
            f'{self._payer(payer)},"payee":{{"account":"s-{shop}","bank":"BANKA","on_us":true,"type":"MERCHANT",'
            f'"region":"330106"}},"card":"k-{payer}","terminal":{{"id":"POS-{shop}"}}}}'
        )
        return b"a-%d" % payer, value.encode()

    def _cash(self, head: str, place: int, *, withdrawal: bool) -> tuple[bytes, bytes]:
        # Anybody draws cash about as often: busy accounts are busy by telephone.
        holder = self._others[place]
        machine = self._machines[(holder * 13 + self._slots[place]) % len(self._machines)]
        amount_minor = (1 + self._jitters[place] % 8) * 10_000
        party = self._payer(holder)
        if withdrawal:
            kind, where = '"CASH_WITHDRAWAL","status":"APPROVED","channel":"ATM"', f',"terminal":{machine}'
        else:  # at the counter: the kind of event that concerns one key only
            kind, where = '"CASH_DEPOSIT","status":"APPROVED","channel":"COUNTER"', ""
            party = '"payee"' + party[len('"payer"') :]
        value = f'{head}{kind},"amount_minor":{amount_minor},"currency":"CNY",{party},"card":"k-{holder}"{where}}}'
        return b"a-%d" % holder, value.encode()


def _facts(number: int) -> str:
    """Return what is known of the holder of every account with this remainder."""
    opened = date(2004, 1, 5) + timedelta(days=number * 6)
    return f'"holder_age":{20 + number * 7 % 65},"opened_on":"{opened}","region":"3301{number % 10:02d}"'


def _machine(number: int) -> str:
    lat, lon = 30.1 + number % 400 / 1_000, 120.0 + number % 600 / 1_000
    return f'{{"id":"ATM-{number}","lat":{lat:.3f},"lon":{lon:.3f},"region":"3301{number % 10:02d}"}}'


def load(
    seed: int, accounts: int, events: int, rate_per_s: float, start: datetime, parties: Parties = "two"
) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Yield (timestamp_ms, topic, key, value) of so many events, the i-th at `start` + i / `rate_per_s`.

    Errors: ValueError for fewer than 100 accounts, TypeError for a start without offset: the caller's fault.
    """
    source, start_us, step_us = LoadSource(seed, accounts, parties), time_us(start), 1_000_000 / rate_per_s
    event = source.event
    for i in range(events):
        at_us = start_us + int(i * step_us)
        key, value = event(i, at_us)
        yield at_us // 1_000, TOPIC, key, value


@lru_cache(maxsize=4)
def _source(seed: int, accounts: int, parties: Parties) -> LoadSource:
    return LoadSource(seed, accounts, parties)


def template(seed: int, i: int, event_time_us: int, accounts: int = 100_000, parties: Parties = "two") -> bytes:
    """Return the value of the i-th event as if the customer acted at `event_time_us`, for records made when they are sent."""
    return _source(seed, accounts, parties).event(i, event_time_us)[1]
