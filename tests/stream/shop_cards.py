"""Weeks of card payments at shops, one of which was tampered with, and the findings that follow a week later."""

import random
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from models.country import lay_over
from models.records import Disposition, Party, Terminal, Transaction
from models.rulebook import Rulebook, build_rulebook
from models.units import instant
from tests.bank import Arrival, policy_mapping, told_at

OVERLAY = Path(__file__).parents[2] / "deploy" / "overlays" / "shop_cards.toml"
DAY_US = 86_400_000_000
START_US = 1_772_400_000_000_000
BAD_SHOP = "T-bad"
WEEK_DAYS = 7


@cache
def shop_rulebook() -> Rulebook:
    """Return the shipped policy with the overlay for shops laid over it."""
    return build_rulebook(lay_over(policy_mapping(), tomllib.loads(OVERLAY.read_text("utf-8"))))


def purchase(number: int, at_us: int, account: str, shop: str, minor: int) -> Transaction:
    """Return an approved card payment at a shop's terminal."""
    return Transaction(
        event_id=f"p-{number}",
        event_time=instant(at_us),
        kind="PURCHASE",
        status="APPROVED",
        channel="POS",
        amount_minor=minor,
        currency="CNY",
        payer=Party(account=account, type="PERSON"),
        payee=Party(account=f"m-{shop}", type="MERCHANT"),
        terminal=Terminal(id=shop),
    )


def finding(
    event_id: str, at_us: int, verdict: str = "FRAUD", by: str = "office", number: int = 0, about_alert: str = ""
) -> Disposition:
    """Return what a person found of an event, or of an alert."""
    return Disposition(
        disposition_id=f"d-{by}-{event_id or about_alert}-{number}",
        decided_at=instant(at_us),
        event_id=event_id or None,
        alert_id=about_alert or None,
        verdict=verdict,  # type: ignore[arg-type]
        decided_by=by,
    )


def purchases(days: int, bad_from: int, a_day: int = 40, seed: int = 5) -> list[Transaction]:
    """Return payments of 30 accounts at 10 shops, and from a day on some at the bad one."""
    chance, found = random.Random(seed), list[Transaction]()
    for day in range(days):
        for place in range(a_day):
            at_us = START_US + day * DAY_US + place * DAY_US // a_day + chance.randrange(60_000_000)
            shop = BAD_SHOP if day >= bad_from and place % 8 == 0 else f"T-{chance.randrange(10)}"
            minor = max(100, round(chance.gauss(8_000, 3_000)))
            found.append(purchase(len(found), at_us, f"a-{chance.randrange(30)}", shop, minor))
    return found


def is_bad(payment: Transaction) -> bool:
    """Return whether a payment was made at the shop that was tampered with."""
    return payment.terminal is not None and payment.terminal.id == BAD_SHOP


def with_findings(payments: Iterable[Transaction], verdict: str = "FRAUD", by: str = "office") -> list[Arrival]:
    """Return payments, and a week after each at the bad shop what was found of it."""
    payments = list(payments)
    found: list[Arrival] = list(payments)
    for payment in payments:
        if is_bad(payment):
            at_us = round(payment.event_time.timestamp() * 1_000_000) + WEEK_DAYS * DAY_US
            found.append(finding(payment.event_id, at_us, verdict, by))
    return sorted(found, key=told_at)
