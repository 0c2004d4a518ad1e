"""Bytes to a server, and everything that comes back until it closes the connection."""

import re
from typing import NamedTuple

from tests.serving import InProcess
from tests.tenant import Tenant
from tests.wire import Line, Reply


class Outcome(NamedTuple):
    """What came back until the server closed the connection."""

    replies: list[Reply]

    @property
    def statuses(self) -> list[int]:
        return [each.status for each in self.replies]


class Rawly:
    """One server, one tenant, its token; `{host}` and `{auth}` lines that are genuine."""

    def __init__(self, server: InProcess, tenant: Tenant, token: str) -> None:
        self._server, self._tenant, self.token = server, tenant, token
        self.host = b"Host: 127.0.0.1:%d\r\n" % server.port
        self.auth = b"Authorization: Bearer " + token.encode() + b"\r\n"

    @property
    def good(self) -> bytes:
        """A request that is answered with 200, and counted as usage of `/me`."""
        return self.head(b"GET /me HTTP/1.1") + b"\r\n"

    def head(self, line: bytes, *headers: bytes) -> bytes:
        """A genuine request head, without the blank line at its end."""
        return line + b"\r\n" + self.host + self.auth + b"".join(each + b"\r\n" for each in headers)

    def open(self) -> Line:
        """A connection that the caller keeps and closes."""
        return self._server.wire.open()

    def last(self, raw: bytes) -> Outcome:
        """All answers to these bytes up to the server's close, which is waited for."""
        with self.open() as line:
            line.send(raw)
            return Outcome(_all(line))

    def first(self, raw: bytes) -> Reply:
        """The first answer."""
        with self.open() as line:
            line.send(raw)
            return line.read()

    def used(self) -> int:
        """How many calls of the tenant's reached a handler."""
        self._server.settle()
        return sum(each.times for each in self._tenant.usage())


def _all(line: Line) -> list[Reply]:
    replies = []
    while True:
        try:
            replies.append(line.read())
        except EOFError:
            return replies


def one_line_each(log: str) -> bool:
    """Whether every line of a console log begins with its time."""
    return all(re.match(r"\d{4}-\d\d-\d\dT", each) for each in log.splitlines() if each)
