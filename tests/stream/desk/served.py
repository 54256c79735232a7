"""A desk for a test: the real site over HTTP with a clock in hand, and a writer that keeps what it is given."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from models.records import AuditRecord
from stream.desk.acts import ActRecord
from stream.desk.board import BoardRecord
from stream.desk.roles import ROLES
from stream.desk.site import Site
from stream.desk.users import UsersFile
from stream.desk.writer import NotWrittenError
from tests.stream.desk.stories import board_of, us

PASSWORD = "a long enough one"
NAMES = {"BANK_DESK": "wang", "MANAGER": "li", "LIAISON": "officer-7", "READ_ONLY": "auditor"}


class KeepingWriter:
    """Keeps audit and records in the order in which they came; refuses where a test says so."""

    def __init__(self) -> None:
        self.audited: list[AuditRecord] = []
        self.written: list[ActRecord] = []
        self.refuses_audit = False
        self.refuses = False

    async def audit(self, record: AuditRecord) -> None:
        if self.refuses_audit:
            raise NotWrittenError("audit")
        self.audited.append(record)

    async def write(self, record: ActRecord) -> None:
        if self.refuses:
            raise NotWrittenError("records")
        self.written.append(record)


class Desk:
    """A desk that listens. now_us, now_s: its clocks."""

    def __init__(self, folder: Path, records: list[BoardRecord], *, minutes: float = 35, **given: Any) -> None:
        self.now_us, self.now_s = us(minutes), 1_000.0
        self.writer, self.board = KeepingWriter(), board_of(records)
        self.users = UsersFile(folder / "users.toml")
        self.users.path.write_bytes(_users())
        values: dict[str, Any] = {"utc_offset_s": 28_800, "is_secure": False} | given
        self.site = Site(self.board, self.users, self.writer, now_us=lambda: self.now_us, now_s=lambda: self.now_s, **values)
        self.address = ""

    def take(self, record: BoardRecord) -> None:
        """Let a record arrive from Kafka."""
        self.board.take(record)
        self.site.wake()


@cache
def _users() -> bytes:
    """Return a users file with one user of each role; made once, for hashing takes its time."""
    with tempfile.TemporaryDirectory() as folder:
        file = UsersFile(Path(folder) / "users.toml")
        for role in ROLES:
            file.put(NAMES[role], role, PASSWORD)
        return file.path.read_bytes()


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[Desk]:
    runner = web.AppRunner(desk.site.app(), access_log=None, shutdown_timeout=2)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    desk.address = f"http://127.0.0.1:{tcp._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    try:
        yield desk
    finally:
        desk.site.end()
        await runner.cleanup()


class Visitor:
    """A browser without scripts: cookies, and the token of its session in every form."""

    def __init__(self, desk: Desk, http: aiohttp.ClientSession) -> None:
        self._desk, self.http = desk, http
        self.csrf = ""

    async def get(self, path: str, **given: Any) -> tuple[int, str, aiohttp.ClientResponse]:
        async with self.http.get(self._desk.address + path, allow_redirects=False, **given) as response:
            return response.status, await response.text(), response

    async def post(self, path: str, form: dict[str, str] | None = None, **given: Any) -> tuple[int, str, aiohttp.ClientResponse]:
        data = {"csrf": self.csrf} | (form or {})
        async with self.http.post(self._desk.address + path, data=data, allow_redirects=False, **given) as response:
            return response.status, await response.text(), response

    async def sign_in(self, name: str, password: str = PASSWORD) -> int:
        status, _, _ = await self.post("/sign-in", {"name": name, "password": password})
        if status == 303:
            text = (await self.get("/"))[1]
            self.csrf = text.partition('name="csrf" value="')[2].partition('"')[0]
        return status


@asynccontextmanager
async def visiting(desk: Desk, role: str | None = None) -> AsyncIterator[Visitor]:
    """Visit a desk that listens, signed in under a role, or not."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        visitor = Visitor(desk, http)
        if role is not None:
            assert await visitor.sign_in(NAMES[role]) == 303
        yield visitor
