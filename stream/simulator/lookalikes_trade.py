"""Legitimate patterns of firms, shops and landlords that resemble fraud; numbered as in the catalogue.

Each function adds history and the day itself to a scene. Sums and habits are invented; source: ours.
"""

from stream.simulator.plan import HOUR_US, MINUTE_US, between
from stream.simulator.scene import Scene


def salary_batch(scene: Scene) -> None:
    """N1: a company pays sixty people monthly in one batch; who works there hardly changes."""
    company = scene.cast.company(6_000_000)
    staff = scene.staff(company, 60)
    wages = {worker: scene.rng.randint(3_800, 11_000) for worker in staff}
    for days_ago in scene.months(3):
        paid_us = scene.at(days_ago, 10)
        for worker in staff if days_ago == 0 else staff[:55]:
            paid_us += scene.rng.randint(2, 30) * 1_000
            scene.pay(paid_us, company, worker, wages[worker], channel="BATCH", purpose="SALA")
        for worker in scene.rng.sample(staff[:55], 12):
            scene.draw(scene.at(days_ago, 18, 120), worker, worker.machines[0], scene.rng.choice((500, 1000, 2000)))


def rent_day(scene: Scene) -> None:
    """N2: tenants, who moved in one by one, pay on the same day each month; the landlord moves it to the own savings."""
    landlord, savings = scene.person(age=55, yuan=4_000), scene.person(age=55, yuan=90_000)
    savings.customer = landlord.customer
    tenants = scene.persons(12)
    rents = {tenant: scene.rng.randrange(1_500, 3_600, 100) for tenant in tenants}
    for month, days_ago in enumerate(scene.months(5)):
        for position, tenant in enumerate(tenants):
            purpose = "RENT" if scene.rng.random() < 0.7 else None
            moved_in = position if month == 0 else 0
            scene.pay(scene.at(days_ago - moved_in, 18.5, 150), tenant, landlord, rents[tenant], purpose=purpose)
        scene.pay(scene.at(days_ago, 21.6), landlord, savings, share=0.9)


def small_merchant(scene: Scene) -> None:
    """N3: a noodle shop, months of small takings from regulars and passers-by, swept to the owner every evening."""
    owner, shop = scene.person(age=41, yuan=15_000), scene.cast.merchant(800)
    shop.customer = owner.customer
    regulars = scene.persons(25)
    for days_ago in range(100, -1, -1):
        for _ in range(scene.rng.randint(9, 16)):
            guest = scene.rng.choice(regulars) if scene.rng.random() < 0.6 else scene.cast.elsewhere()
            mealtime = scene.rng.choice((7, 11.3, 17.5))
            refund_us = between(scene.rng, 60, 900) if scene.rng.random() < 0.01 else None
            bill = scene.rng.randint(9, 68)
            scene.pay(scene.at(days_ago, mealtime, 110), guest, shop, bill, reversed_after_us=refund_us)
        scene.pay(scene.at(days_ago, 20.7), shop, owner, share=0.95)


def pay_day_queue(scene: Scene) -> None:
    """N6: the factory pays, and after the shift thirty workers draw some of it at the machine by the gate."""
    factory, gate = scene.cast.company(8_000_000), scene.machine()
    staff = scene.staff(factory, 50)
    for days_ago in scene.months(3):
        paid_us = scene.at(days_ago, 10)
        for worker in staff:
            paid_us += scene.rng.randint(2, 30) * 1_000
            scene.pay(paid_us, factory, worker, scene.rng.randint(4_200, 7_800), channel="BATCH", purpose="SALA")
        queue_us = scene.at(days_ago, 17.5)
        for worker in scene.rng.sample(staff, 30):
            queue_us += between(scene.rng, 30, 100)
            scene.draw(queue_us, worker, gate, scene.rng.choice((500, 1000, 1000, 2000, 3000)))


def market_machine(scene: Scene) -> None:
    """N7: stallholders pay in their cash at the market's machine every afternoon, and now and then draw some change."""
    machine, stalls = scene.machine(), scene.persons(10, 8_000)
    for days_ago in range(30, -1, -1):
        turn_us = scene.at(days_ago, 15.5)
        for stall in scene.rng.sample(stalls, 8):
            turn_us += between(scene.rng, 40, 150)
            scene.pay_in(turn_us, stall, machine, scene.rng.randint(8, 95) * 100)
        scene.draw(turn_us + between(scene.rng, 60, 200), scene.rng.choice(stalls), machine, 500)


def reimbursements(scene: Scene) -> None:
    """N12: a firm pays back expenses every week, and today a new hire gets a first wage."""
    firm = scene.cast.company(2_000_000)
    staff = scene.staff(firm, 8)
    newcomer = staff[-1]
    for days_ago in range(56, -1, -7):
        for worker in scene.rng.sample(staff[:-1], 4):
            scene.pay(scene.at(days_ago, 14, 120), firm, worker, scene.rng.randint(60, 1_900), channel="WEB")
    scene.pay(scene.at(0, 15), firm, newcomer, 6_300, channel="WEB", purpose="SALA")


def owner_draws(scene: Scene) -> None:
    """N13: the owner of a firm draws money from it every month, more as the firm does better."""
    owner, firm = scene.person(age=50, yuan=60_000), scene.cast.company(3_000_000)
    supplier = scene.cast.elsewhere("CORPORATE")
    for month, days_ago in enumerate(scene.months(6)):
        scene.pay(scene.at(days_ago, 11), firm, supplier, scene.rng.randint(20_000, 90_000), channel="WEB")
        scene.pay(scene.at(days_ago, 16), firm, owner, scene.rng.randint(7, 13) * 1_000 * (month + 1), channel="WEB")


def group_buying(scene: Scene) -> None:
    """N16: neighbours pay the organiser the same sum each week, who pays the farm; two change their mind."""
    organiser, farm = scene.person(age=38, yuan=3_000), scene.cast.elsewhere("CORPORATE")
    neighbours = scene.persons(20, 8_000)
    for days_ago in (28, 21, 14, 7, 0):
        price = scene.rng.choice((58, 68, 88))
        for neighbour in neighbours:
            scene.pay(scene.at(days_ago, 19, 55), neighbour, organiser, price)
        for neighbour in scene.rng.sample(neighbours, 2):
            scene.pay(scene.at(days_ago, 20.1, 10), organiser, neighbour, price)
        scene.pay(scene.at(days_ago, 20.4), organiser, farm, price * 18 * 0.93)


def machine_service(scene: Scene) -> None:
    """N17: after loading a machine an engineer tries it with three test cards; shopkeepers pay in at night."""
    machine, shops = scene.machine(), scene.persons(5, 9_000)
    testers = scene.persons(3, 5_000)
    for tester in testers:
        tester.customer, tester.cohort = testers[0].customer, "bank-service"
    for days_ago in (21, 14, 7, 0):
        test_us = scene.at(days_ago, 22.2)
        for tester in testers:
            test_us += between(scene.rng, 30, 80)
            scene.draw(test_us, tester, machine, 100)
        for shop in shops:
            scene.pay_in(scene.at(days_ago, 23, 50), shop, machine, scene.rng.randint(10, 70) * 100)


def marketplace_refunds(scene: Scene) -> None:
    """N20: a buying agent takes orders, pays the shop, and a sold-out article sends the money back along the same way."""
    agent, shop = scene.person(age=29, yuan=6_000), scene.cast.merchant(200_000)
    customers = scene.persons(9, 15_000)
    for days_ago in (40, 26, 12, 0):
        ordered_us = scene.at(days_ago, 10)
        for customer in scene.rng.sample(customers, 6):
            price = scene.rng.randint(180, 1_400)
            ordered_us += between(scene.rng, 200, 1_500)
            scene.pay(ordered_us, customer, agent, price)
            sold_out = scene.rng.random() < 0.4
            bought_us = ordered_us + between(scene.rng, 1_800, 5_400)
            back_us = 2 * HOUR_US if sold_out else None
            scene.buy(bought_us, agent, shop, price * 0.92, refunded_after_us=back_us)
            if sold_out:
                scene.pay(bought_us + 2 * HOUR_US + 20 * MINUTE_US, agent, customer, price)
