"""Protected accounts: public bodies, payers of wages, and whom the policy names (hospitals, utilities).

Stopping one of them harms many, so a freeze request on it needs a second person. Only facts of the holder count, never the purpose
of a payment: that is the sender's word, and a mule could have itself protected by it.
"""

from typing import Final

from models.policy import Protection
from models.profile import AccountProfile
from models.records import Party, Transaction

_PAYROLL_COUNT_MAX: Final = 1_000
_TYPES: Final = ("", "PERSON", "MERCHANT", "CORPORATE", "GOVERNMENT")
"""From the least to the most protected; "" is unknown."""


def note_holder(profile: AccountProfile, own: Party, transaction: Transaction, *, is_payer: bool, is_counted: bool) -> bool:
    """Keep what a transaction tells of the holder; return whether that is something new.

    Where records do not agree, the type that is protected more counts, and of cohorts the first by name: whatever came last would
    hang on the order of arrival.

    is_counted: False for what may come again and would not be known: only payments counted once may add to the wages paid.
    """
    is_new = False
    if own.type is not None and _TYPES.index(own.type) > _TYPES.index(profile.holder_type):
        profile.holder_type = own.type
        is_new = True
    if own.cohort is not None and (not profile.cohort or own.cohort < profile.cohort):
        profile.cohort = own.cohort
        is_new = True
    if transaction.channel != "BATCH" or not is_payer or not is_counted or profile.payroll_count >= _PAYROLL_COUNT_MAX:
        return is_new
    if _is_wage(own, transaction):
        profile.payroll_count += 1
        is_new = True
    return is_new


def _is_wage(own: Party, transaction: Transaction) -> bool:
    """Return whether a payment out of a batch, which is sent under a contract with the bank, is an employer's wage."""
    return (
        transaction.status == "APPROVED"
        and transaction.purpose in ("SALA", "PENS", "BONU")
        and own.type in ("CORPORATE", "GOVERNMENT")
    )


def is_protected(account: str, profile: AccountProfile, policy: Protection) -> bool:
    """Return whether a freeze request on this account needs a second person."""
    return (
        profile.holder_type in policy.types
        or profile.payroll_count >= policy.payroll_payments_min
        or (bool(profile.cohort) and profile.cohort in policy.cohorts)
        or account in policy.accounts
    )
