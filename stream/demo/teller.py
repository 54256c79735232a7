"""Decides which of the day's records are worth a line: first statements, changes of tier, withdrawals, every freeze request."""

from rich.text import Text

from models.records import Alert, FreezeRequest
from stream.demo.lines import WIDTH, alert_lines, is_taken_back, request_lines


class Teller:
    """Turns records into lines, in the order in which they were read. width: of a line, in cells."""

    def __init__(self, width: int = WIDTH) -> None:
        """Start with nothing told."""
        self._width = width
        self._told: dict[str, int] = {}
        self._last_reason = ""
        self.request_count = 0

    @property
    def alert_count(self) -> int:
        """Return how many different alerts were told."""
        return len(self._told)

    def alert(self, alert: Alert, moment_us: int) -> list[Text]:
        """Return the lines of a statement; none if it only adds evidence. A reason is not repeated under the next line.

        moment_us: simulated time to show.
        """
        before = self._told.get(alert.alert_id)
        told = 0 if is_taken_back(alert) else alert.tier
        if before == told or (before is None and not told):
            return []
        self._told[alert.alert_id] = told
        reason = alert.reasons[0].en if alert.reasons else ""
        with_reason = alert.tier > 1 and reason != self._last_reason
        self._last_reason = reason
        return alert_lines(alert, moment_us, before=before, with_reason=with_reason, width=self._width)

    def request(self, request: FreezeRequest, moment_us: int) -> list[Text]:
        """Return the lines of a freeze request."""
        self.request_count += 1
        return request_lines(request, moment_us, width=self._width)
