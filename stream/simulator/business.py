"""What firms, shops and offices do: wages, suppliers, refunds of expenses, daily sweeps, pensions, cash paid in at the market.

The factory pays on the simulated day, so that the day has a pay batch (N1) and a queue at the gate's machine (N6). Source of all
figures: ours.
"""

from random import Random
from typing import Final

from stream.simulator.cast import YUAN, Account
from stream.simulator.ordinary import times, transfer
from stream.simulator.plan import DAY_US, HOUR_US, Move, Step, amount, at_hour, between
from stream.simulator.population import Population

SUPPLIER_PAYMENTS: Final = 1.6
EXPENSE_REFUNDS: Final = 0.4
OWNER_DRAWS: Final = 0.05
NEW_SUPPLIER_SHARE: Final = 0.06
QUEUE_SHARE: Final = 0.45
SWEEP_SHARE: Final = 0.8
SWEEPS_KNOWN: Final = 3
ALLOWANCE_SHARE: Final = 0.01
LARGE_PAYMENTS: Final = 1 / 3_000
"""Down payments and operations (N9) per person and day."""


def pay_batch(rng: Random, at_us: int, payer: Account, payees: list[Account], purpose: str, yuan: float) -> list[Step]:
    """Return one batch of wages or pensions: a payment per person, some milliseconds apart."""
    steps: list[Step] = []
    for payee in payees:
        at_us += rng.randint(2, 40) * 1_000
        paid = amount(rng, yuan, 0.3, low_yuan=1_200, high_yuan=30_000)
        steps.append(Move(at_us, "TRANSFER", "BATCH", payer, payee, paid, purpose=purpose, arrival_mode="REALTIME"))
    return steps


def pay_day_queue(rng: Random, at_us: int, staff: list[Account], people: Population) -> list[Step]:
    """Return colleagues drawing part of their wages one after another at the factory's machine (N6)."""
    steps: list[Step] = []
    for worker in staff:
        at_us += between(rng, 35, 110)
        drawn = rng.choice((300, 500, 500, 1000, 1000, 2000)) * YUAN
        steps.append(Move(at_us, "CASH_WITHDRAWAL", "ATM", worker, None, drawn, terminal=people.factory_machine))
    return steps


def _suppliers(company: Account) -> list[Account]:
    """Return the firms this one has paid before."""
    return [payee for payee in company.payees if payee.type == "CORPORATE"]


class Business:
    """Plans the days of firms, shops and offices."""

    def __init__(self, rng: Random, people: Population) -> None:
        """rng: the only source of chance."""
        self._rng = rng
        self._people = people

    def day(self, day_us: int) -> list[Step]:
        """Return what they all mean to do on the local day beginning at `day_us`."""
        rng, people = self._rng, self._people
        steps: list[Step] = []
        for company in people.companies:
            steps += self._firm(company, day_us)
        factory = people.companies[0]
        staff = people.staff[factory]
        steps += pay_batch(rng, day_us + 10 * HOUR_US + between(rng, 0, 3600), factory, staff, "SALA", 5_200)
        queue = rng.sample(staff, round(len(staff) * QUEUE_SHARE))
        steps += pay_day_queue(rng, day_us + 17 * HOUR_US + between(rng, 900, 2400), queue, people)
        for shop in people.merchants:
            if shop in people.owner and rng.random() < SWEEP_SHARE:
                steps.append(self._sweep(shop, day_us))
        steps += self._pay_in(day_us)
        helped = rng.sample(people.persons, max(1, round(len(people.persons) * ALLOWANCE_SHARE)))
        steps += pay_batch(rng, day_us + 11 * HOUR_US, people.offices[1], helped, "GOVT", 2_400)
        free = [person for person in people.persons if person not in people.taken]
        for person in rng.sample(free, times(rng, len(free) * LARGE_PAYMENTS)):
            steps.append(self._large_payment(person, day_us))
        return steps

    def history(self, day_us: int, history_days: int) -> list[Step]:
        """Return their thin past: every employer's last wages, pensions, each supplier once, some sweeps."""
        rng, people, steps = self._rng, self._people, list[Step]()
        if not history_days:
            return steps
        first_us = day_us - history_days * DAY_US

        def past() -> int:
            return first_us + rng.randrange(history_days) * DAY_US

        for company in people.companies:
            # The factory pays monthly; a shorter past shows it paying weekly, so that its batch is never the first one.
            regular = day_us - (30 if history_days >= 30 else 7) * DAY_US
            paid_us = max(first_us, regular) if company is people.companies[0] else past()
            steps += pay_batch(rng, paid_us + 10 * HOUR_US, company, people.staff[company], "SALA", 6_500)
            steps += [self._supplier_payment(company, supplier, past()) for supplier in _suppliers(company)]
            if company in people.owner:
                steps.append(self._owner_draw(company, past()))
        steps += pay_batch(rng, past() + 8 * HOUR_US, people.offices[0], people.retired, "PENS", 3_600)
        for shop in people.merchants:
            if shop in people.owner:
                steps += [self._sweep(shop, past()) for _ in range(SWEEPS_KNOWN)]
        steps += self._pay_in(past()) + self._pay_in(past())
        return steps

    def _supplier_payment(self, company: Account, supplier: Account, day_us: int) -> Move:
        rng = self._rng
        limit_yuan = max(1_000, company.opening_minor // YUAN // 20)
        paid = amount(rng, 6_000, 1.1, low_yuan=100, high_yuan=limit_yuan)
        move = transfer(rng, at_hour(rng, day_us, "office"), company, supplier, paid)
        move.channel = rng.choices(("WEB", "API", "COUNTER"), (70, 20, 10))[0]
        return move

    def _firm(self, company: Account, day_us: int) -> list[Step]:
        rng, people, steps = self._rng, self._people, list[Step]()
        suppliers = _suppliers(company)
        for _ in range(times(rng, SUPPLIER_PAYMENTS * company.activity)):
            chosen = rng.choice(people.firms_elsewhere if rng.random() < NEW_SUPPLIER_SHARE else suppliers)
            steps.append(self._supplier_payment(company, chosen, day_us))
        staff = people.staff[company]
        for _ in range(times(rng, EXPENSE_REFUNDS * company.activity) if staff else 0):
            paid = amount(rng, 260, 0.8, low_yuan=20, high_yuan=4_000)
            steps.append(transfer(rng, at_hour(rng, day_us, "office"), company, rng.choice(staff), paid))
        if company in people.owner and rng.random() < OWNER_DRAWS:
            steps.append(self._owner_draw(company, day_us))
        return steps

    def _owner_draw(self, company: Account, day_us: int) -> Move:
        """Return the owner taking money out of the firm (N13)."""
        rng = self._rng
        drawn = amount(rng, 12_000, 0.5, step_minor=100_000, low_yuan=1_000, high_yuan=40_000)
        return transfer(rng, at_hour(rng, day_us, "office"), company, self._people.owner[company], drawn)

    def _sweep(self, shop: Account, day_us: int) -> Move:
        """Return a shopkeeper moving the day's takings to the own account in the evening (N3)."""
        at_us = day_us + 20 * HOUR_US + between(self._rng, 0, 2.5 * 3600)
        owner, share = self._people.owner[shop], self._rng.uniform(0.85, 0.99)
        return transfer(self._rng, at_us, shop, owner, 0, share=share, step_minor=100, asked=False)

    def _pay_in(self, day_us: int) -> list[Step]:
        """Return shopkeepers paying in cash at the market's machine before and after trading (N7)."""
        rng, steps = self._rng, list[Step]()
        at_us = day_us + 15 * HOUR_US + between(rng, 0, 3600)
        for depositor in self._people.depositors:
            at_us += between(rng, 60, 900)
            paid_in = rng.randint(5, 90) * 100 * YUAN
            machine = self._people.market_machine
            steps.append(Move(at_us, "CASH_DEPOSIT", "ATM", None, depositor, paid_in, terminal=machine))
        return steps

    def _large_payment(self, person: Account, day_us: int) -> Move:
        """Return a down payment at the counter to a firm's escrow account (N9)."""
        rng = self._rng
        person.opening_minor = max(person.opening_minor, rng.randint(150_000, 500_000) * YUAN)
        escrow = rng.choice(self._people.companies)
        at_us = at_hour(rng, day_us, "office")
        return Move(at_us, "TRANSFER", "COUNTER", person, escrow, share=rng.uniform(0.5, 0.8), step_minor=100_000)
