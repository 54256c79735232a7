"""What the liaison must know, line by line: alerts of tier 3, freeze requests, and the answers to them."""

import json

from connectors.contract_json import encode
from models.records import Alert, FreezeRequest, FreezeResponse
from models.signal import yuan
from models.units import time_us
from stream.demo.lines import alert_lines, clock, request_lines
from stream.desk.words import word

TOPICS = ("alerts", "freeze-requests", "freeze-responses")
TailRecord = Alert | FreezeRequest | FreezeResponse


class Tail:
    """Turns records into lines. is_json: one object per line, in clear, as it stands on the topic; else masked, for people."""

    def __init__(self, *, is_json: bool, width: int) -> None:
        """Start without having shown anything."""
        self._is_json, self._width = is_json, width
        self._tiers: dict[str, int] = {}

    def lines(self, topic: str, record: TailRecord) -> list[str]:
        """Return the lines of a record, none where it does not concern the liaison: what was never, and is not, of tier 3."""
        before: int | None = None
        if isinstance(record, Alert):
            before = self._tiers.get(record.alert_id)
            if record.tier < 3 and before is None:
                return []
            self._tiers[record.alert_id] = record.tier
        if self._is_json:
            return [json.dumps({"topic": topic, **json.loads(encode(record))}, ensure_ascii=False, separators=(",", ":"))]
        if isinstance(record, FreezeResponse):
            return [_answer_line(record)]
        if isinstance(record, Alert):
            moment_us = time_us(record.raised_at)
            found = alert_lines(record, moment_us, before=before, with_reason=before != record.tier, width=self._width)
        else:
            found = request_lines(record, time_us(record.requested_at), width=self._width)
        return [line.plain for line in found]


def _answer_line(answer: FreezeResponse) -> str:
    held = "" if answer.held_amount_minor is None else f" {yuan(answer.held_amount_minor)}"
    status = f"{word(answer.status, 'en').lower()}{held}  {word(answer.status, 'zh')}"
    return f"{clock(time_us(answer.responded_at))}  ANSWER    {answer.request_id} no. {answer.sequence}: {status}"
