"""The ordinary customers of a bank and how they are tied to each other: employer, landlord, friends, shops, machines.

Shares are chosen so that a town's bank is recognisable, not measured anywhere; source: ours.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from models.records import Terminal
from stream.simulator.cast import YUAN, Account, Cast
from stream.simulator.plan import amount

MERCHANT_SHARE: Final = 0.07
COMPANY_SHARE: Final = 0.03
EMPLOYED_SHARE: Final = 0.65
RENTER_SHARE: Final = 0.30
SECOND_ACCOUNT_SHARE: Final = 0.06
ACCOUNTS_PER_MACHINE: Final = 150
FACTORY_STAFF_SHARE: Final = 0.03
FACTORY_STAFF_MAX: Final = 120
RECENT_SHARE: Final = 0.04
"""Of private customers: those who came in the last two months."""
EMPLOYED_ELSEWHERE_SHARE: Final = 0.8
"""Of working age and not paid by a firm that banks here: paid by one that does not."""
FAR_MACHINES: Final = 18
MACHINES_NEAR: Final = (1, 2, 2, 3)
JOINS_PER_DAY: Final = 0.0006
"""Share of private customers that leave, and are followed by new ones, on a day."""


@dataclass(slots=True, eq=False)
class Population:
    """Everybody, with the ties between them.

    staff: employer -> people, all of one cohort; the first employer is the factory. owner: shop or firm -> the owner's own
    personal account. own: account -> another account of the same customer, here or elsewhere. landlord: tenant -> landlord,
    rent_minor: tenant -> monthly rent. paid_elsewhere: persons whose employer banks elsewhere -> that employer. recent: persons
    new to the bank. depositors: who pays in at the market. far_machines: in other provinces and countries. rooted: who will not
    leave the bank. taken: cast in a story; they live on, but make no other large payment meanwhile.
    """

    persons: list[Account] = field(default_factory=list)
    merchants: list[Account] = field(default_factory=list)
    companies: list[Account] = field(default_factory=list)
    retired: list[Account] = field(default_factory=list)
    offices: list[Account] = field(default_factory=list)
    shops_elsewhere: list[Account] = field(default_factory=list)
    firms_elsewhere: list[Account] = field(default_factory=list)
    people_elsewhere: list[Account] = field(default_factory=list)
    recent: list[Account] = field(default_factory=list)
    utilities: list[Account] = field(default_factory=list)
    schools: list[Account] = field(default_factory=list)
    rent_minor: dict[Account, int] = field(default_factory=dict)
    paid_elsewhere: dict[Account, Account] = field(default_factory=dict)
    broker: Account | None = None
    machines: list[Terminal] = field(default_factory=list)
    far_machines: list[Terminal] = field(default_factory=list)
    staff: dict[Account, list[Account]] = field(default_factory=dict)
    owner: dict[Account, Account] = field(default_factory=dict)
    own: dict[Account, Account] = field(default_factory=dict)
    landlord: dict[Account, Account] = field(default_factory=dict)
    depositors: list[Account] = field(default_factory=list)
    taken: set[Account] = field(default_factory=set)
    rooted: set[Account] = field(default_factory=set)

    @property
    def factory_machine(self) -> Terminal:
        """The machine at the factory gate."""
        return self.machines[0]

    @property
    def market_machine(self) -> Terminal:
        """The cash-recycling machine at the market, where shopkeepers pay in."""
        return self.machines[1]


def till_of(shop: Account) -> Terminal:
    """Return the till of a shop."""
    if not shop.machines:
        shop.machines.append(Terminal(id=f"POS-{shop.account[2:]}"))
    return shop.machines[0]


def populate(rng: Random, cast: Cast, accounts: int) -> Population:
    """Return a population with `accounts` accounts at this bank, some of them second accounts of one customer."""
    people = Population()
    merchants = max(4, round(accounts * MERCHANT_SHARE))
    companies = max(3, round(accounts * COMPANY_SHARE))
    seconds = round(accounts * SECOND_ACCOUNT_SHARE)
    people.machines = [cast.machine() for _ in range(max(6, accounts // ACCOUNTS_PER_MACHINE))]
    people.far_machines = [cast.far_machine(number) for number in range(FAR_MACHINES)]
    people.offices = [cast.government(), cast.government()]
    people.merchants = [cast.merchant() for _ in range(merchants)]
    people.companies = [cast.company() for _ in range(companies)]
    people.persons = [cast.person() for _ in range(max(20, accounts - merchants - companies - seconds - 2))]
    for position in range(round(len(people.persons) * RECENT_SHARE)):
        people.persons[position] = newcomer(rng, cast)
    people.recent = people.persons[: round(len(people.persons) * RECENT_SHARE)]
    rng.shuffle(people.persons)
    people.utilities = [cast.company(), cast.company(), cast.elsewhere("CORPORATE")]
    people.schools = [cast.government(), cast.government()]
    people.people_elsewhere = [cast.elsewhere() for _ in range(max(30, accounts // 3))]
    people.firms_elsewhere = [cast.elsewhere("CORPORATE") for _ in range(max(10, accounts // 8))]
    people.shops_elsewhere = [cast.elsewhere("MERCHANT") for _ in range(max(10, accounts // 10))]
    people.broker = cast.elsewhere("CORPORATE")
    _employ(rng, people)
    _employ_elsewhere(rng, people)
    _own(rng, cast, people, seconds)
    _befriend(rng, people)
    people.retired = [person for person in people.persons if person.rhythm == "retired"]
    people.rooted = {*people.owner.values(), *people.own, *people.landlord, *people.landlord.values()}
    people.depositors = rng.sample(list(people.owner.values()), min(len(people.owner), 12))
    return people


def newcomer(rng: Random, cast: Cast) -> Account:
    """Return somebody who came to the bank within the last two months and has not yet much there."""
    found = cast.person(age=rng.randint(18, 60), account_age_d=(0, 60), opening_yuan=int(rng.lognormvariate(6.5, 1.2)))
    found.activity *= rng.uniform(0.2, 1.0)
    return found


def renew(rng: Random, cast: Cast, people: Population) -> None:
    """Let a few persons without rent or business leave the bank, and as many newcomers take their places, often at work, too."""
    for _ in range(int(len(people.persons) * JOINS_PER_DAY + rng.random())):
        place = rng.randrange(len(people.persons))
        leaver = people.persons[place]
        if leaver not in people.rooted and leaver not in people.taken and (not leaver.wage_minor or leaver.cohort):
            comer = newcomer(rng, cast)
            befriend(rng, people, comer)
            if rng.random() < EMPLOYED_SHARE:
                _hire(rng, people, comer)
            people.persons[place] = comer
            people.recent[rng.randrange(len(people.recent))] = comer


def _hire(rng: Random, people: Population, comer: Account) -> None:
    """Let somebody take another's place at a firm that banks here."""
    employer = rng.choice([company for company in people.companies if people.staff[company]])
    staff = people.staff[employer]
    place = rng.randrange(len(staff))
    comer.cohort, comer.wage_minor = employer.cohort, staff[place].wage_minor
    staff[place] = comer


def _employ(rng: Random, people: Population) -> None:
    """Give most people of working age an employer; everybody at the factory draws cash at its gate."""
    workers = [person for person in people.persons if person.rhythm != "retired"]
    workers = rng.sample(workers, round(len(workers) * EMPLOYED_SHARE))
    factory_staff = min(FACTORY_STAFF_MAX, max(8, round(len(people.persons) * FACTORY_STAFF_SHARE)))
    for company in people.companies:
        people.staff[company] = []
    factory = people.companies[0]
    for position, worker in enumerate(workers):
        employer = factory if position < factory_staff else rng.choice(people.companies[1:])
        people.staff[employer].append(worker)
        worker.cohort = f"e-{employer.account[2:]}"
        worker.wage_minor = amount(rng, 7_400, 0.35, step_minor=100, low_yuan=2_500, high_yuan=40_000)
    for company, staff in people.staff.items():
        company.cohort = f"e-{company.account[2:]}"
        company.balance_minor = max(company.balance_minor, 40_000 * YUAN * (len(staff) + 5))


def _employ_elsewhere(rng: Random, people: Population) -> None:
    """Give most of the others an employer that banks elsewhere, or a pension."""
    for person in people.persons:
        if person.rhythm == "retired":
            person.wage_minor = amount(rng, 3_900, 0.25, step_minor=10, low_yuan=1_500, high_yuan=12_000)
        elif person.wage_minor == 0 and rng.random() < EMPLOYED_ELSEWHERE_SHARE:
            people.paid_elsewhere[person] = rng.choice(people.firms_elsewhere)
            person.wage_minor = amount(rng, 7_000, 0.4, step_minor=100, low_yuan=2_500, high_yuan=40_000)


def _own(rng: Random, cast: Cast, people: Population, seconds: int) -> None:
    """Tie accounts of one customer together: owners to shops and firms, second accounts, accounts elsewhere."""
    owners = rng.sample(people.persons, min(len(people.persons) // 2, len(people.merchants) + len(people.companies)))
    for business, owner in zip(people.merchants + people.companies, owners, strict=False):
        if business.type == "MERCHANT":
            business.customer = owner.customer
            owner.unknown -= {"customer"}
        people.owner[business] = owner
        business.payees.append(owner)
    for holder in rng.sample(people.persons, min(seconds, len(people.persons))):
        second = cast.person(age=holder.holder_age, opening_yuan=rng.randint(200, 30_000))
        second.customer, second.device, second.cohort = holder.customer, holder.device, holder.cohort
        second.unknown = holder.unknown = holder.unknown - {"customer"}
        people.own[holder], people.own[second] = second, holder
    for holder in rng.sample(people.persons, len(people.persons) // 5):
        if holder not in people.own:
            people.own[holder] = cast.elsewhere(customer=holder.customer)
            holder.unknown -= {"customer"}


def _befriend(rng: Random, people: Population) -> None:
    """Give everybody known payees, a landlord where they rent, and one or two machines near home."""
    recent = set(people.recent)
    settled = [person for person in people.persons if person not in recent]
    landlords = rng.sample(settled, max(2, len(people.persons) // 40))
    for person in people.persons:
        befriend(rng, people, person)
        if rng.random() < RENTER_SHARE:
            landlord = rng.choice(landlords)
            if landlord is not person:
                people.landlord[person] = landlord
                people.rent_minor[person] = amount(rng, 1_900, 0.3, step_minor=10_000, low_yuan=600, high_yuan=5_000)
    for company in people.companies:
        suppliers = [firm for firm in rng.sample(people.companies, min(4, len(people.companies))) if firm is not company]
        company.payees += suppliers + rng.sample(people.firms_elsewhere, 4)


def befriend(rng: Random, people: Population, person: Account) -> None:
    """Give somebody payees and machines near home."""
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        circle = people.people_elsewhere if rng.random() < 0.35 else people.persons
        friend = rng.choice(circle)
        if friend is not person and friend not in person.payees:
            person.payees.append(friend)
    person.machines = rng.sample(people.machines[2:], min(len(people.machines) - 2, rng.choice(MACHINES_NEAR)))
