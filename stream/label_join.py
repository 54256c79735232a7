"""Where labels meet what was scored: rows of scored events, the learners of a partition, and the risk of its keys.

In state: `G:` party -> its learner; `J:` party and page -> rows; `K:` and a key -> its risk, from its first confirmed fraud on. All
of it follows from the log of the partition; where the slices are cut shows nowhere.
"""

from typing import Final, NamedTuple

from models.decision import Row
from models.keys import DEVICE, PAYEE, PAYER, TERMINAL
from models.learner import SILENCE, Label, Learner, Scoring, encode_learner, event_mark, restore_learner
from models.recency import identifier_hash
from models.records import Disposition
from models.risk import decode_risk, encode_risk, risk_after
from models.rulebook import Rulebook
from models.units import time_us
from stream.case_index import Storage
from stream.label_rows import LabelRows
from stream.store import payload_of, value_of

PARTY_NAMES: Final = {PAYER: "PAYER", PAYEE: "PAYEE", TERMINAL: "TERMINAL", DEVICE: "DEVICE"}
LEARNT_BYTES_MAX: Final = 600_000
"""The most that `flush` stores beside what was put before: the learners and open pages of all parties."""

_SILENT_MAX: Final = 4  # rows that silence speaks on, for each row that is added: a backlog is worked off, and no slice grows
_NAMED: Final = "?"  # a label's source without a name


class Labelled(NamedTuple):
    """A label that found its row: what the row said, and how late the label was."""

    party: str
    label: Label
    tier: int
    is_top: bool
    delay_s: float


class LabelJoin:
    """The learning of one partition."""

    def __init__(self, storage: Storage, rulebook: Rulebook) -> None:
        """Take over what the state holds."""
        self._storage = storage
        self._rulebook = rulebook
        self._policy = rulebook.learning
        self._learners: dict[int, Learner] = {}
        self._rows: dict[int, LabelRows] = {}
        self._changed: set[int] = set()
        for party, name in PARTY_NAMES.items():
            learner = Learner(self._policy, rulebook.fusion.prevalence)
            stored = storage.values.get(_learner_key(name))
            rows, silent = restore_learner(learner, payload_of(stored)) if stored is not None else (0, 0)
            self._learners[party] = learner
            self._rows[party] = LabelRows(storage, name, rows, silent)

    def adopt(self, rulebook: Rulebook) -> None:
        """Learn and score by another policy from now on; what was learnt stays."""
        self._rulebook, self._policy = rulebook, rulebook.learning
        for learner in self._learners.values():
            learner.adopt(rulebook.learning, rulebook.fusion.prevalence)

    def scoring(self, party: int, key: bytes) -> Scoring:
        """Return how to score the events of a party at a key."""
        stored = self._storage.values.get(b"K:" + key)
        return Scoring(self._learners[party], key, decode_risk(payload_of(stored)) if stored is not None else None)

    def remember(self, party: int, event_id: str, row: Row, now_ms: int, position: int) -> bool:
        """Keep a row that is worth it; let silence speak on old ones.

        Returns whether the row is of the sample that stands for all.
        """
        policy, rows = self._policy, self._rows[party]
        self._changed.add(party)
        if not row.event:
            return False
        rows.append(row, position)
        for _ in range(_SILENT_MAX):
            silent = rows.next_silent((now_ms - policy.silence_s * 1_000) * 1_000)
            if silent is None:
                break
            if not silent.label and not silent.is_doubtful:
                self._learn(party, silent, "LEGITIMATE", SILENCE, position)
        rows.expire((now_ms - policy.keep_s * 1_000) * 1_000, position)
        return identifier_hash(event_id) % policy.sample == 0

    def dispose(self, record: Disposition, event_ids: list[str], position: int) -> list[Labelled]:
        """Learn what a person found of events, at all their parties that live here; return what it was found of."""
        found: list[Labelled] = []
        if record.verdict == "UNKNOWN":
            return found
        label: Label = "FRAUD" if record.verdict == "FRAUD" else "LEGITIMATE"
        decided_us = time_us(record.decided_at)
        for event_id in event_ids:
            mark = event_mark(event_id)
            for party, rows in self._rows.items():
                number_and_row = rows.find(mark)
                if number_and_row is None or number_and_row[1].label == label:
                    continue
                number, row = number_and_row
                row.label = label
                rows.change(number, position)
                self._changed.add(party)
                self._learn(party, row, label, record.decided_by or _NAMED, position)
                delay_s = max(0.0, (decided_us - row.at_us) / 1_000_000)
                found.append(Labelled(PARTY_NAMES[party], label, row.tier, row.is_top, delay_s))
        return found

    def flush(self, position: int) -> None:
        """Store what has changed since the last time."""
        for party in sorted(self._changed):
            rows = self._rows[party]
            rows.flush(position)
            stored = encode_learner(self._learners[party], rows.rows, rows.silent)
            self._storage.put(_learner_key(PARTY_NAMES[party]), value_of(position, stored), position)
        self._changed.clear()

    def _learn(self, party: int, row: Row, label: Label, source: str, position: int) -> None:
        self._learners[party].learn(row, label, source)
        key = b"K:" + row.key
        stored = self._storage.values.get(key)
        risk = decode_risk(payload_of(stored)) if stored is not None else None
        after = risk_after(risk, row.at_us, self._policy.risk_fade_s, is_fraud=label == "FRAUD", weight=row.weight)
        if after is not None:
            self._storage.put(key, value_of(position, encode_risk(after)), position)


def _learner_key(party: str) -> bytes:
    return b"G:" + party.encode()
