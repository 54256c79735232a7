"""The fields of a message to the transaction of the contract that it states. Pure."""

from datetime import datetime
from typing import Any, Final

from msgspec import structs

from connectors.errors import ErrorCode
from connectors.iso8583.edition import EDITIONS
from connectors.iso8583.faults import fault, need, refuse
from connectors.iso8583.identity import Identity
from connectors.iso8583.layout import Layout, Use
from connectors.iso8583.message import Message
from connectors.iso8583.money import Money
from connectors.tokens import Tokens
from models.records import CASH_KINDS, CASHLESS_CHANNELS, Host, Party, RecordError, Terminal, Transaction

PREFIX: Final = "iso8583-"
"""What every event id of ours starts with."""
REQUEST, ANSWER, REVERSAL, REST = "q", "a", "r", "p"
"""Parts of an event id: the request, its answer or an advice, the reversal, what a partial reversal leaves."""

_MAC_FIELDS: Final = frozenset((64, 128))
_FIELD_OF: Final = {"terminal": 41, "amount_minor": 4, "event_time": 12, "payer": 2, "payee": 103, "kind": 3}
"""Field of the contract that a rule blames -> data element it comes from."""


class TransactionMapping:
    """Maps the messages of one layout."""

    def __init__(self, layout: Layout, tokens: Tokens) -> None:
        """Prepare what depends on the layout alone."""
        self._file = layout.file
        self._tokens = tokens
        self._edition = EDITIONS[layout.file.edition]
        self._identity = Identity(layout)
        self._money = Money(layout)
        self._approved = tuple(layout.file.answers.approved)
        self._card_prefixes = tuple(layout.file.bank.card_prefixes)
        self._acquirers = {acquirer.lstrip("0") for acquirer in layout.file.bank.acquirers}

    def use_of(self, message: Message) -> Use:
        """Return what a message says; a repeat says what the message it repeats says. Errors: DecodeError."""
        mti = message.mti
        use = self._file.messages.get(mti) or self._file.messages.get(mti[:3] + "0" if mti[3] == "1" else "")
        return use or refuse("unknown_value", message, 0, "the layout says nothing of this message type")

    def digest(self, message: Message, use: Use, now: datetime) -> str | None:
        """Return what names the transaction of a message, None where it is about none. Errors: DecodeError."""
        if use in ("network", "ignored") or message.values.get(3, "")[:2] in self._file.unused_codes:
            return None
        return self._identity.digest(message, use, now)

    def records(
        self, message: Message, use: Use, now: datetime, digest: str, request: Transaction | None = None
    ) -> list[Transaction]:
        """Return what a message states of the transaction that its digest names.

        request: what is known of the request that it answers or takes back; its fields stand in for what the message
        leaves out. Errors: DecodeError.
        """
        try:
            match use:
                case "request":
                    return [self._transaction(message, now, f"{PREFIX}{REQUEST}-{digest}", "REQUESTED")]
                case "advice":
                    advised = self._transaction(message, now, f"{PREFIX}{ANSWER}-{digest}", self._status(message, "APPROVED"))
                    return [self._with_host(advised, message)]
                case "response":
                    return [self._with_host(self._answer(message, now, digest, request), message)]
            return self._reversal(message, now, digest, request)
        except RecordError as error:
            number = _FIELD_OF.get(error.field.partition(".")[0]) or self._edition.replacement or 0
            failure: tuple[ErrorCode, int, str] = (error.code, number, error.reason)
        raise fault(failure[0], message, failure[1], failure[2])  # outside the handler: the cause says nothing more

    # ---- the four uses ---------------------------------------------------------------------------------------------------

    def _answer(self, message: Message, now: datetime, digest: str, request: Transaction | None) -> Transaction:
        status, event_id, asked = self._status(message, None), f"{PREFIX}{ANSWER}-{digest}", f"{PREFIX}{REQUEST}-{digest}"
        if request is None:
            return self._transaction(message, now, event_id, status, original_event_id=asked)
        changes: dict[str, Any] = {"event_id": event_id, "status": status, "original_event_id": asked}
        if 4 in message.values:  # an approval in part states its own amount
            changes["amount_minor"], changes["currency"] = self._money.amount(message, request.currency)
        side = "payer" if request.payer is not None else "payee"
        balance = self._money.balance(message, changes.get("currency", request.currency))
        if balance is not None:
            changes[side] = structs.replace(getattr(request, side), balance_after_minor=balance)
        return structs.replace(request, **changes)

    def _with_host(self, record: Transaction, message: Message) -> Transaction:
        """Return an approval with what its message authentication tells: missing where every one should have it."""
        is_missing = self._file.answers.mac_expected and not message.values.keys() & _MAC_FIELDS
        return structs.replace(record, host=Host(mac="MISSING")) if is_missing and record.status == "APPROVED" else record

    def _reversal(self, message: Message, now: datetime, digest: str, request: Transaction | None) -> list[Transaction]:
        event_id, original = f"{PREFIX}{REVERSAL}-{digest}", f"{PREFIX}{ANSWER}-{digest}"
        if request is None:
            back = self._transaction(message, now, event_id, "REVERSED", original_event_id=original)
        else:
            back = structs.replace(request, event_id=event_id, status="REVERSED", original_event_id=original)
        kept_minor = self._money.replacement(message, back.currency)
        if not kept_minor:
            return [back]
        if kept_minor >= back.amount_minor:
            raise RecordError("out_of_range", "replacement", "a partial reversal leaves less than the whole amount")
        rest = structs.replace(
            back, event_id=f"{PREFIX}{REST}-{digest}", status="APPROVED", original_event_id=None, amount_minor=kept_minor
        )
        return [back, rest]

    def _transaction(
        self, message: Message, now: datetime, event_id: str, status: Any, original_event_id: str | None = None
    ) -> Transaction:
        amount_minor, currency = self._money.amount(message)
        code = self._file.kinds[self._processing_code(message)]
        payer, payee = self._parties(message, code.kind, currency)
        card = _card_number(message)
        return Transaction(
            event_id=event_id,
            event_time=self._identity.event_time(message, now),
            kind=code.kind,
            status=status,
            channel=self._channel(message, code.kind, code.channel),
            amount_minor=amount_minor,
            currency=currency,
            payer=payer,
            payee=payee,
            card=self._tokens.card(card) if card else None,
            terminal=self._terminal(message),
            original_event_id=original_event_id,
        )

    def _status(self, message: Message, default: str | None) -> str:
        code = message.values.get(39)
        if code is None:
            return default or refuse("missing_field", message, 39, "a response says how it was answered")
        return "APPROVED" if code.startswith(self._approved) else "DECLINED"

    # ---- its parts ---------------------------------------------------------------------------------------------------------

    def _processing_code(self, message: Message) -> str:
        code = need(message, 3)[:2]
        if code not in self._file.kinds:
            refuse("unknown_value", message, 3, "the layout says nothing of this processing code")
        return code

    def _channel(self, message: Message, kind: str, otherwise: Any) -> Any:
        tables = self._file.channels
        for number in self._edition.merchant_types:
            if (channel := tables.merchant_type.get(message.values.get(number, ""))) is not None:
                return channel
        channel = tables.entry_mode.get(message.values.get(22, "")[self._edition.entry_mode])
        return otherwise if channel is None or (kind in CASH_KINDS and channel in CASHLESS_CHANNELS) else channel

    def _terminal(self, message: Message) -> Terminal | None:
        """Return the machine; another acquirer's is named with it, because terminals are numbered by acquirer."""
        name = message.values.get(41, "").strip()
        if not name:
            return None
        acquirer = message.values.get(32, "").lstrip("0")
        is_ours = not acquirer or acquirer in self._acquirers
        return Terminal(id=name if is_ours else f"{acquirer}-{name}", region=self._region(message))

    def _region(self, message: Message) -> str | None:
        place = message.values.get(43, "")
        city = place[23:36] if self._file.edition == 1987 else place.split("\\")[2] if place.count("\\") >= 2 else ""
        return self._file.regions.get(city.strip())

    def _parties(self, message: Message, kind: str, currency: str) -> tuple[Party | None, Party | None]:
        """Return payer and payee. The holder's side has the card, the balance, and whether the card is held here."""
        card = _card_number(message)
        balance = self._money.balance(message, currency)
        on_us = card.startswith(self._card_prefixes) if card and self._card_prefixes else None
        if kind == "CASH_DEPOSIT":
            return None, self._holder(message, (103, 102, 2), balance, on_us)
        payer = self._holder(message, (102, 2), balance, on_us)
        match kind:
            case "TRANSFER":
                bank = message.values.get(100) or None
                return payer, Party(account=self._tokens.account(need(message, 103).strip()), bank=bank)
            case "PURCHASE":
                return payer, Party(account=self._merchant(message), type="MERCHANT")
        return payer, None

    def _holder(self, message: Message, numbers: tuple[int, ...], balance: int | None, on_us: bool | None) -> Party:
        for number in numbers:
            if account := _card_number(message) if number == 2 else message.values.get(number, "").strip():
                return Party(account=self._tokens.account(account), on_us=on_us, balance_after_minor=balance)
        raise fault("missing_party", message, numbers[-1], "neither an account nor a card number says whose money it is")

    def _merchant(self, message: Message) -> str:
        name = message.values.get(42, "").strip()
        acquirer = message.values.get(32, "").lstrip("0")
        if not name:
            refuse("missing_party", message, 42, "a purchase names the card acceptor")
        return f"m-{acquirer}-{name}" if acquirer else f"m-{name}"


def _card_number(message: Message) -> str:
    """Return the card number, from the track where it stands nowhere else; "" if there is none."""
    return message.values.get(2, "") or message.values.get(35, "").partition("=")[0]
