"""What goes over the wire: a whole answer, and the bytes that it becomes."""

from http import HTTPStatus
from typing import NamedTuple

import orjson

from admincenter.api.request import Request

NO_STORE = b"cache-control: no-store\r\n"
JSON = b"content-type: application/json; charset=UTF-8\r\n" + NO_STORE
SCIM_JSON = b"content-type: application/scim+json; charset=UTF-8\r\n" + NO_STORE


class Reply(NamedTuple):
    """A whole answer, without what every answer has. `headers` are lines as they go out; `closes`: it is the last one."""

    status: int
    headers: bytes
    body: bytes
    closes: bool = False


def success(body: bytes) -> Reply:
    """A 200 with JSON. Never stored by anyone on the way."""
    return Reply(200, JSON, body)


def line(name: str, value: str) -> bytes:
    """One header line."""
    return f"{name}: {value}\r\n".encode("ascii")


def app_usage(percent: int) -> bytes:
    """How much of its allowance the integration has used, as a header line."""
    value = orjson.dumps({"call_count": percent, "total_cputime": percent, "total_time": percent})
    return b"x-app-usage: " + value + b"\r\n"


ServerHeaders = list[tuple[bytes, bytes]]


def wire(reply: Reply, request: Request, last: bool, server_headers: ServerHeaders) -> bytes:
    """A whole answer as it goes out. `last`: the connection ends behind it. HEAD gets everything but the body."""
    return b"%b%b%bx-request-id: %b\r\ncontent-length: %d\r\n%b\r\n%b" % (
        _STATUS_LINES[reply.status],
        _server_lines(server_headers),
        reply.headers,
        request.id.encode("ascii"),
        len(reply.body),
        b"connection: close\r\n" if last else b"",
        b"" if request.method == "HEAD" else reply.body,
    )


_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode("ascii") for each in HTTPStatus}
_seen: tuple[ServerHeaders, bytes] = ([], b"")


def _server_lines(headers: ServerHeaders) -> bytes:
    """The server's own headers (the date), which are a new list once a second."""
    global _seen  # read by every answer: a look-up by the list's identity is all that it may cost
    if _seen[0] is not headers:
        _seen = (headers, b"".join(b"%b: %b\r\n" % each for each in headers))
    return _seen[1]
