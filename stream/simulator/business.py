"""What firms, shops and offices do: wages, suppliers, refunds of expenses, daily sweeps, pensions, cash paid in at the market.

Each firm pays wages on its own day of the month; the factory's is followed by a queue at the gate's machine (N6). Source of all
figures: ours.
"""

from random import Random
from typing import Final

from stream.simulator.calendar_days import Calendar, Day
from stream.simulator.cast import YUAN, Account
from stream.simulator.habits import times, transfer
from stream.simulator.plan import HOUR_US, Move, Step, amount, at_hour, between
from stream.simulator.population import Population

SUPPLIER_PAYMENTS: Final = 1.6
INCOMING: Final = 1.2
EXPENSE_REFUNDS: Final = 0.4
OWNER_DRAWS: Final = 0.05
NEW_SUPPLIER_SHARE: Final = 0.06
QUEUE_SHARE: Final = 0.45
SWEEP_SHARE: Final = 0.8
SWEEPS_KNOWN: Final = 3
ALLOWANCE_SHARE: Final = 0.002
LARGE_PAYMENTS: Final = 1 / 3_000
"""Down payments and operations (N9) per person and day."""
PENSION_DAY: Final = 15


def pay_batch(rng: Random, at_us: int, payer: Account, payees: list[Account], purpose: str, yuan: float) -> list[Step]:
    """Return one batch of wages or pensions: a payment per person, some milliseconds apart; `yuan` for who has no wage set."""
    steps: list[Step] = []
    for payee in payees:
        at_us += rng.randint(2, 40) * 1_000
        if payee.wage_minor and purpose != "GOVT":
            paid = round(payee.wage_minor * rng.uniform(0.97, 1.04)) // 100 * 100
        else:
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

    def __init__(self, rng: Random, people: Population, calendar: Calendar, pace: float = 1.0) -> None:
        """rng: the only source of chance. pace: multiplies every rate that is not a monthly one."""
        self._rng = rng
        self._people = people
        self._calendar = calendar
        self._pace = pace
        self._sizes = {company: company.balance_minor for company in people.companies}

    def day(self, day: Day) -> list[Step]:
        """Return what they all mean to do on a day."""
        rng, people = self._rng, self._people
        steps: list[Step] = []
        office = day.factor("office") * self._pace
        for company in people.companies:
            steps += self._firm(company, day, office)
        steps += self._monthly(day)
        for shop in people.merchants:
            if shop in people.owner and rng.random() < SWEEP_SHARE:
                steps.append(self._sweep(shop, day.start_us))
        steps += self._pay_in(day.start_us)
        if day.is_worked:
            helped = rng.sample(people.persons, times(rng, len(people.persons) * ALLOWANCE_SHARE))
            steps += pay_batch(rng, day.start_us + 11 * HOUR_US, people.offices[1], helped, "GOVT", 2_400)
            free = [person for person in people.persons if person.balance_minor > 100_000 * YUAN and person not in people.taken]
            for person in rng.sample(free, min(len(free), times(rng, len(people.persons) * LARGE_PAYMENTS))):
                steps.append(self._large_payment(person, day.start_us))
        return steps

    def thin_day(self, day: Day, days: int) -> list[Step]:
        """Return one of `days` days of their thin past: wages and pensions when due, each supplier once, some sweeps."""
        people, steps = self._people, self._monthly(day)
        turn = (self._calendar.first - day.date).days % days
        for place, company in enumerate(people.companies):
            for number, supplier in enumerate(_suppliers(company)):
                if (place * 3 + number * 5) % days == turn:
                    steps.append(self._supplier_payment(company, supplier, day.start_us))
                if not supplier.on_us and (place * 5 + number * 7) % days == turn:
                    steps.append(self._paid_by_customer(company, supplier, day.start_us))
            if company in people.owner and place % days == turn:
                steps.append(self._owner_draw(company, day.start_us))
        for place, shop in enumerate(people.merchants):
            if shop in people.owner and any((place + known * 5) % days == turn for known in range(SWEEPS_KNOWN)):
                steps.append(self._sweep(shop, day.start_us))
        if turn in (0, days // 2):
            steps += self._pay_in(day.start_us)
        return steps

    def _monthly(self, day: Day) -> list[Step]:
        """Return the wages and pensions due on a day, the first wage of the factory known whatever the day."""
        rng, people, steps = self._rng, self._people, list[Step]()
        for company in people.companies:
            if self._calendar.is_pay_day(day, company.month_day):
                paid_us = day.start_us + 10 * HOUR_US + between(rng, 0, 3600)
                staff = people.staff[company]
                steps += pay_batch(rng, paid_us, company, staff, "SALA", 6_500)
                if company is people.companies[0]:
                    queue = rng.sample(staff, round(len(staff) * QUEUE_SHARE))
                    steps += pay_day_queue(rng, day.start_us + 17 * HOUR_US + between(rng, 900, 2400), queue, people)
        if self._calendar.is_pay_day(day, PENSION_DAY):
            steps += pay_batch(rng, day.start_us + 8 * HOUR_US, people.offices[0], people.retired, "PENS", 3_600)
        return steps

    def _supplier_payment(self, company: Account, supplier: Account, day_us: int) -> Move:
        rng = self._rng
        limit_yuan = max(1_000, self._sizes[company] // YUAN // 20)
        paid = amount(rng, 6_000, 1.1, low_yuan=100, high_yuan=limit_yuan)
        move = transfer(rng, at_hour(rng, day_us, "office"), company, supplier, paid)
        move.channel = rng.choices(("WEB", "API", "COUNTER"), (70, 20, 10))[0]
        return move

    def _firm(self, company: Account, day: Day, factor: float) -> list[Step]:
        rng, people, steps, day_us = self._rng, self._people, list[Step](), day.start_us
        suppliers = _suppliers(company)
        for _ in range(times(rng, SUPPLIER_PAYMENTS * company.activity * factor)):
            chosen = rng.choice(people.firms_elsewhere if rng.random() < NEW_SUPPLIER_SHARE else suppliers)
            steps.append(self._supplier_payment(company, chosen, day_us))
        for _ in range(times(rng, INCOMING * factor)):
            known = [firm for firm in company.payees if not firm.on_us]
            customer = rng.choice(known if rng.random() >= NEW_SUPPLIER_SHARE else people.firms_elsewhere)
            steps.append(self._paid_by_customer(company, customer, day_us))
        staff = people.staff[company]
        for _ in range(times(rng, EXPENSE_REFUNDS * company.activity * factor) if staff else 0):
            paid = amount(rng, 260, 0.8, low_yuan=20, high_yuan=4_000)
            steps.append(transfer(rng, at_hour(rng, day_us, "office"), company, rng.choice(staff), paid))
        if company in people.owner and rng.random() < OWNER_DRAWS * factor:
            steps.append(self._owner_draw(company, day_us))
        return steps

    def _paid_by_customer(self, company: Account, customer: Account, day_us: int) -> Move:
        """Return a firm elsewhere paying an invoice: on average what wages and suppliers take."""
        rng, people = self._rng, self._people
        per_day_yuan = len(people.staff[company]) * 360 + SUPPLIER_PAYMENTS * company.activity * 9_000
        paid = amount(rng, per_day_yuan / INCOMING * 0.75, 0.75, low_yuan=100, high_yuan=3_000_000)
        move = transfer(rng, at_hour(rng, day_us, "office"), customer, company, paid, asked=False)
        move.channel = rng.choices(("WEB", "API", "COUNTER"), (70, 20, 10))[0]
        return move

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
        escrow = rng.choice(self._people.companies)
        at_us = at_hour(rng, day_us, "office")
        return Move(at_us, "TRANSFER", "COUNTER", person, escrow, share=rng.uniform(0.5, 0.8), step_minor=100_000)
