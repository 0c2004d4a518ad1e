"""HTTP/1.1 with an end to every wait: uvicorn's httptools protocol plus caps and deadlines of our own (D12).

uvicorn has no deadline for receiving a request: its only timer is disarmed by every byte. Here the whole request must arrive in
time from its first byte, headers are capped, a reader that takes nothing is cut off, and what is not HTTP gets a JSON refusal.
"""

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from admincenter.api import answers
from admincenter.api.closing import Closing
from admincenter.api.request import new_id
from admincenter.core.errors import CallRefused, DeadlinePassed, HeadersTooLarge, RequestMalformed, StorageUnavailable
from admincenter.core.surface import normal_path

MAX_HEADER_BYTES = 16_384
MAX_HEADER_LINES = 64
MAX_FRAMING_BYTES = 5 * MAX_HEADER_BYTES
"""Head, chunk framing and trailers of one request: what is not body must not grow without end either."""
_TOKEN_PATHS = ("/work_get_token", "/work_current_token")


class Protocol(HttpToolsProtocol):
    """One connection. The limits are set on a subclass by whoever builds the server."""

    max_connections = 8_192
    token_seconds = 10.0
    request_seconds = 30.0
    write_seconds = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._closing = Closing(transport, self.loop, lambda: self._receiving or self._refused, self.write_seconds)
        super().connection_made(self._closing)
        self._in_head = self._receiving = self._refused = self._message_ended = False
        self._head_bytes = self._head_lines = self._body_bytes = self._framing_bytes = 0
        self._whole: RequestResponseCycle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = self.loop.call_later(self.request_seconds, self._cut)
        if len(self.connections) > self.max_connections:
            self._refuse(StorageUnavailable("This server has as many connections as it can hold. Try again"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._closing.ended()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override]  # as asyncio has it
        """A client that ends its side after a whole request is still answered; TLS knows no half of a connection."""
        if self.scheme == "https" or self._whole is None or self._whole.response_complete:
            return None
        self._end_with(self._whole)
        return True

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._closing.is_closing() or self._refused:
            return
        self._body_bytes, self._message_ended = 0, False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._decline_upgrade()
        except httptools.HttpParserError:
            self._refuse(RequestMalformed())
        if self._receiving and not self._message_ended:
            self._count_framing(len(data) - self._body_bytes)
        self._watch()

    def _decline_upgrade(self) -> None:
        """An upgrade is answered as if it had not been asked for; what follows it is in no protocol that is spoken here."""
        if self._whole is not None:
            self._whole.keep_alive = False

    def _count_framing(self, size: int) -> None:
        self._framing_bytes += size
        if self._framing_bytes > (MAX_HEADER_BYTES if self._in_head else MAX_FRAMING_BYTES):
            self._refuse(HeadersTooLarge())

    def _watch(self) -> None:
        """Arms the deadline where bytes came and the request is not whole: blank lines that hold a connection too."""
        if self._timer is None and not self._refused and (self._receiving or self._waits_for_nothing()):
            self._timer = self.loop.call_later(self.token_seconds, self._token_deadline)

    def _waits_for_nothing(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and self.timeout_keep_alive_task is None)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._receiving = True
        self._head_bytes = self._head_lines = self._framing_bytes = 0
        self._stop_timer()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer; taken for a header, it could say what only a proxy may say, or name another host (A27)
        self._head_lines += 1
        self._head_bytes += len(name) + len(value) + len(b": \r\n")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._refused:
            return  # what stands behind a refused request in the same packet is not looked at (A27)
        refusal = self._head_refusal()
        if refusal is not None:
            self._refuse(refusal)
            return
        super().on_headers_complete()
        self._in_head = False

    def _head_refusal(self) -> CallRefused | None:
        first = len(self.parser.get_method()) + len(self.url) + len(b"  HTTP/1.1\r\n\r\n")
        if self._head_lines > MAX_HEADER_LINES or self._head_bytes + first > MAX_HEADER_BYTES:
            return HeadersTooLarge()
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            return RequestMalformed("HTTP/1.1 is spoken here")
        if not self.url.startswith(b"/"):
            return RequestMalformed("The request target must be a path")  # absolute-form could name another host
        return None

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._receiving, self._message_ended = False, True
        self._stop_timer()
        if not self._refused:
            self._whole = self.cycle
            super().on_message_complete()

    def _token_deadline(self) -> None:
        self._timer = None
        if not self._receiving:
            self._cut()
        elif normal_path(self.url.partition(b"?")[0].decode("latin-1")) in _TOKEN_PATHS:
            self._refuse(DeadlinePassed(self.token_seconds))
        else:
            self._timer = self.loop.call_later(self.request_seconds - self.token_seconds, self._deadline)

    def _deadline(self) -> None:
        self._timer = None
        self._refuse(DeadlinePassed(self.request_seconds))

    def _cut(self) -> None:
        """Ends a connection on which nothing was asked."""
        self._timer = None
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, refusal: CallRefused) -> None:
        """Answers in place of the application, and closes.

        Whole requests before it are answered first, and theirs are the last answers: one more would be taken for theirs.
        """
        if self._refused:
            return
        self._refused = True
        self._stop_timer()
        if self._whole is not None and not self._whole.response_complete:
            self._end_with(self._whole)
            return
        if not self._abandoned():
            self.transport.write(_bytes(refusal))
        self.flow.resume_reading()
        self.transport.close()

    def _end_with(self, last: RequestResponseCycle) -> None:
        last.keep_alive = False
        while self.pipeline and self.pipeline[0][0] is not last:
            self.pipeline.popleft()

    def _abandoned(self) -> bool:
        """Tells the application that works on a request which never comes whole; whether it has begun to answer."""
        if self._in_head or not self._receiving:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return self.cycle.response_started

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()


def _bytes(refusal: CallRefused) -> bytes:
    """A whole HTTP answer."""
    own = new_id()
    reply = answers.graph(refusal, own)
    headers = answers.headers(reply, own)
    if (b"connection", b"close") not in headers:
        headers.append((b"connection", b"close"))
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[reply.status] + lines + b"\r\n" + reply.body
