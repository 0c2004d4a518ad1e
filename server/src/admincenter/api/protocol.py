"""HTTP/1.1 with an end to every wait: uvicorn's httptools protocol plus caps and deadlines of our own (D12).

uvicorn has no deadline for receiving a request: its only timer is disarmed by every byte. Here the whole request must arrive in
time from its first byte, headers are capped, a reader that takes nothing is cut off, and what is not HTTP gets a JSON refusal.
"""

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from admincenter.api import answers
from admincenter.api.request import new_id
from admincenter.core.errors import CallRefused, DeadlinePassed, HeadersTooLarge, RequestMalformed, StorageUnavailable
from admincenter.core.surface import normal_path

MAX_HEADER_BYTES = 16_384
MAX_HEADER_LINES = 64
TOKEN_SECONDS = 10.0
REQUEST_SECONDS = 30.0
WRITE_SECONDS = 30.0
_TOKEN_PATHS = ("/work_get_token", "/work_current_token")


class Protocol(HttpToolsProtocol):
    """One connection. `max_connections` is set on a subclass by whoever builds the server."""

    max_connections = 8_192

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._in_head = self._receiving = self._refused = False
        self._head_bytes = self._head_lines = 0
        self._write_timer: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = self.loop.call_later(REQUEST_SECONDS, self._cut)
        if len(self.connections) > self.max_connections:
            self._refuse(StorageUnavailable("This server has as many connections as it can hold. Try again"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._refused:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # an upgrade is declined by answering as if it had not been asked for
        except httptools.HttpParserError:
            self._malformed()
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEADER_BYTES:
                self._refuse(HeadersTooLarge())
        self._watch()

    def _watch(self) -> None:
        """Arms the deadline where bytes came and the request is not whole: blank lines that hold a connection too."""
        if self._timer is None and not self._refused and (self._receiving or self._waits_for_nothing()):
            self._timer = self.loop.call_later(TOKEN_SECONDS, self._token_deadline)

    def _waits_for_nothing(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and self.timeout_keep_alive_task is None)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._receiving = True
        self._head_bytes = self._head_lines = 0
        self._stop_timer()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_lines += 1
        self._head_bytes += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head_lines > MAX_HEADER_LINES or self._head_bytes + len(self.url) > MAX_HEADER_BYTES:
            self._refuse(HeadersTooLarge())
        elif not self.url.startswith(b"/"):
            self._refuse(RequestMalformed("The request target must be a path"))  # absolute-form could name another host
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving = False
        self._stop_timer()
        if not self._refused:
            super().on_message_complete()

    def _token_deadline(self) -> None:
        self._timer = None
        if not self._receiving:
            self._cut()
        elif normal_path(self.url.partition(b"?")[0].decode("latin-1")) in _TOKEN_PATHS:
            self._refuse(DeadlinePassed(TOKEN_SECONDS))
        else:
            self._timer = self.loop.call_later(REQUEST_SECONDS - TOKEN_SECONDS, self._deadline)

    def _deadline(self) -> None:
        self._timer = None
        self._refuse(DeadlinePassed(REQUEST_SECONDS))

    def _cut(self) -> None:
        """Ends a connection on which nothing was asked."""
        self._timer = None
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _malformed(self) -> None:
        """Not HTTP. An answer that is still owed to a whole request before it goes out first, and is the last one."""
        if self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body:
            self._refused = True
            self.cycle.keep_alive = False
        else:
            self._refuse(RequestMalformed())

    def _refuse(self, refusal: CallRefused) -> None:
        """Answers in place of the application, which is told that the client is gone, and closes."""
        if self._refused:
            return
        self._refused = True
        self._stop_timer()
        started = False
        if self.cycle is not None and not self.cycle.response_complete:
            started = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not started:
            self.transport.write(_bytes(refusal))
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()


def _bytes(refusal: CallRefused) -> bytes:
    """A whole HTTP answer."""
    own = new_id()
    reply = answers.graph(refusal, own)
    headers = [*reply.headers, (b"x-request-id", own.encode()), (b"content-length", str(len(reply.body)).encode())]
    if (b"connection", b"close") not in headers:
        headers.append((b"connection", b"close"))
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[reply.status] + lines + b"\r\n" + reply.body
