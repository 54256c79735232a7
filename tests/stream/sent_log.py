"""What takes down the records that the ways of taking in send."""

import json
from typing import Any

from connectors.pacing import OutboundRecord


class Log:
    """Takes down what it is sent; at its `ends`-th call it dies instead, as a broker may."""

    def __init__(self, ends: int = 0) -> None:
        self.sent: list[OutboundRecord] = []
        self._left = ends

    def __call__(self, records: list[OutboundRecord]) -> None:
        self._left -= 1
        if self._left == 0:
            raise ConnectionError
        self.sent += records

    def records(self, topic: str = "transactions") -> list[dict[str, Any]]:
        """Return what came for a topic."""
        return [json.loads(raw) for name, _, raw, _ in self.sent if name == topic]

    def events(self) -> list[tuple[str, str]]:
        """Return topic and status of each record."""
        return [(topic, json.loads(raw).get("status", "")) for topic, _key, raw, _ms in self.sent]
