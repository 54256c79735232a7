"""A fraud as the file of cases tells it: who lost what to whom, and what became of the money.

Layout: the folder of `goldenhour simulate`, described in `stream/simulation_folder.py`.
"""

from typing import Any, Final

from models.units import instant
from stream.simulator.booked import Booked
from stream.simulator.cases import OpenCase
from stream.simulator.cast import YUAN
from stream.simulator.ledger import CURRENCY
from stream.simulator.plan import Move

SMALL_MINOR: Final = 3_000 * YUAN
"""A single payment below this is what anybody makes. Source: ours."""
REMAINDER_SHARE: Final = 0.05
REMAINDER_MAX_MINOR: Final = 100 * YUAN
"""What may stay behind when nothing reachable is left, the larger of the two. Source: as the residual of M1."""


def case_of(case: OpenCase) -> dict[str, Any]:
    """Return a case as one JSON object; times as instants, unknown members left out."""
    plot = case.plot
    moved = [(entry, entry.move) for entry in case.booked if entry.move is not None]
    thefts = [(entry, move) for entry, move in moved if move.theft]
    moves = [(entry, move) for entry, move in moved if not move.theft]
    seen = {account for _, move in moved for account in (move.payer, move.payee)}
    stolen_minor = sum(entry.amount_minor for entry, _ in thefts)
    told: dict[str, Any] = {
        "case": plot.story,
        "kind": "FRAUD",
        "typology": plot.typology,
        "typologies": list(dict.fromkeys([plot.typology, *(move.typology for _, move in moved if move.typology)])),
        "is_hard": plot.is_hard or (len(thefts) == 1 and stolen_minor < SMALL_MINOR),
        "starts_at": instant(case.booked[0].at_us),
        "victims": [victim.account for victim in plot.victims if victim in seen],
        "mules": [
            {"account": mule.account, "hop": plot.hops.get(mule, 1), "on_us": mule.on_us}
            for mule in dict.fromkeys(plot.mules)
            if mule in seen
        ],
        "terminals": [machine.id for machine in plot.terminals],
        "devices": list(plot.devices),
        "thefts": [_payment(entry, move) for entry, move in thefts],
        "moves": [
            {**_payment(entry, move), "hop": plot.hops.get(move.payer, 1) if move.payer is not None else 1, "leaves": leaves(move)}
            for entry, move in moves
        ],
        "stolen_minor": stolen_minor,
        "currency": CURRENCY,
    }
    gone_us = gone_at_us(case)
    if gone_us is not None:
        told["cash_out_complete_at"] = instant(gone_us)
    if case.reported_us is not None:
        told["reported_at"] = instant(case.reported_us)
    return told


def leaves(move: Move) -> str:
    """Return how money leaves the bank by a move: as cash, to another bank, or not at all ("").

    A move that a bank elsewhere makes brings money in or lies outside: it leaves nothing.
    """
    if move.payer is None or not move.payer.on_us:
        return ""
    if move.payee is None:
        return "CASH"
    return "" if move.payee.on_us else "OFF_US"


def gone_at_us(case: OpenCase) -> int | None:
    """Return when the last reachable part of the stolen money left the bank, None while there is some left.

    A theft that goes to another bank at once, or is handed over in cash, leaves by itself.
    """
    inside_minor, left_minor, last_us = 0, 0, None
    for entry in case.booked:
        move = entry.move
        if move is None:
            continue
        is_gone = move.payee is None or not move.payee.on_us
        if move.theft and not is_gone:
            inside_minor += entry.amount_minor
        elif is_gone:
            left_minor += 0 if move.theft else entry.amount_minor
            last_us = entry.at_us
    remainder_minor = inside_minor - left_minor
    if remainder_minor > max(REMAINDER_MAX_MINOR, int(inside_minor * REMAINDER_SHARE)):
        return None
    return last_us


def _payment(entry: Booked, move: Move) -> dict[str, Any]:
    told: dict[str, Any] = {"event_id": entry.event_id, "payer_account": move.payer.account if move.payer is not None else ""}
    if move.payee is not None:
        told["payee_account"] = move.payee.account
    return {**told, "amount_minor": entry.amount_minor, "booked_at": instant(entry.at_us)}
