"""Frauds told from the victim's side, V3 to V10 and X2, for a living bank: from the call to the money out of reach.

V1, V2 and X1 stand in `stories.py`. Each story begins on the day of the script; sums and paces are invented around the published
patterns; source: ours.
"""

from stream.simulator.cast import YUAN, Account
from stream.simulator.laundering import launder
from stream.simulator.plan import DAY_US, HOUR_US, MINUTE_US, Happening, Move, between
from stream.simulator.town_script import TownScript


def _add_payee(script: TownScript, at_us: int, victim: Account, mule: Account) -> None:
    if victim.on_us and script.rng.random() < 0.5:
        script.happen(at_us - between(script.rng, 10, 90), Happening(0, victim, "PAYEE_ADDED", mule))


def _affordable(victim: Account, yuan: int, share: float = 0.9) -> int:
    """Return so many yuan, or what a victim here has of it."""
    return max(50, min(yuan, int(victim.balance_minor * share) // YUAN)) if victim.on_us else yuan


def _spread(script: TownScript, count: int, span_s: int) -> list[int]:
    """Return so many moments, in microseconds after the first possible one, within a span."""
    return sorted(between(script.rng, 0, span_s) for _ in range(count))


def guided_at_machine(script: TownScript, at_us: int) -> None:
    """V3: an elderly victim is dictated keys at a cash machine; a try or two fail, the code typed is the sum."""
    rng, victim = script.rng, script.victim(20_000, age_min=62)
    mule, machine = script.mule(), rng.choice(victim.machines or script.people.machines[2:])
    yuan = _affordable(victim, rng.randint(4_000, 49_000))
    at_us += (9 + at_us % 7) * MINUTE_US
    for _ in range(rng.randint(1, 3)):
        failed = Move(at_us, "TRANSFER", "ATM", victim, mule, yuan * YUAN + rng.randrange(9_999), terminal=machine)
        failed.refused = True
        script.add(failed, "V3")
        at_us += between(rng, 40, 150)
    for _ in range(rng.choice((1, 1, 2))):
        move = Move(at_us, "TRANSFER", "ATM", victim, mule, terminal=machine)
        move.amount_minor = max(100, _affordable(victim, yuan, 0.45) * YUAN - rng.randrange(9_999))
        move.arrival_mode = "REVOCABLE_24H" if rng.random() < 0.4 else "REALTIME"
        script.steal(move, "V3")
        at_us += between(rng, 90, 400)
    launder(script, at_us, mule)
    script.report(2 * 3_600, 30 * 3_600)


def advance_fee(script: TownScript, at_us: int) -> None:
    """V4: a prize waits, but tax, notary and deposit come first: rising payments, hours to days apart, to one or two payees."""
    rng, victim = script.rng, script.victim(12_000)
    mules = [script.mule(elsewhere_share=0.5)] * rng.choice((1, 2))
    if rng.random() < 0.35:
        mules.append(script.mule(elsewhere_share=0.5))
    payments = rng.randint(2, 5)
    step_us = min(70 * HOUR_US, script.days_left * DAY_US - 14 * HOUR_US) // payments
    yuan = rng.randint(300, 1_800)
    for position in range(payments):
        mule = mules[position % len(mules)]
        if position < len(mules):
            _add_payee(script, at_us, victim, mule)
        script.steal(script.order(at_us, victim, mule, yuan=_affordable(victim, yuan, 0.5)), "V4")
        launder(script, at_us, mule)
        yuan = int(yuan * rng.uniform(1.55, 2.6))
        at_us += max(3 * HOUR_US, int(step_us * rng.uniform(0.5, 1.1)))
    script.report(24 * 3_600, 90 * 3_600)


def family_emergency(script: TownScript, at_us: int) -> None:
    """V5: "guess who I am": one urgent payment to a new payee, often far away and at an unusual hour; hardly a sign of it."""
    rng, victim = script.rng, script.victim(15_000, age_min=40)
    if rng.random() < 0.4:
        at_us = script.day_us + 20 * HOUR_US + between(rng, 0, 3 * 3_600)
    mule = script.mule(elsewhere_share=0.6)
    _add_payee(script, at_us, victim, mule)
    script.steal(script.order(at_us, victim, mule, yuan=_affordable(victim, rng.randint(3_000, 40_000), 0.7)), "V5")
    launder(script, at_us, mule)
    script.report(3 * 3_600, 20 * 3_600)
    script.plot.is_hard = True


def _firm(script: TownScript, yuan: int) -> Account:
    if script.rng.random() < 0.4:
        found = script.rng.choice(script.people.firms_elsewhere)
        script.plot.victims.append(found)
        return found
    return script.company(yuan)


def fake_fee(script: TownScript, at_us: int) -> None:
    """V6: a forged notice goes round; firms that know nothing of each other pay one private account nearly the same."""
    rng, mule, yuan = script.rng, script.mule(), script.rng.randint(1_200, 4_800)
    at_us = script.day_us + 9 * HOUR_US + between(rng, 0, 3_600)
    firms = rng.randint(3, 4) if script.tactic.is_hard else rng.randint(5, 9)
    for after_us in _spread(script, firms, 8 * 3_600):
        firm = _firm(script, yuan * 3)
        paid = max(100, int(yuan * rng.uniform(0.93, 1.07)) // 10 * 10)
        script.steal(script.order(at_us + after_us, firm, mule, yuan=paid), "V6")
    launder(script, at_us + 8 * HOUR_US, mule)
    script.report(20 * 3_600, 80 * 3_600)


def fake_shop(script: TownScript, at_us: int) -> None:
    """V7: cheap goods paid in advance and never sent: small sums from strangers to a young account, taken out in the evening."""
    rng, mule = script.rng, script.mule()
    payers = rng.randint(3, 4) if script.tactic.is_hard else rng.randint(6, 18)
    at_us = script.day_us + 8 * HOUR_US + between(rng, 0, 3_600)
    for after_us in _spread(script, payers, 12 * 3_600):
        yuan = rng.randint(60, 900)
        payer = script.stranger(yuan)
        script.steal(script.order(at_us + after_us, payer, mule, yuan=_affordable(payer, yuan)), "V7")
    launder(script, at_us + 12 * HOUR_US, mule)
    script.report(48 * 3_600, 200 * 3_600)


def loan_fee(script: TownScript, at_us: int) -> None:
    """V8: a lender pays out and within the hour wants "proof of flow" or a deposit on a private account."""
    rng, victim = script.rng, script.victim(2_000)
    mules = [script.mule(elsewhere_share=0.4) for _ in range(rng.choice((1, 1, 2)))]
    lent = script.chosen_minor(rng.randint(8_000, 90_000)) // 100_000 * 100_000 + 100_000
    lender = rng.choice(script.people.firms_elsewhere)
    script.steps.append(Move(at_us, "TRANSFER", "API", lender, victim, lent, purpose="LOAN", arrival_mode="REALTIME"))
    at_us += script.rest(8, 40)
    share = script.share(script.tactic.drain) if script.tactic.is_hard else rng.uniform(0.82, 0.97)
    for mule in mules:
        _add_payee(script, at_us, victim, mule)
        yuan = int(lent * share) // YUAN // len(mules)
        script.steal(script.order(at_us, victim, mule, yuan=max(200, yuan - 100)), "V8")
        launder(script, at_us, mule)
        at_us += between(rng, 60, 500)
    script.report(6 * 3_600, 48 * 3_600)


def task_and_investment(script: TownScript, at_us: int) -> None:
    """V9: paid tasks: small sums go out and come back with a gain, then ever larger ones go to changing payees and stay there."""
    rng, victim = script.rng, script.victim(30_000)
    days = max(1, min(rng.randint(4, 20), script.days_left - 1))
    mules = [script.mule(elsewhere_share=0.3)]
    yuan, rounds = rng.randint(60, 300), rng.randint(1, 3)
    for _ in range(rounds):
        _add_payee(script, at_us, victim, mules[0])
        script.steal(script.order(at_us, victim, mules[0], yuan=yuan), "V9")
        back_us = at_us + between(rng, 900, 6 * 3_600)
        script.add(script.order(back_us, mules[0], victim, yuan=max(70, int(yuan * rng.uniform(1.05, 1.3)))), "V9")
        at_us += int(DAY_US * days * 0.3 / rounds * rng.uniform(0.6, 1.0))
        yuan = int(yuan * rng.uniform(1.1, 1.8))
    yuan *= rng.randint(5, 9)
    payments = rng.randint(2, 5)
    for _ in range(payments):
        mule = script.mule(elsewhere_share=0.4) if rng.random() < 0.6 else mules[-1]
        if mule not in mules:
            mules.append(mule)
            _add_payee(script, at_us, victim, mule)
        script.steal(script.order(at_us, victim, mule, yuan=_affordable(victim, yuan, 0.4)), "V9")
        launder(script, at_us, mule)
        at_us += int(DAY_US * days * 0.65 / payments * rng.uniform(0.5, 1.0))
        yuan = int(yuan * rng.uniform(1.2, 2.4))
    script.report(2 * 86_400, 9 * 86_400)
    script.plot.is_hard = script.plot.is_hard or rounds == 1


def cash_courier(script: TownScript, at_us: int) -> None:
    """V10: an elderly victim draws near the daily cap on two or three days and hands the notes to a courier."""
    rng = script.rng
    days = min(rng.choice((2, 3, 3)), script.days_left)
    victim = script.victim(19_000 * days + 5_000, age_min=60)
    machine = rng.choice(victim.machines or script.people.machines[2:])
    count = 4 if not script.tactic.is_hard else 3
    for number in range(days):
        drawn_us = script.day_us + number * DAY_US + 9 * HOUR_US + between(rng, 0, 7 * 3_600)
        for _ in range(count):
            script.take_cash(drawn_us, victim, machine, rng.randrange(46, 51) * 100, "V10")
            drawn_us += between(rng, 35, 160)
    script.report(2 * 86_400 + 3_600, 6 * 86_400)


def coached_enrolment(script: TownScript, at_us: int) -> None:
    """X2: talked into online banking at the branch; days later another device logs in with the password and drains the account."""
    rng, victim, mule = script.rng, script.victim(40_000, age_min=60), script.mule(elsewhere_share=0.3)
    device = script.use(script.cast.device())
    days = min(rng.randint(0, 5), max(0, script.days_left - 1))
    enrolled_us = at_us
    script.happen(enrolled_us, Happening(0, victim, "EBANK_ENROLLED"))
    script.happen(enrolled_us + between(rng, 120, 1_200), Happening(0, victim, "LOGIN"))
    at_us = enrolled_us + days * DAY_US + between(rng, 3 * 3_600, 5 * 3_600)
    script.happen(at_us - between(rng, 200, 900), Happening(0, victim, "DEVICE_BOUND", device=device))
    script.happen(at_us - between(rng, 60, 190), Happening(0, victim, "LOGIN", device=device))
    if rng.random() < 0.6:
        script.happen(at_us - between(rng, 10, 50), Happening(0, victim, "PAYEE_ADDED", mule, device))
    payments = rng.randint(1, 3)
    part = 1.0 - (1.0 - script.share(script.tactic.drain)) ** (1.0 / payments)
    for _ in range(payments):
        move = script.steal(script.order(at_us, victim, mule, share=part), "X2")
        move.device, move.otp_count = device, rng.randint(*script.tactic.otp)
        at_us += script.wait(45, 400)
    launder(script, at_us, mule)
    script.report(3 * 3_600, 40 * 3_600)
