"""Who may sign in: a TOML file with a role and a scrypt hash for each name, and the key under which the audit hides accounts.

The file is read again when it changes, so a user added or removed, or a password set anew, counts at once: sessions of a user whose
entry has changed end.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import Final, NamedTuple, cast

from stream.desk.roles import ROLES, Role

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 256
_N, _R, _P = 2**15, 8, 1
"""scrypt's cost: 32 MiB and about a tenth of a second. Source: RFC 7914 and the OWASP sheet on password storage (second row)."""
_MEMORY_BYTES_MAX: Final = 80 << 20


class UsersError(Exception):
    """The users file cannot be read or changed. The text says why and names no password."""


class User(NamedTuple):
    """One entry. secret: the stored hash."""

    name: str
    role: Role
    secret: str


def hashed(password: str, salt: bytes | None = None) -> str:
    """Return a password as it is stored: scheme, cost, salt and hash."""
    salt = salt if salt is not None else secrets.token_bytes(16)
    return f"scrypt:{_N}:{_R}:{_P}:{_text(salt)}:{_text(_scrypt(password, salt, _N, _R, _P))}"


def is_password(password: str, stored: str) -> bool:
    """Return whether a password is the one that was stored; False for anything that was not stored by us."""
    try:
        scheme, n, r, p, salt, digest = stored.split(":")
        if scheme != "scrypt" or len(password) > PASSWORD_LENGTH_MAX:
            return False
        found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(found, base64.b64decode(digest))
    except ValueError:
        return False


NOBODYS: Final = f"scrypt:{_N}:{_R}:{_P}:{'A' * 22}==:{'A' * 43}="
"""Hash of no password: looked at for names that nobody has, so that these take as long as the others."""


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_BYTES_MAX, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class UsersFile:
    """The file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        """Keep the path; nothing is read yet."""
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, User] = {}
        self._audit_key = b""

    def users(self) -> dict[str, User]:
        """Return the users by name. Errors: UsersError."""
        self._read()
        return self._users

    def subject_hmac(self, identifier: str) -> str:
        """Return an identifier as the audit may hold it. Errors: UsersError."""
        self._read()
        return hmac.new(self._audit_key, identifier.encode(), hashlib.sha256).hexdigest()

    def put(self, name: str, role: Role, password: str) -> bool:
        """Add a user or set role and password anew; return whether the name is new. Errors: UsersError."""
        if not NAME.fullmatch(name):
            raise UsersError("A name is up to 32 of a-z, 0-9, dot, underscore and hyphen, and begins with a letter or digit.")
        if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
            raise UsersError(f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.")
        users = dict(self.users()) if self.path.exists() else {}
        is_new = name not in users
        users[name] = User(name, role, hashed(password))
        self._write(users)
        return is_new

    def remove(self, name: str) -> None:
        """Take a user out. Errors: UsersError if there is none of that name."""
        users = dict(self.users())
        if users.pop(name, None) is None:
            raise UsersError(f"There is no user {name!r} in {self.path}.")
        self._write(users)

    def _read(self) -> None:
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            raw = tomllib.loads(self.path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise UsersError(f"There is no users file {self.path}; make one with: goldenhour desk-user add NAME") from error
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise UsersError(f"{self.path}: {error}") from error
        self._users = {name: _user(self.path, name, entry) for name, entry in _table(raw, self.path).items()}
        self._audit_key = bytes.fromhex(str(raw.get("audit_key", "")))
        if len(self._audit_key) < 16:
            raise UsersError(f"{self.path}: audit_key is missing.")
        self._stamp = stamp

    def _write(self, users: dict[str, User]) -> None:
        """Replace the file in one step, readable by its owner only."""
        key = self._audit_key.hex() or secrets.token_hex(32)
        lines = ["# Users of the desk; change it with `goldenhour desk-user`.", f'audit_key = "{key}"']
        for user in sorted(users.values()):
            lines += ["", f'[users."{user.name}"]', f'role = "{user.role}"', f'password = "{user.secret}"']
        beside = self.path.with_name(self.path.name + ".new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            beside.replace(self.path)
        except OSError as error:
            raise UsersError(f"{self.path}: {error}") from error
        self._stamp = None


def _table(raw: dict[str, object], path: Path) -> dict[str, object]:
    users = raw.get("users", {})
    if not isinstance(users, dict):
        raise UsersError(f"{path}: users must be a table.")
    return cast("dict[str, object]", users)


def _user(path: Path, name: str, entry: object) -> User:
    role, secret = (entry.get("role"), entry.get("password")) if isinstance(entry, dict) else (None, None)
    if role not in ROLES or not isinstance(secret, str):
        raise UsersError(f"{path}: users.{name} needs a role ({', '.join(ROLES)}) and a password.")
    return User(name, cast("Role", role), secret)
