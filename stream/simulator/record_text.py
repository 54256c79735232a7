"""The JSON of simulated records, put together by hand: the bytes that `connectors.contract_json.encode` gives for the same record.

A party's facts are written once per account and joined with the balance of the moment, which makes a record three times as cheap
as building and encoding its classes; a test compares both. All identifiers of the simulator are plain ASCII without quotes.
"""

from connectors.contract_json import encode
from models.records import Terminal
from models.units import instant
from stream.simulator.cast import Account

_MINUTES = tuple(f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_TRUTH = {True: "true", False: "false"}


class TimeText:
    """Writes moments as the contract does; a date is put into words once a day."""

    def __init__(self) -> None:
        self._day = -1
        self._date = ""

    def __call__(self, at_us: int) -> str:
        """Return a moment in microseconds since 1970 UTC.

        >>> TimeText()(1_757_000_000_250_000)
        '2025-09-04T15:33:20.250000Z'
        """
        seconds, micros = divmod(at_us, 1_000_000)
        day, second = divmod(seconds, 86_400)
        if day != self._day:
            self._day, self._date = day, instant(at_us).strftime("%Y-%m-%dT")
        minute, second = divmod(second, 60)
        if micros:
            return f"{self._date}{_MINUTES[minute]}{second:02d}.{micros:06d}Z"
        return f"{self._date}{_MINUTES[minute]}{second:02d}Z"


def facts_text(account: Account) -> str:
    """Return an account as a party without balance, the closing brace left out."""
    if not account.party_text:
        account.party_text = encode(account.party()).decode()[:-1]
    return account.party_text


def party_text(account: Account, balance_minor: int | None, name_match: str | None) -> str:
    """Return an account as a party of one transaction."""
    text = account.party_text or facts_text(account)
    if balance_minor is not None:
        text = f'{text},"balance_after_minor":{balance_minor}'
    if name_match is not None:
        text = f'{text},"name_match":"{name_match}"'
    return text + "}"


class TerminalTexts:
    """Writes machines and tills, each once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, terminal: Terminal) -> str:
        """Return a terminal as an object. A till is only its number."""
        if terminal.lat is None:
            return f'{{"id":"{terminal.id}"}}'
        text = self._texts.get(terminal.id)
        if text is None:
            text = self._texts[terminal.id] = encode(terminal).decode()
        return text


def session_text(
    session_id: str, device: str | None, ip: str | None, otp_count: int | None, call: bool | None, remote: bool | None
) -> str:
    """Return an online-banking session as an object."""
    text = f'{{"id":"{session_id}"'
    if device is not None:
        text += f',"device":"{device}"'
    if ip is not None:
        text += f',"ip":"{ip}"'
    if otp_count is not None:
        text += f',"otp_count_10m":{otp_count}'
    if call is not None:
        text += f',"call_active":{_TRUTH[call]}'
    if remote is not None:
        text += f',"remote_access":{_TRUTH[remote]}'
    return text + "}"
