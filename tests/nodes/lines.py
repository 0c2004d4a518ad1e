"""A client that keeps a connection to each node, and knows what to ask there."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tests.serving import Served
from tests.wire import Line, Reply, Wire

FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Asking:
    """One kept connection to one node."""

    def __init__(self, wire: Wire, line: Line) -> None:
        self._wire, self._line = wire, line

    def token(self, credential: str) -> Reply:
        """A token request."""
        body = f"access_token={credential}&grant_type=client_credentials".encode()
        self._line.send(self._wire.raw("POST", "/work_get_token", [FORM], body))
        return self._line.read()

    def get(self, token: str, path: str = "/security_audit_logs?limit=1") -> Reply:
        """A guarded call."""
        self._line.send(self._wire.raw("GET", path, [("Authorization", f"Bearer {token}")]))
        return self._line.read()


class Everywhere:
    """A connection to each node."""

    def __init__(self, nodes: tuple[Served, ...]) -> None:
        self._nodes, self._stack = nodes, ExitStack()

    def __enter__(self) -> Self:
        self.at = [Asking(node.wire, self._stack.enter_context(node.wire.open())) for node in self._nodes]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._stack.close()
