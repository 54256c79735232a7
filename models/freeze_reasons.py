"""What an alert says of the freeze request of its case: why it waits, what is overdue, what the liaison answered, what is odd."""

from typing import Final

from models.case import Case
from models.freeze_life import FreezeLife, ends_soon, state_at
from models.profile import AccountProfile
from models.records import Reason


def _said(code: str, zh: str, en: str) -> Reason:
    return Reason(code=code, zh=zh, en=en, value=1, threshold=1)


_REASONS: Final = {
    reason.code: reason
    for reason in (
        _said("AWAITS_APPROVAL", "止付建议须具名人员批准后发出。", "The freeze request waits for a named person's approval."),
        _said(
            "REVIEW_ONLY",
            "止付建议暂停自动发出，须人工批准或恢复。",
            "Freeze requests do not go out by themselves now; a person must approve this one, or resume them.",
        ),
        _said(
            "ACKNOWLEDGEMENT_OVERDUE",
            "止付建议逾期未签收，请电话催办。",
            "The freeze request was not acknowledged in time; please telephone.",
        ),
        _said("STOP_ENDS_SOON", "止付将在12小时内到期。", "The stop-payment ends within 12 h."),
        _said("STOP_ENDED", "止付已到期。", "The stop-payment has run out."),
        _said("REQUEST_REJECTED", "止付建议被退回。", "The freeze request was rejected; it comes again only on a person's order."),
        _said(
            "REQUEST_MISMATCH",
            "止付要素不符，请核对更正。",
            "The freeze request did not match the bank's books; please correct it.",
        ),
        _said("REQUEST_NEEDS_INFO", "止付建议需补充材料。", "The liaison needs more information on the freeze request."),
        _said("STOP_RELEASED", "止付已解除。", "The stop-payment was released."),
        _said(
            "EXECUTED_AFTER_WITHDRAWAL",
            "撤回后仍被止付，已再次撤回，请核实解除。",
            "The account was stopped after the request was withdrawn; it was withdrawn again. Please see that it is released.",
        ),
        _said("UNEXPECTED_STEP", "回执与前序状态不符，请核实。", "An answer does not follow from the one before; please check."),
        _said(
            "TWO_ANSWERS_UNDER_ONE_NUMBER",
            "同一序号出现两个不同回执，请核实。",
            "Two different answers came under one number; please check.",
        ),
        _said("HELD_MORE_THAN_ASKED", "实际止付金额高于建议金额。", "More is held than was asked for."),
        _said("NO_END_GIVEN", "回执未注明止付到期时间。", "The answer does not say when the stop-payment ends."),
    )
}
FREEZE_MOVES: Final = tuple(_REASONS)
"""What may happen to a freeze request, by the code of the reason that says so."""

_OF_STATE: Final = {
    "TIMED_OUT": "ACKNOWLEDGEMENT_OVERDUE",
    "REJECTED": "REQUEST_REJECTED",
    "MISMATCH": "REQUEST_MISMATCH",
    "NEED_INFO": "REQUEST_NEEDS_INFO",
    "RELEASED": "STOP_RELEASED",
    "EXPIRED": "STOP_ENDED",
}


def life_of(case: Case, profile: AccountProfile) -> FreezeLife | None:
    """Return the life of a case's freeze request, None if nothing was requested yet."""
    asked = case.asked
    return next((life for life in profile.freezes if life.request_id == asked.request_id), None) if asked is not None else None


def freeze_reasons(case: Case, profile: AccountProfile, now_us: int) -> tuple[Reason, ...]:
    """Return what a mule's alert says of its freeze request as of a moment."""
    codes = [case.waits] if case.waits else []
    life = life_of(case, profile)
    if life is not None:
        state = state_at(life, now_us)
        if state in _OF_STATE:
            codes.append(_OF_STATE[state])
        if ends_soon(life, now_us):
            codes.append("STOP_ENDS_SOON")
        codes += [odd.code for odd in life.odd]
    return tuple(_REASONS[code] for code in dict.fromkeys(codes))
