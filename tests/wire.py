"""HTTP as bytes: what a test sends is exactly what it wrote, and what it reads is status, headers and body as they came."""

import json
import socket
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote_plus

HANG = 20.0
"""Seconds after which a test gives up: the server hangs."""

Header = tuple[str, str]


class Reply(NamedTuple):
    """One answer. Header names are lower case."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for each, value in self.headers if each == name.lower()]

    def header(self, name: str) -> str:
        """The one value of a header; empty where it is absent."""
        found = self.all(name)
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else ""

    def without_ids(self) -> tuple[object, ...]:
        """Everything but the request id, to compare two answers."""
        own = self.header("x-request-id")
        headers = tuple(each for each in self.headers if each[0] not in ("x-request-id", "date"))
        return self.status, headers, self.body.replace(own.encode(), b"-")


class Line:
    """One open connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), HANG)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._stream.close()
        self.socket.close()

    def send(self, raw: bytes) -> None:
        """Bytes, as they are. That the server has closed already is seen when its answer is read."""
        try:
            self.socket.sendall(raw)
        except (BrokenPipeError, ConnectionResetError):
            return

    def read(self, method: str = "GET") -> Reply:
        """The next answer. Raises EOFError where the connection ended instead."""
        first = self._stream.readline()
        if not first:
            raise EOFError
        headers = []
        while line := self._stream.readline().strip():
            name, _colon, value = line.decode("latin-1").partition(":")
            headers.append((name.lower(), value.strip()))
        length = int(dict(headers).get("content-length", "0"))
        body = b"" if method == "HEAD" else self._stream.read(length)
        return Reply(int(first.split()[1]), tuple(headers), body)

    def ended(self) -> bool:
        """Whether the server closes the connection; waits for it."""
        try:
            return self._stream.read(1) == b""
        except ConnectionResetError:
            return True


class Wire:
    """Where a server listens, and calls to it, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def open(self) -> Line:
        """A connection that the caller keeps and closes."""
        return Line(self.port)

    def raw(self, method: str, path: str, headers: Iterable[Header] = (), body: bytes = b"") -> bytes:
        """A request. `Host`, `User-Agent` and, with a body, `Content-Length` are added where they are not given."""
        given = list(headers)
        names = {name.lower() for name, _value in given}
        own = [("Host", f"127.0.0.1:{self.port}"), ("User-Agent", "the tests")]
        if (body or method == "POST") and "transfer-encoding" not in names:
            own.append(("Content-Length", str(len(body))))
        lines = [f"{name}: {value}" for name, value in [*(each for each in own if each[0].lower() not in names), *given]]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1") + body

    def call(self, method: str, path: str, headers: Iterable[Header] = (), body: bytes = b"") -> Reply:
        """One request, one answer."""
        return self.exchange(self.raw(method, path, headers, body), method)

    def exchange(self, raw: bytes, method: str = "GET") -> Reply:
        """One answer to these bytes."""
        with self.open() as line:
            line.send(raw)
            return line.read(method)

    def get(self, path: str, token: str | None = None, headers: Iterable[Header] = ()) -> Reply:
        """A GET, with a bearer token where one is given."""
        own = [] if token is None else [("Authorization", f"Bearer {token}")]
        return self.call("GET", path, [*own, *headers])

    def form(self, path: str, fields: Mapping[str, str] | list[Header], headers: Iterable[Header] = ()) -> Reply:
        """A POST of an urlencoded form."""
        return self.call("POST", path, [URLENCODED, *headers], urlencoded(fields))

    def token(self, credential: str, headers: Iterable[Header] = (), **more: str) -> Reply:
        """A token request as most clients make it."""
        return self.form("/work_get_token", {"access_token": credential, "grant_type": "client_credentials"} | more, headers)

    def current(self, credential: str, headers: Iterable[Header] = ()) -> Reply:
        """The live token again."""
        return self.form("/work_current_token", {"access_token": credential, "grant_type": "client_credentials"}, headers)


URLENCODED = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")


def urlencoded(fields: Mapping[str, str] | list[Header]) -> bytes:
    """A form or a query string."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()


BOUNDARY = "------------------------2f9e5f1f3c0a4b6d"


def multipart(fields: Mapping[str, str] | list[Header], boundary: str = BOUNDARY) -> tuple[Header, bytes]:
    """The content type and the body that `curl -F name=value …` sends."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs
    )
    return ("Content-Type", f"multipart/form-data; boundary={boundary}"), f"{parts}--{boundary}--\r\n".encode()
