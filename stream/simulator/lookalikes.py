"""The legitimate patterns N1 to N20 that resemble fraud, one by one, each with the history by which a bank would know it.

`scenario("N6", seed)` gives the records of one; `LOOKALIKES` names them all. Same name, seed and day: same records. All of them
must stay below tier 2.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from models.records import AccountEvent, Transaction
from stream.simulator import lookalikes_private as private
from stream.simulator import lookalikes_trade as trade
from stream.simulator.scene import DEFAULT_DAY, Scene

LOOKALIKES: Final[Mapping[str, Callable[[Scene], None]]] = MappingProxyType(
    {
        "N1": trade.salary_batch,
        "N2": trade.rent_day,
        "N3": trade.small_merchant,
        "N4": private.class_fees,
        "N5": private.collection,
        "N6": trade.pay_day_queue,
        "N7": trade.market_machine,
        "N8": private.carer_on_pension_day,
        "N9": private.down_payment,
        "N10": private.own_name_moves,
        "N11": private.new_handset,
        "N12": trade.reimbursements,
        "N13": trade.owner_draws,
        "N14": private.night_worker,
        "N15": private.public_money,
        "N16": trade.group_buying,
        "N17": trade.machine_service,
        "N18": private.saving_plan,
        "N19": private.shared_network,
        "N20": trade.marketplace_refunds,
    }
)
"""Id of the catalogue -> what writes the scene."""


def scenario(name: str, seed: int, start: datetime = DEFAULT_DAY) -> list[Transaction | AccountEvent]:
    """Return the records of one look-alike in the order of event time: its history, then the local day of `start`.

    Errors: KeyError for a name that is not in `LOOKALIKES`, the caller's fault.
    """
    scene = Scene(name, seed, start)
    LOOKALIKES[name](scene)
    return scene.records()
