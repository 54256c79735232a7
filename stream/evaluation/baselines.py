"""What a score must beat: nothing, the amount alone, chance, and the rules alone.

Each is a ranking of the same transactions, read with the same number of alarms a day as ours. Chance is a keyed digest of the event
id: the same for the same seed, in any order of the file.
"""

import hashlib

import numpy as np

from stream.evaluation.reading import Floats, Transactions

OURS = "ours, by score"
RULES = "rules alone (the tier)"
AMOUNT = "amount alone"
RANDOM = "random"
NOTHING = "nothing"


def rankings(transactions: Transactions, seed: int) -> dict[str, Floats]:
    """Return name -> score of every transaction, ours first. What is never flagged has -inf.

    The rules flag from tier 1 on and rank by it; ties of any ranking are left to time.
    """
    tier = transactions.tier.astype(np.float64)
    return {
        OURS: transactions.score,
        RULES: np.where(tier > 0, tier, -np.inf),
        AMOUNT: transactions.amount_minor.astype(np.float64),
        RANDOM: chance(transactions.event_id, seed),
        NOTHING: np.full(len(transactions.event_id), -np.inf),
    }


def chance(event_ids: list[str], seed: int) -> Floats:
    """Return a number in [0, 1) for every event, drawn from its id.

    >>> bool(chance(["a", "b"], 1)[0] == chance(["b", "a"], 1)[1])
    True
    """
    key = f"golden hour {seed}".encode()
    digests = (hashlib.blake2b(event_id.encode(), digest_size=6, key=key).digest() for event_id in event_ids)
    return np.array([int.from_bytes(digest, "big") / 2**48 for digest in digests], np.float64)
