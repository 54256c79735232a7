"""The small frauds inside benchmark load, so that alerts, cases and freeze requests are part of what is measured.

Every hundredth event is the next step of a burst of eight, in turn: a pass-through with cash-out (M1, W1) and a fan-in (M2). Rings
of four fresh accounts take turns, so that their number stays bounded. Sums are invented; source: ours.
"""

from datetime import timedelta
from typing import Final

from models.units import instant

BURST_EVERY: Final = 100
STEPS: Final = 8
ACCOUNTS_PER_RING: Final = 4
RINGS_MIN: Final = 64
_YOUNG_D = 20


class Bursts:
    """Makes the fraudulent events of a load."""

    def __init__(self, prefix: str, accounts: int) -> None:
        """prefix: what event ids begin with. accounts: the ordinary ones; mules are numbered from there on."""
        self._prefix = prefix
        self._accounts = accounts
        self._rings = max(RINGS_MIN, accounts // 200)

    def event(self, i: int, at_us: int, time: str) -> tuple[bytes, bytes]:
        """Return (key, value) of event `i`, one of each `BURST_EVERY`. time: `at_us` as the record writes it."""
        burst, step = divmod(i // BURST_EVERY, STEPS)
        opened_on = (instant(at_us) - timedelta(days=_YOUNG_D)).date().isoformat()
        head = f'{{"event_id":"{self._prefix}{i}","event_time":"{time}","kind":'
        return self._pass_through(head, burst, step, opened_on) if burst % 2 == 0 else self._fan_in(head, burst, step, opened_on)

    def _mule(self, burst: int, place: int) -> int:
        return self._accounts + burst % self._rings * ACCOUNTS_PER_RING + place

    def _pass_through(self, head: str, burst: int, step: int, opened_on: str) -> tuple[bytes, bytes]:
        first, second = self._mule(burst, 0), self._mule(burst, 1)
        victim = f"x-v{burst}"
        if step == 0:
            return _transfer(head, _elsewhere(victim), _young(first, opened_on, 4_803_000), 4_800_000, victim)
        if step == 1:
            payer = _young(first, opened_on, 103_000)
            return _transfer(head, payer, _young(second, opened_on, 4_702_000), 4_700_000, f"a-{first}")
        if step < 6:
            payer = _young(second, opened_on, 4_702_000 - 500_000 * (step - 1))
            value = (
                f'{head}"CASH_WITHDRAWAL","status":"APPROVED","channel":"ATM","amount_minor":500000,"currency":"CNY",'
                f'"payer":{payer},"card":"k-{second}","terminal":{{"id":"ATM-{burst % 100}"}}}}'
            )
            return b"a-%d" % second, value.encode()
        if step == 6:
            payer = _young(second, opened_on, 52_000)
            return _transfer(head, payer, _elsewhere(f"x-o{burst}"), 2_650_000, f"a-{second}")
        return _transfer(head, _elsewhere(f"{victim}b"), _young(first, opened_on, 2_103_000), 2_000_000, f"{victim}b")

    def _fan_in(self, head: str, burst: int, step: int, opened_on: str) -> tuple[bytes, bytes]:
        collector = self._mule(burst, 2)
        if step < STEPS - 1:
            paid_minor, held_minor = 400_000 + 37_100 * step, 4_000 + sum(400_000 + 37_100 * past for past in range(step + 1))
            payer = f"x-f{burst}-{step}"
            return _transfer(head, _elsewhere(payer), _young(collector, opened_on, held_minor), paid_minor, payer)
        payee = _young(self._mule(burst, 3), opened_on, 3_500_900)
        return _transfer(head, _young(collector, opened_on, 83_100), payee, 3_500_000, f"a-{collector}")


def _young(number: int, opened_on: str, balance_minor: int) -> str:
    return (
        f'{{"account":"a-{number}","bank":"BANKA","on_us":true,"type":"PERSON","customer":"c-{number}","holder_age":27,'
        f'"opened_on":"{opened_on}","region":"440305","balance_after_minor":{balance_minor}}}'
    )


def _elsewhere(account: str) -> str:
    return f'{{"account":"{account}","bank":"BANKD","on_us":false,"type":"PERSON"}}'


def _transfer(head: str, payer: str, payee: str, amount_minor: int, key: str) -> tuple[bytes, bytes]:
    value = (
        f'{head}"TRANSFER","status":"APPROVED","channel":"MOBILE","amount_minor":{amount_minor},"currency":"CNY",'
        f'"payer":{payer},"payee":{payee},"arrival_mode":"REALTIME"}}'
    )
    return key.encode(), value.encode()
