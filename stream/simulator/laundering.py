"""How mules take stolen money out of reach: as cash, through a second account, in slices, along a chain, or straight away.

Shared by all stories of a living bank. Ways and paces are invented around the published patterns; source: ours.
"""

from collections.abc import Callable
from typing import Final

from stream.simulator.cast import Account
from stream.simulator.plan import between
from stream.simulator.script import WITHDRAWALS, Script

SLICE_CAP_YUAN: Final = 50_000
"""Daily limit of transfers at a machine, under which slices are kept. Source: domain handbook, bank notices."""
SMALL_YUAN: Final = 20_000


def _cash_count(script: Script, yuan: int) -> int:
    """Return how many withdrawals a sum is good for, a card's daily cash at most."""
    return max(1, min(WITHDRAWALS, yuan // script.tactic.note_yuan[1]))


def to_cash(script: Script, at_us: int, mule: Account, yuan: int = SMALL_YUAN) -> int:
    """W1: draw cash within minutes of the credit; return the moment of the last withdrawal."""
    at_us += between(script.rng, *script.tactic.cash_delay_s)
    return script.draw_cash(at_us, mule, script.machine(), (25, 80), "W1", _cash_count(script, yuan))


def away(script: Script, at_us: int, mule: Account, hop: int) -> int:
    """Send what is there to an account at another bank, often all but a tip."""
    at_us += script.rest(4, 26)
    script.pass_on(at_us, mule, script.mule(elsewhere_share=1.0, hop=hop + 1), script.share(script.tactic.pass_on))
    return at_us


def cash_then_away(script: Script, at_us: int, mule: Account, hop: int) -> int:
    """Draw what one card gives, then send the rest away."""
    return away(script, to_cash(script, at_us, mule), mule, hop)


def through_second(script: Script, at_us: int, mule: Account, hop: int) -> int:
    """M1: pass nearly everything to a second account, which empties itself."""
    at_us += script.rest(2, 14)
    second = script.mule(hop=hop + 1)
    script.pass_on(at_us, mule, second, script.share(script.tactic.pass_on), "M1")
    return cash_then_away(script, at_us, second, hop + 1)


def in_slices(script: Script, at_us: int, mule: Account, hop: int, yuan: int = 0) -> int:
    """M3: cut the sum into parts for as many new accounts, which empty themselves.

    yuan: what there is; it is cut into slices just under a cap. 0: three to five equal parts.
    """
    rng = script.rng
    cap_yuan = SLICE_CAP_YUAN if yuan >= 3 * SLICE_CAP_YUAN else SMALL_YUAN
    parts = max(3, min(6, yuan // cap_yuan)) if yuan else rng.randint(3, 5)
    at_us += script.rest(2, 9)
    last_us = at_us
    sent = script.share(script.tactic.pass_on)
    for position in range(parts):
        payee = script.mule(elsewhere_share=0.45, hop=hop + 1)
        if yuan >= parts * cap_yuan:
            script.add(script.order(at_us, mule, payee, yuan=rng.randint(cap_yuan * 91 // 100, cap_yuan * 99 // 100)), "M3")
        else:
            # Equal parts of the whole: a part of what is left after the parts before.
            script.pass_on(at_us, mule, payee, (sent / parts) / (1.0 - sent * position / parts), "M3")
        if payee.on_us:
            last_us = max(last_us, (to_cash if rng.random() < 0.5 else _straight)(script, at_us, payee, SMALL_YUAN))
        at_us += script.wait(40, 260)
    return max(last_us, at_us)


def _straight(script: Script, at_us: int, mule: Account, yuan: int) -> int:
    return away(script, at_us, mule, script.plot.hops[mule])


def along_chain(script: Script, at_us: int, mule: Account, hop: int) -> int:
    """M7: hop by hop within minutes, up to the fifth account, the last of which draws cash or is at another bank."""
    last = hop + script.rng.randint(min(2, 5 - hop), max(1, 5 - hop))
    holder = mule
    for number in range(hop + 1, last + 1):
        at_us += script.rest(2, 7)
        following = script.mule(elsewhere_share=0.05 if number < last else 0.4, hop=number)
        script.pass_on(at_us, holder, following, script.share(script.tactic.pass_on), "M7")
        holder = following
        if not holder.on_us:
            return at_us
    return cash_then_away(script, at_us, holder, last)


WAYS: Final[tuple[tuple[Callable[[Script, int, Account, int], int], int], ...]] = (
    (cash_then_away, 28),
    (away, 24),
    (through_second, 24),
    (in_slices, 12),
    (along_chain, 12),
)
"""Way -> how often it is taken."""
LEFT_SHARE: Final = 0.12
"""Of mules: those who are too late, or keep the money."""


def launder(script: Script, at_us: int, mule: Account) -> int:
    """Take what a mule was paid at `at_us` out of reach one way or another; return the moment of the last step."""
    if not mule.on_us or script.rng.random() < LEFT_SHARE:
        return at_us
    way = script.rng.choices([way for way, _ in WAYS], [weight for _, weight in WAYS])[0]
    return way(script, at_us, mule, script.plot.hops.get(mule, 1))
