"""A request as the machine door sees it: the headers that matter, once each, and a body that is read up to a cap."""

import asyncio
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from admincenter.core.errors import BodyTooLarge

BODY_CAP = 8_192
LARGEST_BODY = 1_048_576
"""What SCIM takes. Nothing of a body is kept beyond it, wherever it was sent."""
MOST_OF_AGENT = 1_000
"""What of a User-Agent is looked at: work on a stranger's text must not grow with it."""
_DRAWN = 256


def _ids() -> Iterator[str]:
    while True:
        drawn = urlsafe_b64encode(os.urandom(33 * _DRAWN)).decode()  # two ids of 22 characters in each 33 bytes
        yield from ["A" + drawn[at : at + 22] for at in range(0, len(drawn), 22)]


_next_ids = _ids()


def _draw_anew() -> None:
    global _next_ids  # a forked worker must not give the ids that its parent had drawn
    _next_ids = _ids()


os.register_at_fork(after_in_child=_draw_anew)


def new_id() -> str:
    """A new request id: 23 characters, as clients of Graph know them."""
    return next(_next_ids)


class Disconnected(Exception):
    """The client went away, or was sent away at the deadline; there is nobody to answer."""


class Request:
    """One request, filled while it arrives. Header values are text (latin-1, as HTTP has it); `forwarded` and
    `authorization` keep every line.

    `parameters`: the query string, once it was taken apart; `from_browser`: a browser page sent it; `keep_alive`: the
    connection stays open behind its answer; `answered`: that was given; `waits_to_be_told`: its client sends no body before it
    is told to.
    """

    __slots__ = (
        "_body",
        "_come",
        "_go_on",
        "answered",
        "app_id",
        "authorization",
        "content_length",
        "content_type",
        "forwarded",
        "from_browser",
        "gone",
        "has_body",
        "hosts",
        "id",
        "if_match",
        "if_none_match",
        "keep_alive",
        "method",
        "parameters",
        "peer",
        "query",
        "raw_path",
        "started",
        "user_agent",
        "waits_to_be_told",
        "whole",
    )

    def __init__(self, peer: str) -> None:
        self.started = perf_counter()
        self.id = new_id()
        self.peer = peer
        self.method = self.raw_path = ""
        self.query = b""
        self.parameters: Sequence[tuple[str, str | int]] = ()
        self.hosts: list[str] = []
        self.authorization: list[str] = []
        self.forwarded: list[str] = []
        self.user_agent = self.content_type = self.content_length = self.app_id = ""
        self.if_match = self.if_none_match = ""
        self.from_browser = self.waits_to_be_told = self.has_body = self.whole = self.answered = self.gone = False
        self.keep_alive = True
        self._body: bytes | bytearray = b""
        self._come: asyncio.Future[None] | None = None
        self._go_on: Callable[[], None] | None = None

    def take(self, name: bytes, value: bytes) -> None:
        """One header line."""
        take = _TAKEN.get(name) or _TAKEN.get(name.lower())
        if take is not None:
            take(self, value.decode("latin-1"))

    def take_body(self, part: bytes) -> None:
        """More of the body. Nothing of it is kept beyond the largest cap."""
        if len(self._body) <= LARGEST_BODY:
            self._body = self._body or bytearray()  # grows in place: a sender of single bytes costs no copy for each
            self._body += part
            self._wake()

    def end(self) -> None:
        """It has come whole."""
        self.whole = True
        self._wake()

    def lose(self) -> None:
        """Its client is gone."""
        self.gone = True
        self._wake()

    def tell_by(self, go_on: Callable[[], None]) -> None:
        """How its client is told that the body is wanted."""
        self._go_on = go_on

    def _wake(self) -> None:
        if self._come is not None and not self._come.done():
            self._come.set_result(None)

    async def body(self, cap: int = BODY_CAP) -> bytes:
        """The whole body. Raises BodyTooLarge at the cap without reading on, Disconnected where it never comes whole."""
        if self.content_length.isdecimal() and int(self.content_length[:18]) > cap:
            raise BodyTooLarge(cap)
        if self._go_on is not None and not self.whole:
            self._go_on()
        while not self.whole and len(self._body) <= cap:
            if self.gone:
                raise Disconnected
            self._come = asyncio.get_running_loop().create_future()
            await self._come
        if len(self._body) > cap:
            raise BodyTooLarge(cap)
        return bytes(self._body)


def _length(request: Request, value: str) -> None:
    request.content_length = value
    request.has_body = value.strip() != "0"


def _chunked(request: Request, _value: str) -> None:
    request.has_body = True


def _host(request: Request, value: str) -> None:
    request.hosts.append(value)


def _authorization(request: Request, value: str) -> None:
    request.authorization.append(value)


def _forwarded(request: Request, value: str) -> None:
    request.forwarded.append(value)


def _user_agent(request: Request, value: str) -> None:
    request.user_agent = value[:MOST_OF_AGENT]


def _content_type(request: Request, value: str) -> None:
    request.content_type = value


def _if_match(request: Request, value: str) -> None:
    request.if_match = f"{request.if_match},{value}" if request.if_match else value


def _if_none_match(request: Request, value: str) -> None:
    request.if_none_match = f"{request.if_none_match},{value}" if request.if_none_match else value


def _expect(request: Request, value: str) -> None:
    request.waits_to_be_told = value.lower() == "100-continue"


def _of_page(request: Request, value: str) -> None:
    """`Sec-Fetch-Mode` says nothing: Node's own server-side fetch sends it."""
    request.from_browser |= value != ""


def _of_site(request: Request, value: str) -> None:
    request.from_browser |= value not in ("", "none")


_TAKEN: dict[bytes, Callable[[Request, str], None]] = {
    b"host": _host,
    b"authorization": _authorization,
    b"x-forwarded-for": _forwarded,
    b"user-agent": _user_agent,
    b"content-type": _content_type,
    b"content-length": _length,
    b"transfer-encoding": _chunked,
    b"if-match": _if_match,
    b"if-none-match": _if_none_match,
    b"expect": _expect,
    b"origin": _of_page,
    b"sec-fetch-dest": _of_page,
    b"sec-fetch-site": _of_site,
}
"""What is kept of the headers, and how. Also under the spelling that most clients send, so that no name need be lowered."""
_TAKEN |= {b"-".join(part.capitalize() for part in name.split(b"-")): take for name, take in _TAKEN.items()}
