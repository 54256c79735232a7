"""Messages made here, with invented numbers: what the speed is measured with."""

from typing import Final

_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"


def pacs008(payments: int, message: str = "SAMPLE-1", agent: str = "BANKCNBJ") -> bytes:
    """Return a pacs.008.001.08 with so many payments."""
    body = "".join(
        f"<CdtTrfTxInf><PmtId><InstrId>I-{number}</InstrId><EndToEndId>E-{number}</EndToEndId><TxId>T-{number}</TxId></PmtId>"
        f'<IntrBkSttlmAmt Ccy="CNY">{100 + number}.50</IntrBkSttlmAmt><AccptncDtTm>2026-03-02T09:20:00+08:00</AccptncDtTm>'
        "<ChrgBr>SLEV</ChrgBr><Dbtr><Nm>A</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>62220{number:08d}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>{agent}</BICFI></FinInstnId></DbtrAgt>"
        "<CdtrAgt><FinInstnId><BICFI>OTHRCNSH</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>B</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>62330{number:08d}</Id></Othr></Id></CdtrAcct><Purp><Cd>SUPP</Cd></Purp></CdtTrfTxInf>"
        for number in range(payments)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{_NAMESPACE}pacs.008.001.08"><FIToFICstmrCdtTrf>'
        f"<GrpHdr><MsgId>{message}</MsgId><CreDtTm>2026-03-02T09:21:00+08:00</CreDtTm><NbOfTxs>{payments}</NbOfTxs>"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>{body}</FIToFICstmrCdtTrf></Document>"
    ).encode()
