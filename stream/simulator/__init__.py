"""A seeded simulator: a living bank, a single day of one, look-alike scenarios, and benchmark load. No clock, no global chance.

`simulation.py` is the bank over many days, `day.py` one day of it kept as a whole, both of the same people, plans and ledger.
"""

from stream.simulator.day import BankDay, DayOptions, bank_day
from stream.simulator.planted import Label, Movement, Story

__all__ = ["BankDay", "DayOptions", "Label", "Movement", "Story", "bank_day"]
