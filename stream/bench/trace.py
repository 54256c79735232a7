"""From a victim's report to every account that the money has reached: five hops, ten thousand transfers, with load beside.

The money goes out like a tree: the victim pays one account, which pays several, and so on; each account is told by its payer
only. A figure is the time from the report's writing to the moment at which a reader of `traces` knows of an account.
"""

import asyncio
import time
from collections.abc import Iterator
from typing import Final

import aiokafka
import msgspec

from connectors.contract_json import encode
from models.records import Party, ReportedTransfer, Transaction, VictimReport
from models.units import instant
from stream.bench.cluster import consumer_of, topics
from stream.bench.figures import Section, percentile
from stream.bench.latency import helper
from stream.bench.session import BenchError, Session
from stream.bench.worker import Worker
from stream.bulk_load import bulk_load

_PART_MINOR: Final = 100_000
"""What each account of the last hop gets: a thousand yuan, above the floor of the policy. Ours."""
_HOP_S: Final = 120
"""From one hop to the next: a mule passes on within minutes."""
_SETTLE_S: Final = 3.0
_GIVE_UP_S: Final = 120.0


class Payment(msgspec.Struct, frozen=True):
    """One transfer of the case. hop: 1 for what the victim paid."""

    payer: str
    payee: str
    amount_minor: int
    hop: int


class _Told(msgspec.Struct):
    account: str
    received_minor: int = 0


_read_told = msgspec.json.Decoder(_Told).decode


def tree(case: str, fan_outs: tuple[int, ...], part_minor: int) -> Iterator[Payment]:
    """Yield the transfers of a case, those of a hop before those of the next. part_minor: what each account of the last hop gets.

    >>> [(one.payer, one.payee, one.amount_minor) for one in tree("c", (2,), 5)]
    [('c-victim', 'c', 10), ('c', 'c.0', 5), ('c', 'c.1', 5)]
    """
    below = part_minor
    for count in fan_outs:
        below *= count
    level = [case]
    yield Payment(f"{case}-victim", case, below, 1)
    for hop, count in enumerate(fan_outs, 2):
        below //= count
        payments = [Payment(payer, f"{payer}.{number}", below, hop) for payer in level for number in range(count)]
        yield from payments
        level = [payment.payee for payment in payments]


def trace(session: Session) -> Section:
    """Let the money of a case move, then report it and take the time; as often as there are runs, each with accounts of its own."""
    sizes = session.sizes
    prefix, bootstrap = session.new_prefix(), session.broker.bootstrap
    section = Section(name="trace", title="Tracing, victim's report to every account reached")
    rounds: list[list[float]] = []
    transfers = sum(1 for _ in tree("", sizes.trace_fan_outs, 1))
    with topics(bootstrap, session.settings, prefix), Worker(bootstrap, prefix, session.folder, core=session.worker_core) as worker:
        worker.wait_ready()
        for run in range(session.options.runs):
            session.say(f"trace: {transfers:,} transfers {run + 1}/{session.options.runs}")
            rounds.append(_measure(session, worker, prefix, run))
    reached = min(map(len, rounds))
    for name, share in (("p50", 0.5), ("p99", 0.99), ("all", 1.0)):
        text = "until the last account is known" if name == "all" else f"an account is known, {name}"
        section.add(name, text, "s", [percentile(found, share) for found in rounds])
    section.check("every account", f"{reached} of {transfers} accounts known", is_ok=reached == transfers)
    section.facts |= {
        "hops": len(sizes.trace_fan_outs) + 1,
        "transfers": transfers,
        "events per second beside": sizes.trace_rate,
    }
    return section


def _measure(session: Session, worker: Worker, prefix: str, run: int) -> list[float]:
    sizes, bootstrap, case = session.sizes, session.broker.bootstrap, f"case{run}"
    payments = list(tree(case, sizes.trace_fan_outs, _PART_MINOR))
    begin_us = int(time.time() * 1_000_000) - (len(sizes.trace_fan_outs) + 2) * _HOP_S * 1_000_000
    before = worker.sample()
    bulk_load(bootstrap, ((f"{prefix}transactions", one.payer.encode(), *_booked(one, begin_us)) for one in payments))
    worker.work_off((before.events if before is not None else 0) + len(payments))
    load = [session.options.seed, sizes.accounts, sizes.trace_rate, sizes.trace_s, run * int(sizes.trace_rate * sizes.trace_s)]
    with helper(session, "latency_source", [bootstrap, f"{prefix}transactions", *map(str, load)]) as source:
        time.sleep(_SETTLE_S)
        report = VictimReport(
            report_id=f"r-{case}",
            reported_at=instant(int(time.time() * 1_000_000)),
            source="POLICE",
            transfers=(_reported(payments[0], begin_us),),
        )
        found = asyncio.run(_reach(bootstrap, prefix, report, {one.payee for one in payments}))
        said, _ = source.communicate(timeout=sizes.trace_s + 120)
    if source.returncode != 0 or not said:
        raise BenchError(f"the load beside ended with status {source.returncode}")
    worker.work_off(None)
    return found


def _booked(one: Payment, begin_us: int) -> tuple[bytes, int]:
    """Return a transfer as record and log time in ms."""
    at_us = begin_us + one.hop * _HOP_S * 1_000_000
    event = Transaction(
        event_id=f"t-{one.payee}",
        event_time=instant(at_us),
        kind="TRANSFER",
        status="APPROVED",
        channel="MOBILE",
        amount_minor=one.amount_minor,
        currency="CNY",
        payer=Party(account=one.payer, on_us=True, type="PERSON"),
        payee=Party(account=one.payee, on_us=True, type="PERSON"),
    )
    return encode(event), at_us // 1_000


def _reported(one: Payment, begin_us: int) -> ReportedTransfer:
    return ReportedTransfer(
        event_id=f"t-{one.payee}",
        payer_account=one.payer,
        payee_account=one.payee,
        amount_minor=one.amount_minor,
        paid_at=instant(begin_us + one.hop * _HOP_S * 1_000_000),
    )


async def _reach(bootstrap: str, prefix: str, report: VictimReport, accounts: set[str]) -> list[float]:
    """Write the report; return after how many seconds each account was known to have received some of the money."""
    consumer, _ = await consumer_of(bootstrap, f"{prefix}traces", from_end=True)
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    found: dict[str, float] = {}
    try:
        begun_s = time.monotonic()
        await producer.send_and_wait(f"{prefix}victim-reports", encode(report), report.report_id.encode())
        while len(found) < len(accounts) and time.monotonic() - begun_s < _GIVE_UP_S:
            for records in (await consumer.getmany(timeout_ms=50)).values():
                after_s = time.monotonic() - begun_s
                for record in records:
                    told = _read_told(record.value)
                    if told.received_minor and told.account in accounts:
                        found.setdefault(told.account, after_s)
    finally:
        await producer.stop()
        await consumer.stop()
    return list(found.values())
