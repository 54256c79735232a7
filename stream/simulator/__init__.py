"""A seeded simulator: a bank day with planted frauds, look-alike scenarios, and benchmark load. No clock, no global chance."""

from stream.simulator.day import BankDay, DayOptions, bank_day
from stream.simulator.planted import Label, Movement, Story

__all__ = ["BankDay", "DayOptions", "Label", "Movement", "Story", "bank_day"]
