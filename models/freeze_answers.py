"""What the liaison answers and what the clock brings, at the account that a freeze request targets."""

from models.case import Case, Context
from models.consequences import follow
from models.decision import Decision, LiaisonAnswer
from models.freeze import withdrawal_again
from models.freeze_life import FreezeLife, answer_of, take_answer
from models.profile import AccountProfile
from models.records import FreezeResponse
from models.rulebook import Rulebook
from models.signal import MULE


def respond(account: str, profile: AccountProfile, response: FreezeResponse, rulebook: Rulebook, context: Context) -> Decision:
    """Apply an answer to the request it names, and say anew what its case comes to. A repeat changes nothing.

    An account stopped after the request was withdrawn: the withdrawal is said again.
    """
    decision = Decision("accepted")
    life = next((life for life in profile.freezes if life.request_id == response.request_id), None)
    if life is None:
        return decision
    odd, before = life.odd, (life.acknowledged_us, life.executed_us)
    taken = take_answer(life, answer_of(response))
    decision.is_applied = taken != "REPEATED" or life.odd != odd
    if not decision.is_applied:
        return decision
    if taken != "REPEATED":
        decision.answers.append(_figures(life, response, taken, before))
    if taken == "APPLIED" and life.state == "EXECUTED" and response.status == "EXECUTED" and life.is_withdrawn:
        decision.requests.append(withdrawal_again(account, profile, life, context, rulebook.freeze))
    follow("ACCOUNT", account, profile, _of_mule(profile), rulebook, context, decision)
    return decision


def look(account: str, profile: AccountProfile, rulebook: Rulebook, context: Context) -> Decision:
    """Say anew what the case of an account comes to, because time has passed or requests go out again."""
    decision = Decision("accepted")
    touched = _of_mule(profile)
    if touched:
        follow("ACCOUNT", account, profile, touched, rulebook, context, decision)
    return decision


def _of_mule(profile: AccountProfile) -> list[Case]:
    return [case for case in profile.cases if case.role == MULE]


def _figures(life: FreezeLife, response: FreezeResponse, how: str, before: tuple[int, int]) -> LiaisonAnswer:
    """Return the answer in figures. before: when it was acknowledged and executed first, as known till then; 0 for never."""
    is_first = (response.status == "ACKNOWLEDGED" and not before[0]) or (response.status == "EXECUTED" and not before[1])
    first_us = life.executed_us if response.status == "EXECUTED" else life.acknowledged_us
    after_s = max(0, first_us - life.proposed_us) / 1_000_000 if is_first else None
    minor = 0
    if life.stop is not None and response.status in ("EXECUTED", "RELEASED", "EXPIRED"):
        minor = life.stop.held_minor if life.stop.held_minor is not None else life.asked_minor
    is_wrong = response.status == "REJECTED" or (response.status == "RELEASED" and not life.is_withdrawn)
    return LiaisonAnswer(response.status, how, after_s, minor, life.currency, is_wrong)
