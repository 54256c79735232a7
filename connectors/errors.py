"""What went wrong with bytes that somebody else wrote, said without repeating any of them.

A `DecodeError` is always the sender's fault: it becomes a dead letter, is counted by its code, and the stream goes
on. Its text is safe to log because every reason is a sentence of this project and never holds a value of the record.
"""

from typing import Literal, get_args

ErrorCode = Literal[
    "not_json",
    "empty_record",
    "wrong_type",
    "missing_field",
    "unknown_value",
    "out_of_range",
    "bad_time",
    "duplicate_field",
    "impossible_amount",
    "missing_party",
    "conflicting_fields",
    "oversize",
    "future_time",
    "unknown_topic",
    "bad_frame",
    "bad_record",
]
"""Every code a dead letter can carry: the label values of the dead-letter counter, so the set is closed."""

ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)


class DecodeError(Exception):
    """A record that cannot be read.

    code: one of `ERROR_CODES`. field: dotted path in the contract's names (`payer.account`, `transfers[0].paid_at`),
    None when no field is to blame. position: byte at which the member to blame starts, or
    what lacks it, or at which the text breaks off; None when unknown. reason: one sentence of ours.
    """

    def __init__(
        self,
        code: ErrorCode,
        field: str | None = None,
        position: int | None = None,
        reason: str = "the record does not follow the contract",
    ) -> None:
        super().__init__(code, field, position, reason)
        self.code: ErrorCode = code
        self.field = field
        self.position = position
        self.reason = reason

    def __str__(self) -> str:
        """Return code, place and reason in one line.

        >>> str(DecodeError("missing_field", "payer.account", None, "a required field is left out"))
        'missing_field at payer.account: a required field is left out'
        """
        place = f" at {self.field}" if self.field is not None else ""
        byte = f" (byte {self.position})" if self.position is not None else ""
        return f"{self.code}{place}{byte}: {self.reason}"
