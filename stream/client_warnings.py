"""What Kafka's client logs as a warning or an error, in figures: it tries again by itself, and says so nowhere else."""

import logging

from prometheus_client import Counter

from stream.metrics import LEVELS


class ComplaintCounter(logging.Handler):
    """Counts by level what passes; the text, which may name hosts, is not looked at."""

    def __init__(self, counter: Counter) -> None:
        """counter: with the label level, of `LEVELS`."""
        super().__init__(logging.WARNING)
        self._warning, self._error = (counter.labels(level) for level in LEVELS)

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        (self._error if record.levelno >= logging.ERROR else self._warning).inc()
