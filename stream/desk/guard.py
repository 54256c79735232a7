"""What stands before every page: security headers, the session, the token against forged forms, the role. All in one middleware.

A route is registered with the act it is, so none can be added without the table of roles having a say.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from stream.desk.roles import Act, may
from stream.desk.sessions import Session

PUBLIC: Final = "public"
"""The act of what needs no sign-in."""
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FORM_BYTES_MAX: Final = 16_384

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SESSION: Final = web.RequestKey("session", Session)
FORM: Final = web.RequestKey("form", dict[str, str])


class Refused(Exception):  # noqa: N818 # it is an answer, not a fault
    """A request that is not served. status: of HTTP. key: of the sentence. act: what was refused."""

    def __init__(self, status: int, key: str, act: str = "") -> None:
        """Keep all three."""
        super().__init__(key)
        self.status, self.key, self.act = status, key, act


def session_of(request: web.Request) -> Session:
    """Return the session of a request that has passed the guard."""
    return request[SESSION]


def form_of(request: web.Request) -> dict[str, str]:
    """Return the texts of a form that has passed the guard."""
    return request[FORM]


async def admit(request: web.Request, act: Act | str, session: Session | None) -> None:
    """Let a request through, with session and form put into it, or refuse it.

    Errors: Refused: 303 to the sign-in without a session; 403 for a forged form or a role that may not.
    """
    if request.method == hdrs.METH_POST:
        if not _is_own(request):
            raise Refused(403, "bad_token", act)
        request[FORM] = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    if act == PUBLIC:
        return
    if session is None:
        raise Refused(303, "signed_out", act)
    request[SESSION] = session
    if request.method == hdrs.METH_POST and not hmac.compare_digest(
        form_of(request).get("csrf", "").encode(), session.csrf.encode()
    ):
        raise Refused(403, "bad_token", act)
    if act != "sign_out" and not may(session.role, act):  # type: ignore[arg-type] # acts of routes are those of the table
        raise Refused(403, "forbidden", act)


def _is_own(request: web.Request) -> bool:
    """Return whether a form was sent from a page of ours, as far as the browser says; old ones say nothing."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is None or urlsplit(origin).netloc == request.headers.get(hdrs.HOST, "")


def put_headers(response: web.StreamResponse, *, is_secure: bool) -> None:
    """Put the security headers on an answer that has not begun."""
    for name, value in HEADERS.items():
        if name not in response.headers:
            response.headers[name] = value
    if is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
