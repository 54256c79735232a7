"""What private customers do from day to day, and the thin history by which the bank knows them.

Rates are means per person and day, multiplied by the person's activity and by how busy the day is; source: ours, chosen so that 5
to 10 % of transfers go to a new payee and a day has about four records per account.
"""

from random import Random
from typing import Final

from models.records import Channel
from stream.simulator.bills import Bills
from stream.simulator.calendar_days import Calendar, Day
from stream.simulator.cast import YUAN, Account, Cast
from stream.simulator.habits import REFUSED_SHARE, gift_minor, times, transfer
from stream.simulator.machines import MachineHours
from stream.simulator.plan import DAY_US, HOUR_US, MINUTE_US, Happening, Move, Step, amount, at_hour, between
from stream.simulator.population import Population, till_of

PURCHASES: Final = 1.20
ONLINE_PURCHASES: Final = 0.75
TRANSFERS: Final = 0.90
INCOMING: Final = 0.45
NEW_PAYEE_SHARE: Final = 0.05
NEW_PAYER_SHARE: Final = 0.04
NEVER_SEEN_SHARE: Final = 0.3
"""Of strangers at other banks: those with whom nobody here has ever dealt."""
CASH: Final = 0.10
DEPOSITS: Final = 0.012
LOGINS: Final = 0.80
OWN_MOVES: Final = 0.06
NEW_HANDSETS: Final = 0.004
LIMITS_RAISED: Final = 0.003
DEPOSITS_BROKEN: Final = 0.002
PASSWORDS_RESET: Final = 0.002
ENROLMENTS: Final = 0.0006
LOANS: Final = 0.0005
AT_MACHINE_SHARE: Final = 0.06
"""Of transfers of retired people: those made at a cash machine."""
FAR_CASH_SHARE: Final = 0.004
"""Of cash: that of travellers, drawn far from home."""
REFUND_SHARE: Final = 0.012

CASH_YUAN: Final = (100, 200, 300, 500, 500, 1000, 1000, 1500, 2000, 2000, 3000, 5000)
CASH_WEIGHTS: Final = (9, 21, 31, 49, 63, 77, 86, 91, 95, 98, 99, 100)
"""Cumulative."""

_THIN_CASH, _THIN_PURCHASES, _THIN_LOGINS = 1.6, 4.5, 1.5


class OrdinaryLife:
    """Plans the days of private customers."""

    def __init__(self, rng: Random, cast: Cast, people: Population, calendar: Calendar, pace: float = 1.0) -> None:
        """rng: the only source of chance; cast: makes payees nobody has paid before; pace: multiplies every rate."""
        self._rng = rng
        self._cast = cast
        self._people = people
        self._pace = pace
        self._hours = MachineHours(rng, people.machines)
        self._bills = Bills(rng, people, calendar)

    @property
    def places(self) -> dict[str, str]:
        """Return where each cash machine stands, by its id."""
        return self._hours.place

    def day(self, day: Day) -> list[Step]:
        """Return what all private customers mean to do on a day."""
        steps: list[Step] = []
        shop, online, sent, cash = (day.factor(life) * self._pace for life in ("shop", "online", "transfer", "cash"))
        for person in self._people.persons:
            self._spend(steps, person, day, PURCHASES * shop, ONLINE_PURCHASES * online)
            self._draw(steps, person, day, CASH * cash, DEPOSITS * cash)
            self._pay(steps, person, day, sent)
            self._bills.add(steps, person, day)
            self._seldom(steps, person, day.start_us)
        return steps

    def thin_day(self, day: Day, days: int, persons: list[Account] | None = None) -> list[Step]:
        """Return what is known of one of `days` days before the simulation, of these persons (default all).

        Over all the days each known payee is paid once, those elsewhere pay once, and there is some cash, cards and logins: their
        number does not grow with the days, they only lie further apart. Monthly bills are paid every month.
        """
        rng, steps, turn = self._rng, list[Step](), (day.start_us // DAY_US) % days
        thin = 1.0 / days
        for place, person in enumerate(self._people.persons if persons is None else persons):
            for number, payee in enumerate(person.payees):
                if (place * 7 + number * 13 + place // days) % days == turn:
                    at_us = at_hour(rng, day.start_us, person.rhythm)
                    steps.append(transfer(rng, at_us, person, payee, gift_minor(rng, person), asked=False))
                if not payee.on_us and (place * 11 + number * 17) % days == turn:
                    at_us = at_hour(rng, day.start_us, "worker")
                    steps.append(transfer(rng, at_us, payee, person, gift_minor(rng, person), asked=False))
            self._bills.add(steps, person, day)
            if person in self._people.own and rng.random() < 0.5 * thin and person not in self._people.taken:
                steps.append(self._own_move(person, at_hour(rng, day.start_us, person.rhythm)))
            self._draw(steps, person, day, _THIN_CASH * thin, 0.0)
            self._spend(steps, person, day, _THIN_PURCHASES * thin, 0.0)
            for _ in range(times(rng, _THIN_LOGINS * thin)):
                steps.append(Happening(at_hour(rng, day.start_us, person.rhythm), person, "LOGIN"))
        return steps

    def _spend(self, steps: list[Step], person: Account, day: Day, at_tills: float, online: float) -> None:
        rng, busy = self._rng, person.activity
        for _ in range(times(rng, at_tills * busy)):
            steps.append(self._purchase(person, at_hour(rng, day.start_us, person.rhythm)))
        for _ in range(times(rng, online * busy)):
            steps.append(self._online_purchase(person, at_hour(rng, day.start_us, person.rhythm)))

    def _draw(self, steps: list[Step], person: Account, day: Day, drawn: float, paid_in: float) -> None:
        rng, busy = self._rng, person.activity
        for _ in range(times(rng, drawn * busy)):
            steps.append(self._cash(person, at_hour(rng, day.start_us, person.rhythm), day))
        for _ in range(times(rng, paid_in * busy)):
            steps.append(self._deposit(person, at_hour(rng, day.start_us, person.rhythm)))

    def _pay(self, steps: list[Step], person: Account, day: Day, factor: float) -> None:
        rng, busy = self._rng, person.activity * factor
        for _ in range(times(rng, LOGINS * busy)):
            steps.append(Happening(at_hour(rng, day.start_us, person.rhythm), person, "LOGIN"))
        for _ in range(times(rng, TRANSFERS * busy)):
            steps += self._transfer(person, at_hour(rng, day.start_us, person.rhythm))
        for _ in range(times(rng, INCOMING * busy)):
            payer = self._payer_elsewhere(person)
            if payer is not None:
                steps.append(transfer(rng, at_hour(rng, day.start_us, "worker"), payer, person, gift_minor(rng, person)))

    def _seldom(self, steps: list[Step], person: Account, day_us: int) -> None:
        """Add what a person does a few times a year, drawn with one number for most."""
        rng, people = self._rng, self._people
        if person in people.own and rng.random() < OWN_MOVES and person not in people.taken:
            steps.append(self._own_move(person, at_hour(rng, day_us, person.rhythm)))
        drawn, at_us = rng.random(), 0
        if drawn >= NEW_HANDSETS + LIMITS_RAISED + DEPOSITS_BROKEN + PASSWORDS_RESET + ENROLMENTS + LOANS:
            return
        at_us = at_hour(rng, day_us, person.rhythm)
        if drawn < NEW_HANDSETS:
            steps += self._new_handset(person, at_us)
        elif drawn < NEW_HANDSETS + LIMITS_RAISED:
            steps.append(Happening(at_us, person, "LIMIT_RAISED"))
        elif drawn < NEW_HANDSETS + LIMITS_RAISED + DEPOSITS_BROKEN:
            steps += self._break_deposit(person, at_us)
        elif drawn < NEW_HANDSETS + LIMITS_RAISED + DEPOSITS_BROKEN + PASSWORDS_RESET:
            steps.append(Happening(at_us, person, "PASSWORD_RESET"))
            steps.append(Happening(at_us + between(rng, 10, 120), person, "LOGIN"))
        elif drawn < NEW_HANDSETS + LIMITS_RAISED + DEPOSITS_BROKEN + PASSWORDS_RESET + ENROLMENTS:
            steps.append(Happening(at_us, person, "EBANK_ENROLLED"))
        else:
            steps += self._loan(person, at_us)

    def _transfer(self, person: Account, at_us: int) -> list[Step]:
        rng, steps = self._rng, list[Step]()
        is_new = not person.payees or rng.random() < NEW_PAYEE_SHARE
        payee = rng.choice(person.payees) if not is_new else self._stranger(person)
        if rng.random() < 0.3:
            steps.append(Happening(at_us - between(rng, 20, 240), person, "LOGIN"))
        if is_new and rng.random() < 0.6:
            steps.append(Happening(at_us - between(rng, 5, 19), person, "PAYEE_ADDED", payee))
        move = transfer(rng, at_us, person, payee, gift_minor(rng, person))
        move.refused = rng.random() < REFUSED_SHARE
        if person.rhythm == "retired" and rng.random() < AT_MACHINE_SHARE:
            move.channel, move.terminal = "ATM", rng.choice(person.machines or self._people.machines[2:])
            move.arrival_mode = "REVOCABLE_24H" if rng.random() < 0.5 else "REALTIME"
        if is_new:
            drawn = rng.random()
            move.name_match = "CLOSE" if drawn < 0.03 else "NO" if drawn < 0.04 else None
            move.otp_count = rng.choice((1, 1, 1, 2, None))
        return [*steps, move]

    def _stranger(self, person: Account) -> Account:
        """Return somebody this person has not paid: a customer here, or an account at another bank."""
        if self._rng.random() < 0.4:
            return self._somebody_elsewhere()
        for _ in range(8):
            found = self._rng.choice(self._people.persons)
            if found is not person and found not in person.payees:
                return found
        return self._somebody_elsewhere()

    def _somebody_elsewhere(self) -> Account:
        if self._rng.random() < NEVER_SEEN_SHARE:
            return self._cast.elsewhere()
        return self._rng.choice(self._people.people_elsewhere)

    def _payer_elsewhere(self, person: Account) -> Account | None:
        """Return somebody at another bank who pays this person: mostly one with whom there is give and take, if there is any."""
        rng = self._rng
        if rng.random() < NEW_PAYER_SHARE:
            return self._somebody_elsewhere()
        known = [payee for payee in person.payees if not payee.on_us and payee.type == "PERSON"]
        return rng.choice(known) if known else None

    def _purchase(self, person: Account, at_us: int) -> Move:
        rng = self._rng
        shops = self._people.merchants if rng.random() < 0.6 else self._people.shops_elsewhere
        shop = shops[int(len(shops) * rng.random() ** 1.6)]
        move = Move(at_us, "PURCHASE", "POS", person, shop, amount(rng, 42, 0.9, high_yuan=3_000), terminal=till_of(shop))
        move.refused = rng.random() < REFUSED_SHARE
        return self._refundable(move)

    def _online_purchase(self, person: Account, at_us: int) -> Move:
        rng = self._rng
        shops = self._people.merchants if rng.random() < 0.25 else self._people.shops_elsewhere
        channel: Channel = "MOBILE" if rng.random() < 0.8 else "WEB"
        sum_minor = amount(rng, 75, 1.0, high_yuan=6_000)
        return self._refundable(Move(at_us, "PURCHASE", channel, person, rng.choice(shops), sum_minor))

    def _refundable(self, move: Move) -> Move:
        if self._rng.random() < REFUND_SHARE:
            move.reversed_after_us = between(self._rng, 300, 4 * 3600)
        return move

    def _cash(self, person: Account, at_us: int, day: Day) -> Move:
        rng = self._rng
        yuan = rng.choices(CASH_YUAN, cum_weights=CASH_WEIGHTS)[0]
        hour = (at_us - day.start_us) // HOUR_US
        machine = self._hours.chosen(person.machines or self._people.machines[2:], hour, is_worked=day.is_worked)
        if rng.random() < FAR_CASH_SHARE:
            machine = rng.choice(self._people.far_machines)
        move = Move(at_us, "CASH_WITHDRAWAL", "ATM", person, None, yuan * YUAN, terminal=machine)
        move.refused = rng.random() < REFUSED_SHARE
        return move

    def _deposit(self, person: Account, at_us: int) -> Move:
        rng = self._rng
        sum_minor = rng.randint(2, 60) * 100 * YUAN
        if rng.random() < 0.3:
            office_us = at_us - at_us % HOUR_US
            return Move(office_us + between(rng, 0, 3600), "CASH_DEPOSIT", "COUNTER", None, person, sum_minor)
        machine = rng.choice(person.machines or self._people.machines)
        return Move(at_us, "CASH_DEPOSIT", "ATM", None, person, sum_minor, terminal=machine)

    def _own_move(self, person: Account, at_us: int) -> Move:
        """N10: to the holder's other account or to the broker; may well be nearly everything."""
        rng, broker = self._rng, self._people.broker
        payee = broker if broker is not None and rng.random() < 0.25 else self._people.own[person]
        purpose = "SECU" if payee is broker else None
        share = rng.uniform(0.15, 0.9) if payee is not broker else rng.uniform(0.05, 0.3)
        if payee is not broker and not payee.on_us and rng.random() < 0.5:
            # As often the money comes back from the holder's account at the other bank.
            back_minor = amount(rng, 2_500, 1.0, step_minor=10_000, low_yuan=100, high_yuan=60_000)
            return transfer(rng, at_us, payee, person, back_minor, asked=False)
        return transfer(rng, at_us, person, payee, 0, share=share, step_minor=10_000, purpose=purpose, asked=False)

    def _new_handset(self, person: Account, at_us: int) -> list[Step]:
        """N11: a new telephone, then the payees of old; one in eight also pays somebody new."""
        rng = self._rng
        person.new_device = (at_us, self._cast.device())
        steps: list[Step] = [Happening(at_us, person, "DEVICE_BOUND")]
        steps.append(Happening(at_us + between(rng, 5, 60), person, "LOGIN"))
        for payee in person.payees[:2]:
            at_us += between(rng, 2 * 60, 60 * 60)
            steps.append(transfer(rng, at_us, person, payee, gift_minor(rng, person)))
        if rng.random() < 0.125:
            steps.append(transfer(rng, at_us + between(rng, 60, 600), person, self._stranger(person), gift_minor(rng, person)))
        return steps

    def _loan(self, person: Account, at_us: int) -> list[Step]:
        """A loan is paid out; some of it goes to a shop, a firm or the school soon after."""
        rng, people = self._rng, self._people
        lender = people.firms_elsewhere[person.month_day % len(people.firms_elsewhere)]
        lent = amount(rng, 30_000, 0.6, step_minor=100_000, low_yuan=3_000, high_yuan=200_000)
        credit = Move(at_us, "TRANSFER", "API", lender, person, lent, purpose="LOAN", arrival_mode="REALTIME")
        payee = rng.choice(people.companies if rng.random() < 0.7 else people.schools)
        spent_us = at_us + between(rng, 600, 5 * 3600)
        return [credit, transfer(rng, spent_us, person, payee, share=rng.uniform(0.3, 0.8), step_minor=10_000)]

    def _break_deposit(self, person: Account, at_us: int) -> list[Step]:
        """A fixed deposit ended for an honest reason: the money stays, or goes to an own account."""
        fixed = self._cast.fixed_deposit(person, self._rng.randint(10, 200) * 1_000)
        steps: list[Step] = [Happening(at_us, person, "DEPOSIT_BROKEN")]
        steps.append(Move(at_us + MINUTE_US, "TRANSFER", "MOBILE", fixed, person, share=1.0))
        if person in self._people.own and self._rng.random() < 0.5 and person not in self._people.taken:
            steps.append(self._own_move(person, at_us + 5 * MINUTE_US))
        return steps
