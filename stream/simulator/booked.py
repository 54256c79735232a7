"""A record of the simulated bank on its way out, with what the simulator alone knows of it."""

from dataclasses import dataclass

from connectors.contract_json import decode
from models.records import InputRecord, Status
from stream.simulator.plan import Move, Plot


@dataclass(slots=True, eq=False)
class Booked:
    """One record with the moment it stands for.

    text: its JSON. status, amount_minor and move: of a transaction only; `move.plot` is the fraud it is part of, if any.
    """

    at_us: int
    topic: str
    event_id: str
    text: str
    status: Status | None = None
    amount_minor: int = 0
    move: Move | None = None

    @property
    def plot(self) -> Plot | None:
        """Return the planted fraud this record belongs to."""
        return self.move.plot if self.move is not None else None

    @property
    def record(self) -> InputRecord:
        """Return what the text says, read by the contract's own decoder."""
        return decode(self.topic, self.text.encode())  # type: ignore[return-value]
