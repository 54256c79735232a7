"""Frauds at cash machines for a living bank: W3, W4 and A1 to A3; W1 and W2 stand in `stories.py`.

A2 shows as withdrawals approved on an empty account: the records of the host, by which it is really found, are not simulated.
Sums and paces are invented around the published patterns; source: ours.
"""

from stream.simulator.cast import OTHER_PROVINCES, YUAN
from stream.simulator.laundering import away
from stream.simulator.plan import DAY_US, HOUR_US, Happening, Move, between
from stream.simulator.town_script import TownScript


def card_set_moves(script: TownScript, at_us: int) -> None:
    """W3: a runner draws some with a stack of cards at one machine, and the rest with the same cards at another."""
    rng = script.rng
    mules = [script.mule() for _ in range(rng.randint(3, 5))]
    for mule in mules:
        yuan = rng.randrange(18_000, 26_000)
        script.steal(script.order(at_us - script.minutes(20, 110), script.stranger(yuan), mule, yuan=yuan), "W3")
    first, second = rng.sample(script.people.machines[2:], 2)
    for mule in mules:
        at_us = script.draw_cash(at_us, mule, first, (15, 40), "W3", 2) + script.wait(30, 100)
    at_us += between(rng, 30 * 60, 4 * 3_600)
    for mule in mules:
        at_us = script.draw_cash(at_us, mule, second, (15, 40), "W3", 2) + script.wait(30, 100)
    script.report(4 * 3_600, 20 * 3_600)


def split_location(script: TownScript, at_us: int) -> None:
    """W4: whoever controls the account works online in another province while a runner draws cash here."""
    rng, mule, region = script.rng, script.mule(), script.rng.choice(OTHER_PROVINCES)
    device = script.use(script.cast.device())
    yuan = rng.randrange(15_000, 60_000)
    script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "W4")
    script.happen(at_us + between(rng, 60, 240), Happening(0, mule, "LOGIN", device=device, region=region))
    at_us += between(rng, 300, 1_200)
    at_us = script.draw_cash(at_us, mule, script.machine(), (25, 70), "W4", rng.randint(2, 4))
    script.happen(at_us + between(rng, 20, 200), Happening(0, mule, "LOGIN", device=device, region=region))
    away(script, at_us, mule, 1)
    script.report(3 * 3_600, 16 * 3_600)


def unlimited_operation(script: TownScript, at_us: int) -> None:
    """A1: limits of a few cards were lifted from inside; clones draw all over the world beyond every cap."""
    rng = script.rng
    for _ in range(rng.randint(1, 3)):
        account = script.victim(3_000)
        machines = rng.sample(script.people.far_machines, rng.randint(4, 8))
        drawn_us = at_us + between(rng, 0, 900)
        for _ in range(rng.randint(11, 30)):
            script.take_cash(drawn_us, account, rng.choice(machines), rng.randrange(20, 51) * 100, "A1", forced=True)
            drawn_us += script.wait(20, 260)
    script.report(5 * 3_600, 30 * 3_600)


def switch_tampering(script: TownScript, at_us: int) -> None:
    """A2: the payment switch approves withdrawals that the core never sees, on accounts with nothing on them."""
    rng = script.rng
    machines = rng.sample(script.people.machines[2:], 2)
    for _ in range(rng.randint(2, 4)):
        account = script.sleeper()
        script.plot.mules.remove(account)
        script.plot.victims.append(account)
        for _ in range(rng.randint(4, 9)):
            script.take_cash(at_us, account, rng.choice(machines), rng.randrange(30, 51) * 100, "A2", forced=True)
            at_us += between(rng, 20, 90)
        at_us += between(rng, 60, 400)
    script.report(8 * 3_600, 40 * 3_600)


def skimming_point(script: TownScript, at_us: int) -> None:
    """A3: cards are copied at one machine within an hour; days later the copies are used elsewhere."""
    rng, machine = script.rng, script.machine()
    script.plot.terminals.append(machine)
    copied_us = script.day_us + (at_us - script.day_us) // HOUR_US * HOUR_US
    wait_days = max(0, min(rng.randint(1, 9), script.days_left - 2))
    for _ in range(rng.randint(3, 11)):
        holder = script.victim(rng.randint(3_000, 9_000))
        own_us = copied_us + between(rng, 0, 3_500)
        script.steps.append(
            Move(own_us, "CASH_WITHDRAWAL", "ATM", holder, None, rng.choice((200, 300, 500, 1_000)) * YUAN, terminal=machine)
        )
        elsewhere = rng.choice(script.people.far_machines[:12])
        abused_us = copied_us + wait_days * DAY_US + between(rng, 4 * 3_600, 30 * 3_600)
        for _ in range(rng.randint(1, 3)):
            script.take_cash(abused_us, holder, elsewhere, rng.randrange(5, 31) * 100, "A3")
            abused_us += between(rng, 40, 200)
    script.report(3 * 3_600, 30 * 3_600)
