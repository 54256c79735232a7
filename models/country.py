"""What differs by country, as data: a pack completes a policy with a country's figures and turns its sums into its money.

The policy's own sums are fen. A pack states what a country's law and banks fix, each with its source; every other sum is multiplied
by one rate, so that a threshold keeps its meaning without being written down once more.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """Whose pack it is. code: ISO 3166. currency: ISO 4217. money_rate: minor units of it that stand for one fen."""

    code: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    money_rate: Annotated[float, Meta(gt=0)]


def lay_over(policy: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy with the values of an overlay in place of its own; both versions are in its version.

    >>> lay_over({"version": "a", "x": {"y": 1, "z": 2}}, {"version": "b", "x": {"z": 3}})
    {'version': 'a+b', 'x': {'y': 1, 'z': 3}}
    """
    laid = dict(policy)
    for name, value in overlay.items():
        below = laid.get(name)
        laid[name] = lay_over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    if "version" in policy and "value" not in overlay:
        laid["version"] = f"{policy['version']}+{overlay.get('version', '?')}"
    return laid


def complete(policy: Mapping[str, Any], pack: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy as a country's: its sums in the country's money, the pack's values above them.

    >>> pack = {"version": "sg", "country": {"money_rate": {"value": 0.2}, "currency": {"value": "SGD"}}}
    >>> complete({"version": "1", "x": {"sum_minor": {"value": 500, "reason": "5 yuan"}}}, pack)["x"]["sum_minor"]
    {'value': 100, 'reason': '5 yuan; taken at 0.2 in SGD'}
    """
    country = pack.get("country", {})
    rate, currency = (country.get(name, {}).get("value") for name in ("money_rate", "currency"))
    in_money = _in_money(policy, rate, str(currency)) if isinstance(rate, float) and rate != 1.0 else policy
    return lay_over(in_money, pack)


def _in_money(table: Mapping[str, Any], rate: float, currency: str) -> dict[str, Any]:
    """Return the tables of a policy with every sum multiplied."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if not isinstance(value, Mapping):
            found[name] = value
        elif "value" not in value:
            found[name] = _in_money(value, rate, currency)
        elif "minor" in name.split("_") and isinstance(value["value"], int):
            reason = f"{value.get('reason', '')}; taken at {rate} in {currency}"
            found[name] = {**value, "value": round(value["value"] * rate), "reason": reason}
        else:
            found[name] = value
    return found
