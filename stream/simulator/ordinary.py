"""What private customers do on an ordinary day, and the thin history by which the bank knows them.

Rates are means per person and day, multiplied by the person's activity; source: ours, chosen so that 5 to 10 % of transfers go
to a new payee and a day has about four records per account.
"""

from random import Random
from typing import Final

from models.records import ArrivalMode, Channel
from stream.simulator.cast import YUAN, Account, Cast
from stream.simulator.plan import DAY_US, HOUR_US, MINUTE_US, Happening, Move, Step, amount, at_hour, between
from stream.simulator.population import Population, till_of

PURCHASES: Final = 1.20
ONLINE_PURCHASES: Final = 0.75
TRANSFERS: Final = 0.90
NEW_PAYEE_SHARE: Final = 0.06
CASH: Final = 0.13
DEPOSITS: Final = 0.012
LOGINS: Final = 0.80
OWN_MOVES: Final = 0.06
RENTS: Final = 1 / 30
NEW_HANDSETS: Final = 0.004
LIMITS_RAISED: Final = 0.003
DEPOSITS_BROKEN: Final = 0.002
REFUND_SHARE: Final = 0.012
REFUSED_SHARE: Final = 0.006
ASKED_SHARE: Final = 0.22

CASH_YUAN: Final = (100, 200, 300, 500, 500, 1000, 1000, 1500, 2000, 2000, 3000, 5000)
CASH_WEIGHTS: Final = (9, 12, 10, 18, 14, 14, 9, 5, 4, 3, 1, 1)
ARRIVAL_MODES: Final[tuple[ArrivalMode | None, ...]] = ("REALTIME", "DELAYED", "NEXT_DAY", None)
ARRIVAL_WEIGHTS: Final = (80, 5, 3, 12)


def times(rng: Random, mean: float) -> int:
    """Return a Poisson count with this mean; meant for means of a few."""
    count, left = 0, rng.expovariate(1.0)
    while left < mean:
        count += 1
        left += rng.expovariate(1.0)
    return count


def transfer(
    rng: Random,
    at_us: int,
    payer: Account,
    payee: Account,
    amount_minor: int = 0,
    *,
    share: float | None = None,
    step_minor: int = 1,
    purpose: str | None = None,
    asked: bool | None = None,
) -> Move:
    """Return an online transfer as people make it: mostly by telephone, mostly real time, some announced first."""
    channel: Channel = "MOBILE" if rng.random() < 0.86 else "WEB"
    mode: ArrivalMode | None = rng.choices(ARRIVAL_MODES, ARRIVAL_WEIGHTS)[0]
    move = Move(at_us, "TRANSFER", channel, payer, payee, amount_minor, share, step_minor)
    move.purpose, move.arrival_mode = purpose, mode
    move.asked = rng.random() < ASKED_SHARE if asked is None else asked
    return move


class OrdinaryLife:
    """Plans the days of private customers."""

    def __init__(self, rng: Random, cast: Cast, people: Population) -> None:
        """rng: the only source of chance; cast: makes payees nobody has paid before."""
        self._rng = rng
        self._cast = cast
        self._people = people

    def day(self, day_us: int) -> list[Step]:
        """Return what all private customers mean to do on the local day beginning at `day_us`."""
        steps: list[Step] = []
        for person in self._people.persons:
            steps += self._person(person, day_us)
        return steps

    def history(self, day_us: int, history_days: int, persons: list[Account] | None = None) -> list[Step]:
        """Return the thin past of these persons (default all): each known payee paid once, some cash, cards and logins.

        The number of records does not grow with `history_days`, they only lie further apart.
        """
        rng, steps = self._rng, list[Step]()
        first_us = day_us - history_days * DAY_US

        def past(rhythm: str) -> int:
            return at_hour(rng, first_us + rng.randrange(history_days) * DAY_US, rhythm)

        for person in (self._people.persons if persons is None else persons) if history_days else ():
            for payee in person.payees:
                steps.append(transfer(rng, past(person.rhythm), person, payee, self._gift(person), asked=False))
            if person in self._people.landlord:
                steps.append(self._rent(person, past("worker")))
            if person in self._people.own and rng.random() < 0.5 and person not in self._people.taken:
                steps.append(self._own_move(person, past(person.rhythm)))
            steps += [self._cash(person, past(person.rhythm)) for _ in range(times(rng, 1.6 * person.activity))]
            steps += [self._purchase(person, past(person.rhythm)) for _ in range(times(rng, 4.5 * person.activity))]
            steps += [Happening(past(person.rhythm), person, "LOGIN") for _ in range(times(rng, 1.5))]
        return steps

    def _person(self, person: Account, day_us: int) -> list[Step]:
        rng, busy = self._rng, person.activity

        def when() -> int:
            return at_hour(rng, day_us, person.rhythm)

        steps: list[Step] = [self._purchase(person, when()) for _ in range(times(rng, PURCHASES * busy))]
        steps += [self._online_purchase(person, when()) for _ in range(times(rng, ONLINE_PURCHASES * busy))]
        steps += [self._cash(person, when()) for _ in range(times(rng, CASH * busy))]
        steps += [self._deposit(person, when()) for _ in range(times(rng, DEPOSITS * busy))]
        steps += [Happening(when(), person, "LOGIN") for _ in range(times(rng, LOGINS * busy))]
        for _ in range(times(rng, TRANSFERS * busy)):
            steps += self._transfer(person, when())
        if person in self._people.own and rng.random() < OWN_MOVES and person not in self._people.taken:
            steps.append(self._own_move(person, when()))
        if person in self._people.landlord and rng.random() < RENTS:
            steps.append(self._rent(person, when()))
        if rng.random() < NEW_HANDSETS:
            steps += self._new_handset(person, when())
        if rng.random() < LIMITS_RAISED:
            steps.append(Happening(when(), person, "LIMIT_RAISED"))
        if rng.random() < DEPOSITS_BROKEN:
            steps += self._break_deposit(person, when())
        return steps

    def _gift(self, person: Account) -> int:
        """Return a sum between people: round more often than not, in line with what the payer has."""
        rng = self._rng
        step = rng.choice((1, 100, 1000, 10_000, 10_000))
        limit_yuan = max(100, min(8_000, person.opening_minor // YUAN // 8))
        return amount(rng, 180, 1.1, step_minor=step, low_yuan=5, high_yuan=limit_yuan)

    def _transfer(self, person: Account, at_us: int) -> list[Step]:
        rng, steps = self._rng, list[Step]()
        is_new = not person.payees or rng.random() < NEW_PAYEE_SHARE
        payee = rng.choice(person.payees) if not is_new else self._stranger(person)
        if rng.random() < 0.3:
            steps.append(Happening(at_us - between(rng, 20, 240), person, "LOGIN"))
        if is_new and rng.random() < 0.6:
            steps.append(Happening(at_us - between(rng, 5, 19), person, "PAYEE_ADDED", payee))
        move = transfer(rng, at_us, person, payee, self._gift(person))
        move.refused = rng.random() < REFUSED_SHARE
        if is_new and rng.random() < 0.02:
            move.name_match = "CLOSE"
        if is_new:
            move.otp_count = rng.choice((1, 1, 1, 2, None))
        return [*steps, move]

    def _stranger(self, person: Account) -> Account:
        """Return somebody this person has not paid: a customer here, or an account at another bank."""
        others = self._people.people_elsewhere if self._rng.random() < 0.4 else self._people.persons
        for _ in range(8):
            found = self._rng.choice(others)
            if found is not person and found not in person.payees:
                return found
        return self._cast.elsewhere()

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

    def _cash(self, person: Account, at_us: int) -> Move:
        rng = self._rng
        yuan = rng.choices(CASH_YUAN, CASH_WEIGHTS)[0]
        machine = rng.choice(person.machines or self._people.machines)
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

    def _rent(self, tenant: Account, at_us: int) -> Move:
        rent = amount(self._rng, 1_900, 0.3, step_minor=10_000, low_yuan=600, high_yuan=5_000)
        return transfer(self._rng, at_us, tenant, self._people.landlord[tenant], rent, purpose="RENT", asked=False)

    def _own_move(self, person: Account, at_us: int) -> Move:
        """N10: to the holder's other account or to the broker; may well be nearly everything."""
        rng, broker = self._rng, self._people.broker
        payee = broker if broker is not None and rng.random() < 0.25 else self._people.own[person]
        purpose = "SECU" if payee is broker else None
        share = rng.uniform(0.15, 0.9) if payee is not broker else rng.uniform(0.05, 0.3)
        return transfer(rng, at_us, person, payee, 0, share=share, step_minor=10_000, purpose=purpose, asked=False)

    def _new_handset(self, person: Account, at_us: int) -> list[Step]:
        """N11: a new telephone, then the payees of old; one in eight also pays somebody new."""
        rng = self._rng
        person.new_device = (at_us, f"{person.device}n")
        steps: list[Step] = [Happening(at_us, person, "DEVICE_BOUND")]
        steps.append(Happening(at_us + between(rng, 5, 60), person, "LOGIN"))
        for payee in person.payees[:2]:
            at_us += between(rng, 2 * 60, 60 * 60)
            steps.append(transfer(rng, at_us, person, payee, self._gift(person)))
        if rng.random() < 0.125:
            steps.append(transfer(rng, at_us + between(rng, 60, 600), person, self._stranger(person), self._gift(person)))
        return steps

    def _break_deposit(self, person: Account, at_us: int) -> list[Step]:
        """A fixed deposit ended for an honest reason: the money stays, or goes to an own account."""
        steps: list[Step] = [Happening(at_us, person, "DEPOSIT_BROKEN")]
        if person in self._people.own and self._rng.random() < 0.5 and person not in self._people.taken:
            steps.append(self._own_move(person, at_us + 5 * MINUTE_US))
        return steps
