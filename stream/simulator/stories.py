"""The frauds planted in a bank day: each a seeded script of victims, mules, times and shares.

A script plans; the ledger carries it out among all that happens that day. Names are ids of the typology catalogue; CHAIN is one
case that runs V1, then M1, then W2. Sums and paces are invented around the published patterns; source: ours.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stream.simulator.cast import Account
from stream.simulator.plan import DAY_US, HOUR_US, MINUTE_US, Happening, Move, between
from stream.simulator.script import Script


def _drain(script: Script, at_us: int, victim: Account, mules: list[Account], payments: int) -> int:
    """Let the victim be talked out of most of the balance in stages; return the moment of the last payment."""
    rng, part = script.rng, 1.0 - (1.0 - script.share(script.tactic.drain)) ** (1.0 / payments)
    call_active = True if rng.random() < 0.75 else None
    for position in range(payments):
        if position:
            at_us += script.minutes(3, 14)
        mule = mules[position % len(mules)]
        if rng.random() < 0.5:
            script.happen(at_us - between(rng, 10, 50), Happening(0, victim, "PAYEE_ADDED", mule))
        move = script.steal(script.order(at_us, victim, mule, share=part), "V1")
        move.call_active, move.otp_count = call_active, rng.randint(*script.tactic.otp)
    return at_us


def _free_savings(script: Script, at_us: int, victim: Account) -> None:
    """Break the fixed deposit or raise the limit, as the voice on the telephone asks."""
    rng = script.rng
    script.happen(at_us - 12 * MINUTE_US, Happening(0, victim, "LOGIN"))
    if rng.random() < 0.6:
        fixed = script.cast.fixed_deposit(victim, rng.randint(30_000, 250_000))
        script.happen(at_us - 9 * MINUTE_US, Happening(0, victim, "DEPOSIT_BROKEN"))
        script.steps.append(Move(at_us - 8 * MINUTE_US, "TRANSFER", "MOBILE", fixed, victim, share=1.0))
    else:
        script.happen(at_us - 6 * MINUTE_US, Happening(0, victim, "LIMIT_RAISED"))


def safe_account(script: Script, at_us: int) -> None:
    """V1: savings freed, then two to four payments to new payees on orders of a false policeman."""
    victim = script.victim(script.rng.randint(90_000, 600_000), age_min=45)
    mules = [script.mule()] + [script.mule(elsewhere_share=0.4) for _ in range(script.rng.randint(0, 2))]
    _free_savings(script, at_us, victim)
    last_us = _drain(script, at_us, victim, mules, max(len(mules), script.rng.randint(2, 4)))
    for mule in mules:
        script.disperse(mule, last_us)
    script.report(40 * 60, 150 * 60)


def _send_on(script: Script, at_us: int, mule: Account, payees: tuple[Account, Account], typology: str) -> int:
    """Let a mule send its money on to the first payee, or to both in turn; return the moment of the last payment."""
    sent = script.share(script.tactic.pass_on)
    first = sent if script.rng.random() < 0.5 else sent * script.rng.uniform(0.4, 0.6)
    script.pass_on(at_us, mule, payees[0], first, typology)
    if first < sent:
        at_us += script.minutes(1, 4)
        # A part of what is left, so that both together are the share meant.
        script.pass_on(at_us, mule, payees[1], (sent - first) / (1.0 - first), typology)
    return at_us


def pass_through(script: Script, at_us: int) -> None:
    """M1: a stranger's money leaves the mule within minutes; the second mule draws cash and sends the rest away."""
    rng, yuan = script.rng, script.rng.randrange(24_000, 140_000, 100)
    first, second = script.mule(), script.mule(hop=2)
    script.steal(script.order(at_us, script.stranger(yuan), first, yuan=yuan), "M1")
    at_us += script.rest(2, 11)
    at_us = _send_on(script, at_us, first, (second, second), "M1")
    at_us += between(rng, *script.tactic.cash_delay_s)
    at_us = script.draw_cash(at_us, second, script.machine(), (25, 70), "W1")
    leaves_us = at_us + script.minutes(1, 6)
    script.pass_on(leaves_us, second, script.mule(elsewhere_share=1.0, hop=3), script.share(script.tactic.pass_on))
    script.report(45 * 60, 120 * 60)


def fan_in(script: Script, at_us: int) -> None:
    """M2: unrelated payers fill a young account within the hour, then it is emptied in one or two payments."""
    rng, collector = script.rng, script.mule()
    payers = rng.randint(*script.tactic.payers)
    for _ in range(payers):
        yuan = rng.randint(2_500, 19_000)
        script.steal(script.order(at_us, script.stranger(yuan), collector, yuan=yuan), "M2")
        at_us += script.wait(15, 2 * 2_300 / payers - 30)
    at_us += script.rest(5, 35)
    _send_on(script, at_us, collector, (script.mule(elsewhere_share=0.6, hop=2), script.mule(hop=2)), "M2")


def cash_out(script: Script, at_us: int) -> None:
    """W1: a stranger's credit late in the evening, cash up to the cap at once, and again when the new day begins."""
    rng, mule, machine = script.rng, script.mule(), script.machine()
    if script.tactic.after_midnight:
        at_us = script.day_us + DAY_US - between(rng, 12 * 60, 28 * 60)
    yuan = rng.randrange(41_000, 68_000, 100)
    paid_us = at_us - between(rng, *script.tactic.cash_delay_s)
    script.steal(script.order(paid_us, script.stranger(yuan), mule, yuan=yuan), "W1")
    script.draw_cash(at_us, mule, machine, (30, 80), "W1")
    if script.tactic.after_midnight:
        script.draw_cash(script.day_us + DAY_US + between(rng, 70, 900), mule, machine, (30, 80), "W1")
    script.report(10 * 3600, 14 * 3600)


def _runner(script: Script, at_us: int, mules: list[Account]) -> None:
    """Empty one card after the other at one machine."""
    machine = script.machine()
    for mule in mules:
        at_us = script.draw_cash(at_us, mule, machine, (12, 26), "W2") + script.wait(35, 95)


def many_cards(script: Script, at_us: int) -> None:
    """W2: strangers pay several mules in the hours before, then one runner draws with all the cards."""
    rng = script.rng
    mules = [script.mule() for _ in range(rng.randint(*script.tactic.cards))]
    for mule in mules:
        yuan = rng.randrange(20_300, 27_000, 100)
        script.steal(script.order(at_us - script.minutes(25, 130), script.stranger(yuan), mule, yuan=yuan), "W2")
    _runner(script, at_us, mules)


def account_takeover(script: Script, at_us: int) -> None:
    """X1: password reset and a new device, a payee added, two codes or more, and the account is drained."""
    rng, tactic = script.rng, script.tactic
    victim, mule = script.victim(rng.randint(60_000, 300_000)), script.mule()
    device = script.use(script.cast.device())
    bound_us = at_us - between(rng, *tactic.takeover_lead_s)
    if rng.random() < 0.7:
        script.happen(bound_us - between(rng, 20, 90), Happening(0, victim, "PASSWORD_RESET", device=device))
    script.happen(bound_us, Happening(0, victim, "DEVICE_BOUND", device=device))
    script.happen(bound_us + between(rng, 5, 40), Happening(0, victim, "LOGIN", device=device))
    script.happen(at_us - between(rng, 15, 60), Happening(0, victim, "PAYEE_ADDED", mule, device))
    payments = rng.randint(1, 3)
    part = 1.0 - (1.0 - script.share(tactic.drain)) ** (1.0 / payments)
    remote_access = True if rng.random() < 0.4 else None
    for _ in range(payments):
        move = script.steal(script.order(at_us, victim, mule, share=part), "X1")
        move.device, move.remote_access, move.otp_count = device, remote_access, rng.randint(*tactic.otp)
        at_us += script.wait(45, 300)
    script.disperse(mule, at_us)
    script.report(30 * 60, 240 * 60)


def fake_boss(script: Script, at_us: int) -> None:
    """V2: the accountant pays "contract deposits" to private persons in another province, in office hours."""
    rng = script.rng
    at_us = script.day_us + 9 * HOUR_US + at_us % (5 * HOUR_US)
    company = script.company(6_000_000)
    for _ in range(rng.randint(*script.tactic.boss_payments)):
        mule = script.mule(elsewhere_share=0.5)
        move = script.order(at_us, company, mule, yuan=rng.randrange(*script.tactic.boss_yuan, 1_000))
        move.asked, move.name_match = True, "NO" if rng.random() < 0.3 else "MATCH"
        script.steal(move, "V2")
        script.disperse(mule, at_us)
        at_us += script.minutes(12, 45)
    script.report(90 * 60, 180 * 60)


def chain(script: Script, at_us: int) -> None:
    """V1 to M1 to W2 as one case: drained, split to a stack of mules within minutes, drawn at one machine."""
    rng = script.rng
    runners = rng.randint(*script.tactic.cards)
    victim, collector = script.victim(rng.randint(50_000, 80_000) * (runners + 1), age_min=50), script.mule()
    _free_savings(script, at_us, victim)
    at_us = _drain(script, at_us, victim, [collector], 2) + script.minutes(2, 7)
    mules = [script.mule(hop=2) for _ in range(runners)]
    sent = script.share(script.tactic.pass_on)
    for position, mule in enumerate(mules):
        # Equal parts of the whole: a part of what is left after the parts before.
        share = (sent / runners) / (1.0 - sent * position / runners)
        script.pass_on(at_us, collector, mule, share)
        at_us += script.wait(20, 70)
    _runner(script, at_us + script.minutes(6, 15), mules)
    script.report(35 * 60, 80 * 60)


STORIES: Final[Mapping[str, Callable[[Script, int], None]]] = MappingProxyType(
    {
        "V1": safe_account,
        "M1": pass_through,
        "M2": fan_in,
        "W1": cash_out,
        "W2": many_cards,
        "X1": account_takeover,
        "CHAIN": chain,
        "V2": fake_boss,
    }
)
"""Story name -> script; the order is the order of planting."""
