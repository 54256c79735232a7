"""Frauds told from the mule's side, M3 to M8, for a living bank; M1 and M2 stand in `stories.py`.

Sums and paces are invented around the published patterns; source: ours.
"""

from stream.simulator.laundering import along_chain, cash_then_away, in_slices, launder, to_cash
from stream.simulator.plan import HOUR_US, Happening, between
from stream.simulator.town_script import TownScript


def fan_out(script: TownScript, at_us: int) -> None:
    """M3: one large sum arrives and is cut into slices for new accounts within the half hour."""
    rng, mule = script.rng, script.mule()
    yuan = rng.randrange(52_000, 190_000)
    script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "M3")
    in_slices(script, at_us, mule, 1, yuan if rng.random() < 0.6 else 0)
    script.report(40 * 60, 200 * 60)


def probe_then_load(script: TownScript, at_us: int) -> None:
    """M4: a few yuan try the account out, hours later the real sum comes and goes."""
    rng, mule = script.rng, script.mule()
    tester = script.mule(elsewhere_share=0.7)
    script.add(script.order(at_us, tester, mule, yuan=1), "M4").amount_minor = rng.choice((1, 10, 100, 200, 500, 888, 1_000))
    at_us += between(rng, 1_200, 9 * 3_600)
    yuan = rng.randrange(8_000, 90_000)
    script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "M4")
    launder(script, at_us, mule)
    script.report(60 * 60, 300 * 60)


def sleeper_wakes(script: TownScript, at_us: int) -> None:
    """M5: an account hardly used, or opened the other day, gets a large sum and is empty again within the day."""
    rng, mule = script.rng, script.sleeper() if script.rng.random() < 0.6 else script.mule()
    for _ in range(rng.choice((1, 1, 2))):
        yuan = rng.randrange(12_000, 120_000)
        script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "M5")
        at_us += between(rng, 120, 3_000)
    at_us += between(rng, 600, 4 * 3_600)
    cash_then_away(script, at_us, mule, 1)
    script.report(90 * 60, 600 * 60)


def device_farm(script: TownScript, at_us: int) -> None:
    """M6: one handset logs in to the accounts of several people, and sends on what each of them is paid."""
    rng, device = script.rng, script.use(script.cast.device())
    mules = [script.mule() for _ in range(2 if script.tactic.is_hard else rng.randint(3, 6))]
    for mule in mules:
        script.happen(at_us - between(rng, 600, 9 * 3_600), Happening(0, mule, "LOGIN", device=device))
    for mule in mules:
        yuan = rng.randrange(6_000, 40_000)
        script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "M6")
        script.happen(at_us + between(rng, 30, 200), Happening(0, mule, "LOGIN", device=device))
        sent_us = at_us + script.rest(5, 25)
        payee = script.mule(elsewhere_share=0.7, hop=2)
        move = script.order(sent_us, mule, payee, share=script.share(script.tactic.pass_on))
        move.device = device
        script.add(move, "M6")
        if payee.on_us and rng.random() < 0.7:
            to_cash(script, sent_us, payee)
        at_us += script.wait(300, 2_400)
    script.report(2 * 3_600, 20 * 3_600)


def layered_chain(script: TownScript, at_us: int) -> None:
    """M7: the money runs from account to account; the victim reports while it runs."""
    rng, mule = script.rng, script.mule()
    yuan = rng.randrange(30_000, 260_000)
    for _ in range(rng.choice((1, 1, 2))):
        script.steal(script.order(at_us, script.stranger(yuan), mule, yuan=yuan), "M7")
        at_us += between(rng, 30, 240)
    along_chain(script, at_us, mule, 1)
    script.report(10 * 60, 60 * 60)


def matching_mule(script: TownScript, at_us: int) -> None:
    """M8: an account is rented out to match deposits and payouts, round sums in and out all day."""
    rng, mule = script.rng, script.mule()
    pairs = rng.randint(7, 9) if script.tactic.is_hard else rng.randint(12, 24)
    at_us = script.day_us + 9 * HOUR_US + between(rng, 0, 3_600)
    pause_s = 2 * 11 * 3_600 / pairs
    for _ in range(pairs):
        yuan = rng.choice((200, 300, 500, 500, 1_000, 1_000, 2_000, 3_000, 5_000))
        payer = script.stranger(yuan)
        paid = script.order(at_us, payer, mule, yuan=yuan)
        sent = script.order(at_us + script.wait(60, 500), mule, script.mule(elsewhere_share=0.8, hop=2), yuan=yuan)
        if rng.random() < 0.85:
            paid.amount_minor = yuan * 100
            sent.amount_minor = yuan * rng.choice((97, 98, 99, 100))
        script.steal(paid, "M8")
        script.add(sent, "M8")
        at_us += between(rng, 60, pause_s - 60)
    script.report(30 * 3_600, 120 * 3_600)
