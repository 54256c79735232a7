"""A small bank over some days with every story and every look-alike, simulated once, and what was said of it."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from connectors.contract_json import decode
from models.records import InputRecord, Transaction
from stream.simulator.booked import Booked
from stream.simulator.simulation import Simulation, SimulationOptions

EVERYTHING = SimulationOptions(seed=11, accounts=700, days=9, history_days=8, cases_per_typology=2)


@dataclass
class Told:
    """booked: in the order of event time. arrived: (arrival_us, record) in the order of arrival."""

    simulation: Simulation
    booked: list[Booked] = field(default_factory=list)
    arrived: list[tuple[int, Booked]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def frauds(self) -> list[dict[str, Any]]:
        """The cases that are frauds."""
        return [case for case in self.cases if case["kind"] == "FRAUD"]


@lru_cache(maxsize=3)
def simulated(options: SimulationOptions = EVERYTHING) -> Told:
    """What a simulation with these options tells."""
    cases: list[dict[str, Any]] = []
    told = Told(Simulation(options, cases.append), cases=cases)
    told.arrived = list(told.simulation.deliveries(told.booked.append))
    return told


@lru_cache(maxsize=3)
def records(options: SimulationOptions = EVERYTHING) -> tuple[InputRecord, ...]:
    """Every record once, in the order of event time, as the contract's decoder reads it."""
    return tuple(decode(booked.topic, booked.text.encode()) for booked in simulated(options).booked)  # type: ignore[misc]


def transactions(options: SimulationOptions = EVERYTHING) -> list[Transaction]:
    """The transactions among them."""
    return [record for record in records(options) if isinstance(record, Transaction)]


def copies(told: Told) -> Counter[str]:
    """How often each event arrived."""
    return Counter(booked.event_id for _, booked in told.arrived if booked.event_id)
