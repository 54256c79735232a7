"""Layouts, messages and times that the tests of ISO 8583 share."""

from datetime import UTC, datetime, timedelta

from connectors.iso8583.codec import Codec
from connectors.iso8583.exchange import Exchange, Taken
from connectors.iso8583.layout import Layout, builtin_layouts, load_layout, parse_layout
from connectors.iso8583.message import Message
from connectors.iso8583.samples import request_fields, response_fields, reversal_fields
from tests.connectors.golden import TOKENS

NOW = datetime(2026, 3, 2, 1, 20, tzinfo=UTC)
LAYOUTS = builtin_layouts()


def edition_of(layout: str) -> int:
    return load_layout(layout).file.edition


def adapted(text: str, base: str = "iso87_ascii") -> Layout:
    """Return a layout as a bank writes it: a base and what differs."""
    return parse_layout("bank.toml", f'extends = "{base}"\n{text}')


class Switch:
    """A switch that talks with an exchange: every message goes over the wire."""

    def __init__(self, layout: str | Layout = "iso87_ascii", **limits: float) -> None:
        self.layout = load_layout(layout) if isinstance(layout, str) else layout
        self.edition = self.layout.file.edition
        self.version = "0" if self.edition == 1987 else "1"
        self.codec = Codec(self.layout)
        self.exchange = Exchange(self.layout, TOKENS, **limits)  # type: ignore[arg-type]
        self.now = NOW

    def say(self, mti: str, fields: dict[int, str]) -> Taken:
        """Send a message whose type lacks only the version."""
        return self.exchange.take(self.codec.write(Message(self.version + mti, fields)), self.now)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def request(self, code: str = "010000", trace: int = 12, amount_minor: int = 500_000) -> dict[int, str]:
        return request_fields(self.edition, code, trace, amount_minor)

    def response(self, request: dict[int, str], *, approved: bool = True) -> dict[int, str]:
        code = {1987: ("51", "00"), 1993: ("116", "000")}[self.edition][approved]
        return response_fields(request, self.edition, code)

    def reversal(self, request: dict[int, str], trace: int = 62) -> dict[int, str]:
        return reversal_fields(request, self.edition, trace)
