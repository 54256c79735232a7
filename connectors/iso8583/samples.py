"""Made-up messages of every use, for speed, tests and a look at the format. The card number is one that test systems use."""

from collections.abc import Mapping
from typing import Final

from connectors.iso8583.message import Message

CARD: Final = "6222020200112233445"
ACCOUNT: Final = "6217001180001234567"
OTHER_ACCOUNT: Final = "6228480030012345678"
_ACQUIRER: Final = "01020000"
_DAY, _CLOCK, _SENT = "0302", "091405", "0302011405"


def _place(edition: int) -> str:
    if edition == 1993:
        return "HEFANG ST BRANCH\\12 HEFANG ST\\HANGZHOU\\310000    330CHN"
    return f"{'HEFANG ST BRANCH':<23}{'HANGZHOU':<13}{'ZJ':<2}CN"


def request_fields(edition: int, code: str, trace: int, amount_minor: int) -> dict[int, str]:
    """Return the fields of a request: what is asked, where, by which card. Purchases (00) are at a till, all else at a machine."""
    trade, terminal = ("5411", "POS00012") if code.startswith("00") else ("6011", "ATM00012")
    return {
        2: CARD,
        3: code,
        4: f"{amount_minor:012d}",
        7: _SENT,
        11: f"{trace:06d}",
        12: _CLOCK if edition == 1987 else f"26{_DAY}{_CLOCK}",
        **({13: _DAY, 18: trade, 22: "051"} if edition == 1987 else {22: "51010151134C", 26: trade}),
        32: _ACQUIRER,
        35: f"{CARD[:16]}=29122011234",
        37: f"060611{trace:06d}",
        41: terminal,
        42: "105330100000001",
        43: _place(edition),
        49: "156",
        102: ACCOUNT,
        **({100: "03080000", 103: OTHER_ACCOUNT} if code.startswith("4") else {}),
    }


def response_fields(request: Mapping[int, str], edition: int, answer: str) -> dict[int, str]:
    """Return the fields of a response: what identifies the request, how it was answered, what is left."""
    kept = (2, 3, 4, 7, 11, 12, 13, 18, 22, 26, 32, 37, 41, 42, 49, 100, 102, 103)
    balance = {38: "A1B2C3", 54: "1001156C000000448000" + "1002156C000000447500"} if answer.startswith("0") else {}
    return {number: request[number] for number in kept if number in request} | {39: answer} | balance


def reversal_fields(request: Mapping[int, str], edition: int, trace: int) -> dict[int, str]:
    """Return the fields of a reversal, which has a trace number of its own and names its original."""
    kept = (2, 3, 4, 12, 13, 18, 22, 26, 32, 37, 41, 42, 49, 102, 103)
    fields = {number: request[number] for number in kept if number in request}
    fields |= {7: "0302011450", 11: f"{trace:06d}"}
    if edition == 1987:
        return fields | {90: f"0200{request[11]}{request[7]}{request[32]:0>11}{'':0>11}"}
    return fields | {12: f"26{_DAY}091450", 56: f"1200{request[11]}{request[12]}{len(request[32]):02d}{request[32]}"}


def sample_messages(edition: int) -> list[Message]:
    """Return request, response and reversal of a withdrawal, a transfer, a deposit and a purchase."""
    version = "0" if edition == 1987 else "1"
    approved, declined = ("00", "51") if edition == 1987 else ("000", "116")
    found = []
    for trace, code in enumerate(("010000", "401000", "210000", "000000"), 12):
        asked = request_fields(edition, code, trace, 500_000)
        found += [
            Message(f"{version}200", asked),
            Message(f"{version}210", response_fields(asked, edition, approved)),
            Message(f"{version}210", response_fields(asked, edition, declined)),
            Message(f"{version}400", reversal_fields(asked, edition, trace + 50)),
        ]
    return found
