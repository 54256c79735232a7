"""ISO 20022: what banks and clearing houses tell each other in XML, as records of the contract.

`Iso20022` reads one message at a time; `requests.py` joins an answer to its payment, `originals.py` finds the payments that a
recall names, `recall.py` writes it. The parts: `xml_units.py` (XML, safely, piece by piece), `messages.py` (which messages),
`payments.py`, `bookings.py`, `investigation.py` (what they say).

| message | becomes |
|---|---|
| pacs.008 (02-13) | transactions TRANSFER, REQUESTED; APPROVED where the system settles each and answers none (`is_settled`) |
| pain.001 (03-13) | transactions TRANSFER, REQUESTED, channel BATCH |
| pacs.002 (03-15) | transactions APPROVED or DECLINED with `original_event_id`; nothing while pending |
| camt.053, camt.054 (02-14) | a transaction APPROVED for each booked movement; REVERSED for a reversal whose payment is named |
| camt.029 (03-14) | freeze responses, where the case is one of our requests; nothing for other cases |
| camt.056 (08-12) | nothing: it is what we write; `read` gives it back |

| element | becomes |
|---|---|
| MsgId with InstrId, EndToEndId, TxId, UETR | `event_id`, the same in every copy; of an answer `original_event_id` |
| AccptncDtTm (in AddtlDtTm since 13), else CreDtTm | `event_time`; bookings: RltdDts, else BookgDt, a day being its first instant |
| IntrBkSttlmAmt, InstdAmt, EqvtAmt, Amt | `amount_minor`, `currency`, exactly by ISO 4217 |
| DbtrAcct, CdtrAcct, Acct: IBAN or other number | `payer.account`, `payee.account`, as tokens |
| DbtrAgt, CdtrAgt, Svcr: BIC, else clearing number | `bank`, the first eight characters of a BIC; `on_us` by `own_bics` |
| Dbtr/Id, Cdtr/Id: OrgId, PrvtId | `type` CORPORATE, PERSON |
| Purp/Cd, else CtgyPurp/Cd | `purpose` |
| LclInstrm or SvcLvl INST | `arrival_mode` REALTIME |
| BkTxCd CNTR/CWDL, CNTR/CDPT | `kind` CASH_WITHDRAWAL, CASH_DEPOSIT at the counter |

Dropped: names, addresses, identity numbers, remittance text, charges, exchange rates, intermediary agents, balances, regulatory
reporting, signatures, the business header. Of pacs.008 the settlement account and date; of pain.001 cheques (PmtMtd CHK) and
the day of execution; of pacs.002 the reason; of camt.053 and 054 entries that are not booked (PDNG, INFO), fees and interest,
sums of a batch without details, card entries without an account on the other side; of camt.029 all free text. Never written
anywhere: an account number in clear, but for the payee's in a camt.056, which the other bank needs.

Tests hold each version but those of pacs.002 against its official schema (tests/data/iso20022_schemas.md); of pacs.002 no package
ships any. pacs.008.001.01 and camt.053.001.01 have other root elements and are in no use that we know.

What a detector misses without it: no message says which device, session, machine or place; none says how old the holder or the
account is, nor a balance after one payment; the channel of a pacs.008 is always API. A booking by day has no hour, so fast
pass-through (M1) is seen by pacs.008 and pacs.002 only. Feed one source of approvals: pacs.002 and camt.054 of the same payments
would count them twice, for nothing in a booking names the message that asked for it.
"""

from collections.abc import Iterable, Iterator, Sequence

from connectors.errors import DecodeError
from connectors.iso20022.fields import Setup
from connectors.iso20022.messages import Part, parts_of
from connectors.iso20022.payments import Answer, Payment
from connectors.iso20022.recall import Recall, write_recall
from connectors.iso20022.samples import pacs008
from connectors.iso20022.xml_units import pieces
from connectors.tokens import Tokens
from models.input_records import FreezeResponse, Transaction


class Iso20022:
    """The connector. setup: this bank's own ids, its time zone, and whether a pacs.008 has moved the money."""

    name = "iso20022"

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def decode(self, raw: bytes) -> Sequence[Transaction | FreezeResponse]:
        """Return the records of a message by itself. Errors: DecodeError, the first there is; `parts` goes on behind it."""
        found: list[Transaction | FreezeResponse] = []
        for part in self.parts(pieces(raw)):
            match part:
                case DecodeError():
                    raise part
                case Payment():
                    found.append(part.record)
                case Answer(stated=stated, missing=missing):
                    if stated is None:
                        raise missing or DecodeError("missing_field", "TxInfAndSts", part.at.position, "the answer says too little")
                    found.append(stated)
                case Transaction() | FreezeResponse():
                    found.append(part)
        return found

    def parts(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """Yield what a message says, piece by piece, errors of single payments among it.

        Errors: DecodeError where it is no message that is read, or breaks off.
        """
        return parts_of(self.setup, chunks)

    def read(self, raw: bytes) -> Recall:
        """Return the recall that a camt.056 makes. Errors: DecodeError, for any other message too."""
        for part in self.parts(pieces(raw)):
            match part:
                case DecodeError():
                    raise part
                case Recall():
                    return part
        raise DecodeError("unknown_value", "Document", 0, "the message is no recall")

    def write(self, message: Recall) -> bytes:
        """Return the camt.056 of a recall. Errors: ValueError."""
        return write_recall(message)

    def samples(self) -> Sequence[bytes]:
        """Return messages of one payment each."""
        return [pacs008(1, f"SAMPLE-{number}") for number in range(4)]


def connectors(tokens: Tokens) -> Iterable[Iso20022]:
    """Return the connector with nothing set: no own bank, times without offset in UTC."""
    return [Iso20022(Setup(tokens))]
