"""HTTP/1.1 with an end to every wait: httptools reads the bytes, this decides what may come and what is answered when (D12).

The whole request must arrive in time from its first byte, headers are capped, a reader that takes nothing is cut off, and what
is not HTTP gets a JSON refusal. Requests of one connection are answered one after the other, each with one write; an answer
that waits for nothing is given at once, without a task of its own.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any, Protocol

import httptools
import uvicorn
from uvicorn.server import ServerState

from admincenter.api import answers
from admincenter.api.closing import Closing
from admincenter.api.deadline import Deadline
from admincenter.api.eager import go_on
from admincenter.api.reply import Reply, wire
from admincenter.api.request import Disconnected, Request
from admincenter.core.errors import CallRefused, DeadlinePassed, HeadersTooLarge, RequestMalformed, StorageUnavailable
from admincenter.core.surface import normal_path

log = logging.getLogger(__name__)

MAX_HEADER_BYTES = 16_384
MAX_HEADER_LINES = 64
MAX_FRAMING_BYTES = 5 * MAX_HEADER_BYTES
"""Head, chunk framing and trailers of one request: what is not body must not grow without end either."""
MOST_AHEAD = 256
"""Requests of one connection that may wait for their turn: each takes many times the memory of its bytes on the wire."""
_TOKEN_PATHS = ("/work_get_token", "/work_current_token")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Application(Protocol):
    """What stands behind the connections."""

    def answer(self, request: Request) -> Coroutine[Any, Any, Reply]:
        """The whole answer. Raises only Disconnected."""

    def answered(self, request: Request, reply: Reply) -> None:
        """Told of every answer that was given."""


class Connection(asyncio.Protocol):
    """One connection. The limits are set on a subclass by whoever builds the server; `uvicorn.Server` makes the instances."""

    max_connections = 8_192
    token_seconds = 10.0
    request_seconds = 30.0
    write_seconds = 30.0
    idle_seconds = 30.0

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app: Application = config.loaded_app
        self._server = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # what comes behind a last request is ours to drop
        self._deadline = Deadline(self._loop)
        self._waiting: deque[Request] = deque()
        self._answering: Request | None = None
        self._whole: Request | None = None
        self._in_head = self._receiving = self._refused = self._message_ended = self._timed = self._reading_paused = False
        self._head_bytes = self._head_lines = self._body_bytes = self._framing_bytes = 0
        self._write_timer: asyncio.TimerHandle | None = None

    # the transport's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as asyncio calls it
        self._transport = Closing(transport, self._loop, lambda: self._receiving or self._refused, self.write_seconds)
        self._write = transport.write  # no call of ours between an answer and the wire
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._asked, self._url = Request(self._peer), b""
        self._server.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own two classes
        self._deadline.set(self.request_seconds, self._cut)
        if len(self._server.connections) > self.max_connections:
            self._refuse(StorageUnavailable("This server has as many connections as it can hold. Try again"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._deadline.stop()
        self._transport.ended()
        if self._write_timer is not None:
            self._write_timer.cancel()
        self._waiting.clear()
        for request in (self._answering, self._asked):
            if request is not None:
                request.lose()

    def eof_received(self) -> bool | None:
        """A client that ends its side after a whole request is still answered; TLS knows no half of a connection."""
        if self._transport.get_extra_info("sslcontext") or self._whole is None or self._whole.answered:
            self._transport.close()  # the loop's own close waits for ever for a peer that takes nothing (F19)
            return None
        self._end_with(self._whole)
        return True

    def data_received(self, data: bytes) -> None:
        if self._refused or self._transport.is_closing():
            return
        self._body_bytes, self._message_ended = 0, False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._decline_upgrade()
        except httptools.HttpParserError:
            self._refuse(RequestMalformed())
        if self._receiving and not self._message_ended:
            self._count_framing(len(data) - self._body_bytes)
        if self._receiving or not self._message_ended:
            self._watch()
        self._answer_waiting()

    def pause_writing(self) -> None:
        self._write_timer = self._loop.call_later(self.write_seconds, self._transport.abort)

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        self._answer_waiting()

    def shutdown(self) -> None:
        """The server stops: what was asked is still answered."""
        last = self._waiting[-1] if self._waiting else self._answering
        if last is None:
            self._transport.close()
        else:
            last.keep_alive = False

    # the parser's side

    def on_message_begin(self) -> None:
        self._asked, self._url = Request(self._peer), b""
        self._in_head = self._receiving = True
        self._timed = False
        self._head_bytes = self._head_lines = self._framing_bytes = 0
        self._deadline.clear()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer; taken for a header, it could say what only a proxy may say, or name another host (A27)
        self._head_lines += 1
        self._head_bytes += len(name) + len(value) + 4
        self._asked.take(name, value)

    def on_headers_complete(self) -> None:
        if self._refused:
            return  # what stands behind a refused request in the same packet is not looked at (A27)
        method, version = self._parser.get_method(), self._parser.get_http_version()
        refusal = self._head_refusal(method, version)
        if refusal is None and len(self._waiting) >= MOST_AHEAD:
            refusal = RequestMalformed("Too many requests were sent ahead of their answers")
        if refusal is not None:
            self._refuse(refusal)
            return
        request = self._asked
        request.method = method.decode("ascii")
        request.raw_path, request.query = _parts(self._url)
        request.keep_alive = self._parser.should_keep_alive() and version == "1.1"
        if request.waits_to_be_told and version == "1.1":
            request.tell_by(lambda: self._write(_CONTINUE))
        self._waiting.append(request)
        self._in_head = False

    def _head_refusal(self, method: bytes, version: str) -> CallRefused | None:
        first = len(method) + len(self._url) + len(b"  HTTP/1.1\r\n\r\n")
        if self._head_lines > MAX_HEADER_LINES or self._head_bytes + first > MAX_HEADER_BYTES:
            return HeadersTooLarge()
        if version not in ("1.1", "1.0"):
            return RequestMalformed("HTTP/1.1 is spoken here")
        if not self._url.startswith(b"/"):
            return RequestMalformed("The request target must be a path")  # absolute-form could name another host
        return None

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if not self._refused and not self._asked.answered:
            self._asked.take_body(body)

    def on_message_complete(self) -> None:
        self._receiving, self._message_ended = False, True
        if self._timed:
            self._deadline.clear()
        if not self._refused:
            self._whole = self._asked
            self._asked.end()
            if self._asked.answered:
                self._rest()

    def _decline_upgrade(self) -> None:
        """An upgrade is answered as if it had not been asked for; what follows it is in no protocol that is spoken here."""
        if self._whole is not None:
            self._whole.keep_alive = False

    # one answer after the other

    def _answer_waiting(self) -> None:
        while self._waiting and self._answering is None and self._write_timer is None:
            self._begin(self._waiting.popleft())
        if bool(self._waiting) is not self._reading_paused:
            self._reading_paused = not self._reading_paused
            (self._transport.pause_reading if self._reading_paused else self._transport.resume_reading)()

    def _begin(self, request: Request) -> None:
        self._answering = request
        answer = self._app.answer(request)
        try:
            waits_for = answer.send(None)
        except StopIteration as ended:
            self._give(request, ended.value)
        except Disconnected:
            self._give(request, None)
        else:
            task = self._loop.create_task(self._give_later(request, answer, waits_for))
            self._server.tasks.add(task)
            task.add_done_callback(self._server.tasks.discard)

    async def _give_later(self, request: Request, answer: Coroutine[Any, Any, Reply], waits_for: object) -> None:
        try:
            reply = await go_on(answer, waits_for)
        except Disconnected:
            reply = None
        self._give(request, reply)
        self._answer_waiting()

    def _give(self, request: Request, reply: Reply | None) -> None:
        request.answered, self._answering = True, None
        if reply is None or request.gone:
            return
        never_told = request.waits_to_be_told and not request.whole  # its client may leave the body out, or send it (A27)
        last = reply.closes or not request.keep_alive or never_told
        self._write(wire(reply, request, last, self._server.default_headers))
        self._app.answered(request, reply)
        self._server.total_requests += 1
        if last:
            self._waiting.clear()
            self._transport.close()
        elif not self._receiving and not self._waiting:
            self._rest()

    def _rest(self) -> None:
        """Nothing is asked and nothing is owed."""
        self._timed = False
        self._deadline.set(self.idle_seconds, self._cut)

    # what must end

    def _count_framing(self, size: int) -> None:
        self._framing_bytes += size
        if self._framing_bytes > (MAX_HEADER_BYTES if self._in_head else MAX_FRAMING_BYTES):
            self._refuse(HeadersTooLarge())

    def _watch(self) -> None:
        """Sets the deadline where bytes came and the request is not whole: blank lines that hold a connection too."""
        if not self._timed and not self._refused and (self._receiving or not (self._answering or self._waiting)):
            self._timed = True
            self._deadline.set(self.token_seconds, self._token_deadline)

    def _token_deadline(self) -> None:
        if not self._receiving:
            self._cut()
        elif normal_path(self._url.partition(b"?")[0].decode("latin-1")) in _TOKEN_PATHS:
            self._refuse(DeadlinePassed(self.token_seconds))
        else:
            self._deadline.set(self.request_seconds - self.token_seconds, self._request_deadline)

    def _request_deadline(self) -> None:
        self._refuse(DeadlinePassed(self.request_seconds))

    def _cut(self) -> None:
        """Ends a connection on which nothing was asked."""
        self._transport.close()

    def _refuse(self, refusal: CallRefused) -> None:
        """Answers in place of the application, and closes.

        Whole requests before it are answered first, and theirs are the last answers: one more would be taken for theirs.
        """
        if self._refused:
            return
        self._refused = True
        self._deadline.clear()
        if self._whole is not None and not self._whole.answered:
            self._end_with(self._whole)
            return
        self._waiting.clear()
        if not self._abandoned():
            self._write(_refused(refusal, self._url, self._server.default_headers))
        self._transport.resume_reading()
        self._transport.close()

    def _end_with(self, last: Request) -> None:
        last.keep_alive = False
        while self._waiting and self._waiting[-1] is not last:
            self._waiting.pop()

    def _abandoned(self) -> bool:
        """Tells the application that works on a request which never comes whole; whether it has already answered."""
        if self._in_head or not self._receiving:
            return False
        self._asked.lose()
        return self._asked.answered


def _parts(url: bytes) -> tuple[str, bytes]:
    """Path and query. Raises ValueError where the path is not ASCII."""
    path, _mark, query = url.partition(b"#")[0].partition(b"?")
    return path.decode("ascii"), query


def _refused(refusal: CallRefused, url: bytes, server_headers: list[tuple[bytes, bytes]]) -> bytes:
    """A whole answer to what never became a request of the application, in the dialect of its path where it has one."""
    request = Request("")
    request.raw_path = url.partition(b"?")[0].decode("latin-1")
    return wire(answers.refused(refusal, request), request, True, server_headers)
