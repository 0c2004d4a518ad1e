"""A request as the machine door sees it: the headers that matter, once each, and a body that is read up to a cap."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from admincenter.core.errors import BodyTooLarge

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]

BODY_CAP = 8_192
MOST_OF_AGENT = 1_000
"""What of a User-Agent is looked at: work on a stranger's text must not grow with it."""


def new_id() -> str:
    """A new request id: 23 characters, as clients of Graph know them."""
    return "A" + urlsafe_b64encode(os.urandom(17))[:22].decode()


class Disconnected(Exception):
    """The client went away, or was sent away at the deadline; there is nobody to answer."""


class Request:
    """One request. Header values are text (latin-1, as HTTP has it); `forwarded` and `authorization` keep every line."""

    __slots__ = (
        "_receive",
        "app_id",
        "authorization",
        "content_length",
        "content_type",
        "fetch_dest",
        "fetch_site",
        "forwarded",
        "has_body",
        "hosts",
        "id",
        "method",
        "origin",
        "peer",
        "query",
        "raw_path",
        "user_agent",
    )

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self.id = new_id()
        self.method: str = scope["method"]
        self.raw_path: str = scope["raw_path"].decode("ascii")
        self.query: bytes = scope["query_string"]
        client = scope["client"]
        self.peer: str = client[0] if client else ""
        self.hosts: list[str] = []
        self.authorization: list[str] = []
        self.forwarded: list[str] = []
        self.user_agent = self.content_type = self.content_length = self.app_id = ""
        self.origin = self.fetch_dest = self.fetch_site = ""
        self.has_body = False
        for name, value in scope["headers"]:
            take = _TAKEN.get(name)
            if take is not None:
                take(self, value.decode("latin-1"))

    @property
    def from_browser(self) -> bool:
        """Whether a browser page sent it. `Sec-Fetch-Mode` says nothing: Node's own server-side fetch sends it."""
        return bool(self.origin or self.fetch_dest or self.fetch_site not in ("", "none"))

    async def body(self) -> bytes:
        """The whole body. Raises BodyTooLarge at the cap without reading on, Disconnected where it never comes whole."""
        if self.content_length.isdecimal() and int(self.content_length[:18]) > BODY_CAP:
            raise BodyTooLarge(BODY_CAP)
        body = b""
        more = self.has_body
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > BODY_CAP:
                raise BodyTooLarge(BODY_CAP)
        return body


def _length(request: Request, value: str) -> None:
    request.content_length = value
    request.has_body = value.strip() != "0"


def _chunked(request: Request, _value: str) -> None:
    request.has_body = True


def _setter(name: str) -> Callable[[Request, str], None]:
    def take(request: Request, value: str) -> None:
        setattr(request, name, value)

    return take


_TAKEN: dict[bytes, Callable[[Request, str], None]] = {
    b"host": lambda request, value: request.hosts.append(value),
    b"authorization": lambda request, value: request.authorization.append(value),
    b"x-forwarded-for": lambda request, value: request.forwarded.append(value),
    b"user-agent": lambda request, value: setattr(request, "user_agent", value[:MOST_OF_AGENT]),
    b"content-type": _setter("content_type"),
    b"content-length": _length,
    b"transfer-encoding": _chunked,
    b"origin": _setter("origin"),
    b"sec-fetch-dest": _setter("fetch_dest"),
    b"sec-fetch-site": _setter("fetch_site"),
}
