"""The product under the model: the whole application over a real data directory, called at its front door."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from admincenter import settings
from admincenter.api.request import Request
from admincenter.app import App
from admincenter.core.audit import Origin
from admincenter.core.instances import choose
from admincenter.core.ports import Change, Tx
from admincenter.store.opening import Store
from admincenter.store.restore import Place, restore
from tests.settable_clock import SettableClock

T = TypeVar("T")

PORT = 8080
BY = Origin("cli:model@test")
_FLAGS = {"access_log": "off", "wrong_secret_burst": "1000000", "mint_burst": "1000000", "api_burst": "1000000"}


class Answer(NamedTuple):
    """What came back: status, code and subcode of an error, and the body."""

    status: int
    code: int | None
    subcode: int | None
    body: dict[str, Any]


class World:
    """A server's life: it can be asked, changed by commands, killed, restarted, backed up and restored."""

    database_url = ""
    compares = True
    """Whether a restore finds the database that it replaces, and so knows which secrets were reset since."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self._place = Path(tempfile.mkdtemp(prefix="admincenter-model-"))
        self._lives = 0
        self.data = self._place / "data"
        self._runner = asyncio.Runner()
        self._open(create=True)

    def _open(self, create: bool = False) -> None:
        self.store = Store(self.data, create=create, clock=self.clock, database_url=self.database_url)
        flags = _FLAGS | {"data": str(self.data), "database_url": self.database_url}
        self._app = App(settings.read(flags, {}), self.store, PORT, 0, lambda: None)
        self._runner.run(self._app.start())
        self.instance = self.store.read(lambda tx: choose(tx, None)).instance

    def _close(self) -> None:
        self._runner.run(self._app.stop())
        self.store.close()

    def change(self, function: Callable[[Tx], Change[T]]) -> T:
        """A command beside the running server."""
        return self.store.write(function)

    def restart(self) -> None:
        """A clean stop and a new start."""
        self._close()
        self._open()

    def crash(self) -> None:
        """What kill -9 leaves: the files as they are at this moment, nothing flushed, nothing closed."""
        self._lives += 1
        left = self._place / f"life-{self._lives}"
        shutil.copytree(self.data, left)
        self._close()
        self.data = left
        self._open()

    def backup(self) -> Path:
        """A backup while the server serves."""
        self._lives += 1
        target = self._place / f"backup-{self._lives}"
        self.store.backup(target, BY, lambda _done, _of: None)
        return target

    def restore(self, backup: Path) -> None:
        """Stops, restores, starts."""
        key_path = self.store.key_path
        self._close()
        restore(Place(self.data, key_path, self.clock), backup, BY, lambda _done, _of: None)
        self._open()

    def end(self) -> None:
        """Stops for good and leaves nothing behind."""
        self._close()
        self._runner.close()
        shutil.rmtree(self._place)

    def get(self, path: str, token: str, address: str) -> Answer:
        """An API call."""
        return self._ask("GET", path, address, [(b"authorization", b"Bearer " + token.encode())], b"")

    def post(self, path: str, app_id: str, secret: str, address: str, **more: str) -> Answer:
        """A token request."""
        body = json.dumps({"access_token": f"{app_id}|{secret}", "grant_type": "client_credentials", **more}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        return self._ask("POST", path, address, headers, body)

    def _ask(self, method: str, path: str, address: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        request = Request(address)
        request.method, request.raw_path = method, path
        for name, value in [(b"host", f"127.0.0.1:{PORT}".encode()), *headers]:
            request.take(name, value)
        request.take_body(body)
        request.end()
        reply = self._runner.run(self._app.answer(request))
        found = json.loads(reply.body)
        error = found.get("error", {})
        return Answer(reply.status, error.get("code"), error.get("error_subcode"), found)


def entropy(size: int) -> bytes:
    """Real randomness: what is minted must never repeat."""
    return os.urandom(size)
