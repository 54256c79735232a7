"""A bank in a test: records in, alerts and freeze requests out, through the two real processors and the real codec.

No broker: what the entry processor and the keyed ones address to each other is carried by hand, first in, first out.
"""

import tomllib
from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.contract_json import encode
from models.decision import ScoreLine
from models.profile import PROFILE_OF_KIND, AccountProfile, decode_profile
from models.records import (
    AccountEvent,
    Alert,
    CaseControl,
    Disposition,
    FreezeRequest,
    FreezeResponse,
    TraceRecord,
    Transaction,
    VictimReport,
)
from models.rulebook import Rulebook, build_rulebook
from models.units import time_us
from stream.batches import LoneRecord
from stream.bundle import Bundle, encode_bundle
from stream.entry_processor import EntryProcessor, Limits
from stream.keyed_processor import Faults, KeyedOutput, KeyedProcessor
from stream.label_join import Labelled
from stream.policy.document import policy_text
from stream.score_file import FinalScores
from stream.settings import Settings
from stream.store import payload_of

POLICY_FILE = Path(__file__).parents[1] / "deploy" / "policy.toml"
Event = Transaction | AccountEvent
Arrival = Event | Disposition | CaseControl | VictimReport | FreezeResponse
_TOPICS: dict[type, str] = {
    Transaction: "transactions",
    AccountEvent: "account-events",
    Disposition: "dispositions",
    CaseControl: "case-controls",
    VictimReport: "victim-reports",
    FreezeResponse: "freeze-responses",
}


def topic_of(record: Arrival) -> str:
    """Return the topic that a record comes on."""
    return _TOPICS[type(record)]


def told_at(record: Arrival) -> datetime:
    """Return when what a record tells of happened."""
    if isinstance(record, Disposition):
        return record.decided_at
    if isinstance(record, VictimReport):
        return record.reported_at
    if isinstance(record, FreezeResponse):
        return record.responded_at
    return record.made_at if isinstance(record, CaseControl) else record.event_time


def is_taken_back(alert: Alert) -> bool:
    """Return whether a revision says that nothing is left of an alert."""
    return alert.reasons[0].code in ("WITHDRAWN", "DISPOSED_LEGITIMATE")


def policy_mapping() -> dict[str, Any]:
    """Return the shipped policy as its files give it."""
    return tomllib.loads(policy_text(Settings()))


@cache
def shipped_rulebook() -> Rulebook:
    """Return the shipped policy, bound to its detectors."""
    return build_rulebook(policy_mapping())


def rulebook_with(section: str, **values: object) -> Rulebook:
    """Return the shipped policy with other values in one section."""
    mapping = policy_mapping()
    for name, value in values.items():
        mapping[section][name]["value"] = value
    return build_rulebook(mapping)


class Bank:
    """Feed it events in order of arrival; read what was published. partitions: of the internal topic."""

    def __init__(self, partitions: int = 1, rulebook: Rulebook | None = None, *, with_scores: bool = False) -> None:
        rulebook = rulebook or shipped_rulebook()
        self._entry = EntryProcessor(partitions, Limits(with_tills=rulebook.learning.with_tills))
        self._keyed = [
            KeyedProcessor(number, partitions, rulebook, Faults(), with_scores=with_scores) for number in range(partitions)
        ]
        self._scores = FinalScores()
        self._ends = [0] * partitions
        self._arrived = 0
        self.alerts: list[Alert] = []
        self.requests: list[FreezeRequest] = []
        self.traces: list[TraceRecord] = []
        self.dead_letters: list[bytes] = []
        self.moves: Counter[str] = Counter()
        self.applied: Counter[tuple[str, str]] = Counter()
        self.labelled: list[Labelled] = []

    def adopt(self, rulebook: Rulebook) -> None:
        """Judge by another policy from the next record on, as a running worker does."""
        self._entry.limits = Limits(with_tills=rulebook.learning.with_tills)
        for keyed in self._keyed:
            keyed.adopt(rulebook)

    def restart(self, rulebook: Rulebook) -> None:
        """Go on from the stored state alone, under another policy, as a worker does that was started anew."""
        self._entry.limits = Limits(with_tills=rulebook.learning.with_tills)
        for number, keyed in enumerate(self._keyed):
            keyed.take_changes()
            stored = {"values": dict(keyed.values), "position": keyed.position, "marker": keyed.marker()}
            self._keyed[number] = KeyedProcessor(
                number, len(self._keyed), rulebook, Faults(), with_scores=keyed.with_scores, **stored
            )

    def take(self, events: Iterable[Arrival], delay_ms: int = 0) -> "Bank":
        """Let events arrive one after the other, each logged `delay_ms` after it happened."""
        for event in events:
            self.take_one(event, delay_ms=delay_ms)
        return self

    def take_one(self, event: Arrival, *, delay_ms: int = 0) -> None:
        """Let one record arrive and work off all that follows from it."""
        log_ms = time_us(told_at(event)) // 1_000 + delay_ms
        record = LoneRecord(topic_of(event), 0, self._arrived, log_ms, None, encode(event))
        self._arrived += 1
        output = self._entry.process([record])
        self.dead_letters += [letter for _, letter in output.dead_letters]
        waiting = deque((partition, value) for partition, values in output.bundles.items() for value in values)
        self._work_off(waiting, log_ms)

    def pass_time(self, at: datetime) -> "Bank":
        """Let log time pass with nothing else happening: a tick in every partition, and all that follows from it."""
        value, log_ms = encode_bundle(Bundle(passed_ms=time_us(at) // 1_000)), time_us(at) // 1_000
        self._work_off(deque((number, value) for number in range(len(self._keyed))), log_ms)
        return self

    def _work_off(self, waiting: deque[tuple[int, bytes]], log_ms: int) -> None:
        while waiting:
            partition, value = waiting.popleft()
            bundle = LoneRecord("keyed", partition, self._ends[partition], log_ms, None, value)
            self._ends[partition] += 1
            said = self._keyed[partition].process([bundle])
            self._publish(said)
            waiting.extend(said.bundles())

    def _publish(self, output: KeyedOutput) -> None:
        self.alerts += [raised.alert for raised in output.alerts]
        self.requests += output.requests
        self.traces += output.traces
        self.moves.update(output.moves)
        self.applied.update(output.applied)
        self.labelled += output.labelled
        for line in output.scores:
            self._scores.take(line)

    def final_scores(self) -> dict[str, ScoreLine]:
        """Return the final score of each transaction, by event id; none unless asked for with `with_scores`."""
        return {line.event_id: line for line in self._scores.lines()}

    def final_alerts(self) -> dict[str, Alert]:
        """Return the last revision of each alert, by alert id; a withdrawn one is left out."""
        final = {alert.alert_id: alert for alert in self.alerts}
        return {alert_id: alert for alert_id, alert in final.items() if not is_taken_back(alert)}

    def alerts_on(self, subject: str, role: str = "") -> list[Alert]:
        """Return all revisions about a subject, in the order of publishing."""
        return [alert for alert in self.alerts if alert.subject.id == subject and alert.subject.role.startswith(role)]

    def final_traces(self) -> dict[str, TraceRecord]:
        """Return the last revision of each account's trace, by account."""
        return {trace.account: trace for trace in self.traces}

    def requests_on(self, account: str) -> list[FreezeRequest]:
        """Return all records of freeze requests that target an account."""
        return [request for request in self.requests if request.target.account == account]

    def highest_tier(self) -> int:
        """Return the highest tier any revision had, 0 for none."""
        return max((alert.tier for alert in self.alerts), default=0)

    def state(self) -> dict[bytes, bytes]:
        """Return every stored key and its value, of all partitions."""
        for keyed in self._keyed:
            keyed.take_changes()
        return {key: value for keyed in self._keyed for key, value in keyed.values.items()}

    def account(self, account: str) -> AccountProfile:
        """Return an account's profile as stored."""
        stored = self.state().get(b"A:" + account.encode())
        profile = PROFILE_OF_KIND["ACCOUNT"]() if stored is None else decode_profile("ACCOUNT", payload_of(stored))
        assert isinstance(profile, AccountProfile)
        return profile
