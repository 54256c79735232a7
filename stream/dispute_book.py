"""Card payments of this partition's accounts that a person found a fraud, and what the accounts have told machines because of them.

In state: `B:` and an event id -> its dispute. It tells every machine at which the account's card was used in the days before, but
where the card was abused itself, and what is disputed as well: those are no uses of the holder. Told anew whenever a verdict, a
further dispute or a late payment changes it, and taken back when a verdict LEGITIMATE comes.
"""

import heapq
from collections.abc import Iterable
from typing import Final

import msgspec

from models.decision import Statement
from models.policy import Ladder, Skimming
from models.profile import Disputed
from models.records import Disposition
from models.skimming import statement_of
from models.units import time_us
from stream.card_uses import CardUses, Use, event_mark
from stream.case_index import Storage
from stream.store import payload_of, value_of

PREFIX: Final = b"B:"
_REMOVED_MAX: Final = 16


class Ruling(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """One verdict on a card payment. typology: "" for none."""

    at_us: int
    disposition_id: str
    verdict: str
    typology: str


class Dispute(msgspec.Struct, array_like=True, gc=False):
    """A card payment with a verdict. news_ms: log time of the newest. told: (second used, machine) that the account has told."""

    news_ms: int
    account: str
    at_s: int
    place: str
    rulings: list[Ruling] = []
    told: list[tuple[int, str]] = []

    @property
    def is_fraud(self) -> bool:
        """Return whether the last verdict says that a card was abused: FRAUD, and no typology or one of attacks on cards."""
        last = next((ruling for ruling in reversed(self.rulings) if ruling.verdict != "UNKNOWN"), None)
        return last is not None and _is_abuse(last)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Dispute).decode


class DisputeBook:
    """The disputes of one partition, and the card payments they are found by."""

    def __init__(self, storage: Storage, policy: Skimming, ladder: Ladder) -> None:
        """Take over what the state holds."""
        self._storage = storage
        self._policy = policy
        self._rulings_max = ladder.steps_max
        self._uses = CardUses(storage, policy)
        self._disputes: dict[str, Dispute] = {}
        self._of_account: dict[str, set[str]] = {}
        for key, value in storage.values.items():
            if key.startswith(PREFIX):
                self._know(key[len(PREFIX) :].decode(), _decode(payload_of(value)))
        self._ends = [(dispute.news_ms, event_id) for event_id, dispute in self._disputes.items()]
        heapq.heapify(self._ends)

    def adopt(self, policy: Skimming, ladder: Ladder) -> None:
        """Work by another policy from now on."""
        self._policy, self._rulings_max = policy, ladder.steps_max
        self._uses.adopt(policy)

    def rule(self, event_id: str, said: Iterable[Disposition], now_ms: int, position: int) -> list[Statement]:
        """Take what people said of an event; return what its account has to say to machines because of it.

        Nothing, unless it is a card payment of an account here that somebody found a fraud.
        """
        rulings_said = [_ruling_of(each) for each in said]
        dispute = self._disputes.get(event_id)
        if dispute is None:
            if not any(map(_is_abuse, rulings_said)):
                return []  # most verdicts are on transfers: those are not searched for
            use = self._uses.find(event_mark(event_id))
            if use is None:
                return []
            dispute = Dispute(now_ms, use.account, use.at_s, use.place)
        rulings = {ruling.disposition_id: ruling for ruling in dispute.rulings}
        for ruling in rulings_said:
            rulings[ruling.disposition_id] = max(ruling, rulings.get(ruling.disposition_id, ruling))
        kept = sorted(rulings.values())[-self._rulings_max :]
        if kept == dispute.rulings:
            return []
        dispute.rulings, dispute.news_ms = kept, max(dispute.news_ms, now_ms)
        self._know(event_id, dispute)
        heapq.heappush(self._ends, (dispute.news_ms, event_id))
        self._put(event_id, position)
        statements = self._tell(dispute.account, position)
        self._take_out(now_ms, position)
        return statements

    def used(self, event_id: str, use: Use, said: Iterable[Disposition], now_ms: int, position: int) -> list[Statement]:
        """Keep a card payment; return what follows from what people had said of it, or for disputes of its account.

        said: the dispositions that were waiting for it.
        """
        self._uses.add(use, now_ms, position)
        statements = self.rule(event_id, said, now_ms, position)
        if use.account in self._of_account:
            statements += self._tell(use.account, position)
        return statements

    def _tell(self, account: str, position: int) -> list[Statement]:
        """Return what has changed in what an account must tell, all its disputes together."""
        statements: list[Statement] = []
        events = sorted(self._of_account[account])
        disputes = {event_id: self._disputes[event_id] for event_id in events}
        abused = {event_mark(event_id) for event_id, dispute in disputes.items() if dispute.is_fraud}
        since_s = min(dispute.at_s for dispute in disputes.values()) - self._policy.use_s
        uses = self._uses.of(account, since_s, max(dispute.at_s for dispute in disputes.values()))
        uses = [use for use in uses if use.place and use.mark not in abused]
        for event_id, dispute in disputes.items():
            told = self._told(dispute, uses) if dispute.is_fraud else []
            for at_s, place in dispute.told:
                if (at_s, place) not in told:
                    statements.append(statement_of(place, Disputed(at_s, account, event_id, dispute.at_s), stands=False))
            for at_s, place in told:
                if (at_s, place) not in dispute.told:
                    statements.append(statement_of(place, Disputed(at_s, account, event_id, dispute.at_s), stands=True))
            if told != dispute.told:
                dispute.told = told
                self._put(event_id, position)
        return statements

    def _told(self, dispute: Dispute, uses: list[Use]) -> list[tuple[int, str]]:
        since_s = dispute.at_s - self._policy.use_s
        before = {(use.at_s, use.place) for use in uses if since_s <= use.at_s < dispute.at_s and use.place != dispute.place}
        return sorted(before)[-self._policy.uses_max :]

    def _know(self, event_id: str, dispute: Dispute) -> None:
        self._disputes[event_id] = dispute
        self._of_account.setdefault(dispute.account, set()).add(event_id)

    def _put(self, event_id: str, position: int) -> None:
        self._storage.put(PREFIX + event_id.encode(), value_of(position, _encode(self._disputes[event_id])), position)

    def _take_out(self, now_ms: int, position: int) -> None:
        """Forget disputes that have long been without news, a few at a time; what they told stands."""
        ended_ms, removed = now_ms - self._policy.keep_s * 1_000, 0
        while removed < _REMOVED_MAX and self._ends and self._ends[0][0] <= ended_ms:
            news_ms, event_id = heapq.heappop(self._ends)
            dispute = self._disputes.get(event_id)
            if dispute is not None and dispute.news_ms == news_ms:
                self._storage.remove(PREFIX + event_id.encode(), position)
                del self._disputes[event_id]
                self._of_account[dispute.account].discard(event_id)
                if not self._of_account[dispute.account]:
                    del self._of_account[dispute.account]
                removed += 1


def _is_abuse(ruling: Ruling) -> bool:
    return ruling.verdict == "FRAUD" and ruling.typology[:1] in ("", "A")


def _ruling_of(disposition: Disposition) -> Ruling:
    return Ruling(time_us(disposition.decided_at), disposition.disposition_id, disposition.verdict, disposition.typology or "")
