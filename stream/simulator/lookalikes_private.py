"""Legitimate patterns of private life that resemble fraud; numbered as in the catalogue.

Each function adds history and the day itself to a scene. Sums and habits are invented; source: ours.
"""

from stream.simulator.cast import HOME_REGION, OTHER_PROVINCES, Account
from stream.simulator.plan import between
from stream.simulator.scene import Scene


def class_fees(scene: Scene) -> None:
    """N4: thirty parents pay the class representative the same sum, as last term; she pays the school."""
    representative, school = scene.person(age=37, yuan=5_000), scene.cast.government()
    parents = scene.persons(30)
    for parent in (*parents, representative):
        parent.region = HOME_REGION
    for days_ago, fee in ((150, 360), (0, 380)):
        for parent in parents:
            scene.pay(scene.at(days_ago, 19, 170), parent, representative, fee)
        scene.pay(scene.at(days_ago, 22.1), representative, school, 30 * fee, purpose="SCHO")


def collection(scene: Scene) -> None:
    """N5: friends and strangers collect for an operation, in uneven sums; the hospital is paid two days later."""
    patient, hospital = scene.person(age=44, yuan=9_000), scene.cast.government()
    friends = scene.persons(14)
    for friend in friends[:6]:
        scene.pay(scene.at(scene.rng.randint(20, 120), 12, 400), friend, patient, scene.rng.randint(30, 400))
    for giver in (*friends, *(scene.cast.elsewhere() for _ in range(12))):
        scene.pay(scene.at(2, 9, 700), giver, patient, scene.rng.choice((50, 66, 100, 200, 520, 1_000, 3_000)))
    scene.pay(scene.at(0, 10), patient, hospital, share=0.8, purpose="HLTI")


def carer_on_pension_day(scene: Scene) -> None:
    """N8: a daughter draws the pensions of both parents and her own cash at one machine, every month."""
    office, machine = scene.cast.government(), scene.machine()
    family = [scene.person(age=82, yuan=4_000), scene.person(age=80, yuan=5_000), scene.person(age=52, yuan=9_000)]
    for days_ago in scene.months(4):
        for parent in family[:2]:
            scene.pay(scene.at(days_ago, 7), office, parent, 3_400, channel="BATCH", purpose="PENS")
        turn_us = scene.at(days_ago, 9)
        for holder in family:
            turn_us += between(scene.rng, 50, 110)
            scene.draw(turn_us, holder, machine, scene.rng.choice((2_500, 3_000)))


def down_payment(scene: Scene) -> None:
    """N9: a couple breaks its deposit and pays the down payment of a flat at the counter to the escrow account."""
    buyer, builder = scene.person(age=33, yuan=520_000), scene.cast.company()
    friends = scene.persons(2)
    for days_ago in (70, 40, 20, 8):
        scene.pay(scene.at(days_ago, 20), buyer, scene.rng.choice(friends), scene.rng.randint(80, 900))
    scene.happen(scene.at(0, 10), buyer, "DEPOSIT_BROKEN")
    scene.pay(scene.at(0, 11), buyer, builder, share=0.75, channel="COUNTER", purpose="HSPL")


def own_name_moves(scene: Scene) -> None:
    """N10: wages come in and go on at once, to the own account at another bank, the broker, the card debt."""
    firm, holder = scene.cast.company(), scene.person(age=35, yuan=1_500)
    elsewhere = scene.cast.elsewhere(customer=holder.customer)
    broker, lender = scene.cast.elsewhere("CORPORATE"), scene.cast.elsewhere("CORPORATE")
    firm.cohort = holder.cohort = f"e-{firm.account[2:]}"
    for days_ago in scene.months(3):
        scene.pay(scene.at(days_ago, 10, 5), firm, holder, 62_000, channel="BATCH", purpose="SALA")
        scene.pay(scene.at(days_ago, 10.2, 5), holder, elsewhere, share=0.6)
        scene.pay(scene.at(days_ago, 10.35, 5), holder, broker, share=0.5, purpose="SECU")
        scene.pay(scene.at(days_ago, 10.5, 5), holder, lender, share=0.7, purpose="LOAR")


def new_handset(scene: Scene) -> None:
    """N11: a new telephone is bound, and the payees of old are paid from it; the number stays."""
    holder = scene.person(age=47, yuan=70_000)
    friends = [*scene.persons(2), scene.cast.elsewhere()]
    for days_ago in (95, 80, 61, 47, 33, 20, 11, 4):
        scene.happen(scene.at(days_ago, 19, 5), holder, "LOGIN")
        scene.pay(scene.at(days_ago, 19.2), holder, scene.rng.choice(friends), scene.rng.randint(200, 2_500))
    for friend in friends:
        scene.pay(scene.at(15, 12, 300), holder, friend, scene.rng.randint(200, 2_500))
    bound_us = scene.at(0, 12)
    holder.new_device = (bound_us, scene.cast.device())
    scene.happen(bound_us, holder, "DEVICE_BOUND")
    scene.happen(bound_us + between(scene.rng, 10, 60), holder, "LOGIN")
    for friend in friends:
        bound_us += between(scene.rng, 200, 2_400)
        scene.pay(bound_us, holder, friend, scene.rng.randint(300, 2_800))


def night_worker(scene: Scene) -> None:
    """N14: works nights far from home, sends money to the family after the shift and draws cash at three in the morning."""
    worker = scene.person(age=31, yuan=9_000)
    family = scene.person(age=58, yuan=2_000, region=OTHER_PROVINCES[3])
    firm = scene.cast.company()
    firm.cohort = worker.cohort = f"e-{firm.account[2:]}"
    for days_ago in scene.months(5):
        scene.pay(scene.at(days_ago + 1, 10), firm, worker, 7_600, channel="BATCH", purpose="SALA")
        scene.pay(scene.at(days_ago, 2.2), worker, family, scene.rng.randrange(3_000, 5_000, 100))
        scene.draw(scene.at(days_ago, 3), worker, worker.machines[0], scene.rng.choice((500, 1_000)))


def public_money(scene: Scene) -> None:
    """N15: a housing fund pays into an account asleep for a year; most of it goes to the hospital the same afternoon."""
    office, hospital, heir = scene.cast.government(), scene.cast.government(), scene.person(age=63, yuan=120)
    scene.draw(scene.at(380, 10), heir, heir.machines[0], 100)
    scene.pay(scene.at(0, 9), office, heir, 48_000, channel="BATCH", purpose="GOVT")
    scene.pay(scene.at(0, 14), heir, hospital, share=0.85, channel="COUNTER", purpose="HLTI")


def saving_plan(scene: Scene) -> None:
    """N18: the same sum to the fund every month, and a tuition that rises with the term."""
    saver, fund, school = scene.person(age=40, yuan=60_000), scene.cast.elsewhere("CORPORATE"), scene.cast.government()
    for days_ago in scene.months(6):
        scene.pay(scene.at(days_ago, 9, 2), saver, fund, 2_000, purpose="SAVG")
    for days_ago, fee in ((2, 1_800), (1, 2_900), (0, 4_600)):
        scene.pay(scene.at(days_ago, 13), saver, school, fee, purpose="SCHO")


def shared_network(scene: Scene) -> None:
    """N19: a dormitory behind one address; every student has a telephone of their own."""
    students: list[Account] = scene.persons(16, 3_000)
    for student in students:
        student.ip = "10.99.0.1"
    for days_ago in (14, 9, 5, 2, 0):
        for position, student in enumerate(students):
            scene.happen(scene.at(days_ago, 20, 60), student, "LOGIN")
            scene.pay(scene.at(days_ago, 21, 60), student, students[position - 1], scene.rng.randint(8, 60))
