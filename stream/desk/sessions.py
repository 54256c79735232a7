"""Who is signed in, and how often somebody may try. In memory: a restart of the desk signs everybody out. Time is handed in."""

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from stream.desk.roles import Role
from stream.desk.users import User

IDLE_S: Final = 3_600.0
"""A session nobody uses ends after so long; live updates are no use. Ours."""
LIFE_S: Final = 12 * 3_600.0
"""A session ends after so long in any case: a long shift. Ours."""
OPENED_S: Final = 1_800.0
"""Identifiers opened under a case reference are masked again after so long. Ours."""
SESSIONS_MAX: Final = 1_000


@dataclass(slots=True)
class Session:
    """One signed-in person. opened: case id -> case reference and until when; read: cases whose reading stands in the audit."""

    name: str
    role: Role
    secret: str
    started_s: float
    seen_s: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    opened: dict[str, tuple[str, float]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    streams: int = 0

    def opened_under(self, case_id: str, now_s: float) -> str:
        """Return the reference under which the identifiers of a case are shown, "" where they are masked."""
        reference, until_s = self.opened.get(case_id, ("", 0.0))
        return reference if now_s < until_s else ""


class Sessions:
    """All sessions, by the hash of their token: whoever reads memory or a dump of it finds no token."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._found: OrderedDict[str, Session] = OrderedDict()

    def start(self, user: User, now_s: float) -> str:
        """Sign a user in; return the token of the session."""
        token = secrets.token_urlsafe(32)
        self._found[_digest(token)] = Session(user.name, user.role, user.secret, now_s, now_s)
        while len(self._found) > SESSIONS_MAX:
            self._found.popitem(last=False)
        return token

    def get(self, token: str, now_s: float, users: dict[str, User], *, is_use: bool = True) -> Session | None:
        """Return the session of a token, if it has not ended and its user's entry is what it was at sign-in.

        is_use: a person did something; False for what a page does by itself.
        """
        session = self._found.get(_digest(token))
        if session is None:
            return None
        user = users.get(session.name)
        is_same = user is not None and (user.role, user.secret) == (session.role, session.secret)
        if not is_same or now_s - session.seen_s > IDLE_S or now_s - session.started_s > LIFE_S:
            self.end(token)
            return None
        if is_use:
            session.seen_s = now_s
        return session

    def end(self, token: str) -> None:
        """Sign out."""
        self._found.pop(_digest(token), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


ATTEMPTS_PER_NAME_AND_ADDRESS: Final = 5
ATTEMPTS_PER_ADDRESS: Final = 30
ATTEMPTS_PER_NAME: Final = 30
"""More than from one address, so that a stranger cannot lock a user out with a handful of tries from elsewhere."""
ATTEMPTS_OVER_S: Final = 900.0
_KEYS_MAX: Final = 20_000


class Attempts:
    """Failed sign-ins of late, by name, by address, and by both."""

    def __init__(self) -> None:
        """Start with none."""
        self._failed: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """Return how long to wait before the next try, 0 where one may try now."""
        return max(self._wait_s(key, most, now_s) for key, most in _keys(name, address))

    def fail(self, name: str, address: str, now_s: float) -> None:
        """Count a failure."""
        for key, most in _keys(name, address):
            times = self._failed.setdefault(key, deque(maxlen=most))
            times.append(now_s)
            self._failed.move_to_end(key)
        while len(self._failed) > _KEYS_MAX:
            self._failed.popitem(last=False)

    def succeed(self, name: str, address: str) -> None:
        """Forget the failures of a name at an address."""
        self._failed.pop((name, address), None)

    def _wait_s(self, key: tuple[str, str], most: int, now_s: float) -> float:
        times = self._failed.get(key)
        if times is None or len(times) < most:
            return 0.0
        return max(0.0, times[-most] + ATTEMPTS_OVER_S - now_s)


def _keys(name: str, address: str) -> Iterable[tuple[tuple[str, str], int]]:
    yield (name, address), ATTEMPTS_PER_NAME_AND_ADDRESS
    yield ("", address), ATTEMPTS_PER_ADDRESS
    yield (name, ""), ATTEMPTS_PER_NAME
