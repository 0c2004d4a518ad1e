"""A person at a shell: types a command, sees its exit code and what it printed; reads what the audit log recorded."""

import json
import os
import pwd
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from admincenter import cli
from admincenter.core import tokens
from admincenter.core.audit import SYSTEM
from admincenter.core.ports import Window
from admincenter.core.tokens import Mint, Minted
from admincenter.store.opening import Store

ME = f"cli:{pwd.getpwuid(os.geteuid()).pw_name}@{socket.gethostname()}"


def opened(data: Path, **how: Any) -> Store:
    """The store that commands of this process work on."""
    return Store(data, database_url=os.environ.get("ADMINCENTER_DATABASE_URL", ""), **how)


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Shell:
    """Runs commands in this process, on one data directory (ADMINCENTER_DATA)."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Answer:
        """The command's answer, whatever it is."""
        self._capsys.readouterr()
        code = cli.run(arguments)
        out, err = self._capsys.readouterr()
        return Answer(code, out, err)

    def ok(self, *arguments: str) -> Answer:
        """The answer of a command that must succeed."""
        answer = self(*arguments)
        assert answer.code == 0, answer
        return answer

    def json(self, *arguments: str) -> Any:
        """The document of a command that must succeed."""
        return self.ok(*arguments, "--json").json

    def refused(self, *arguments: str, code: int = 1) -> str:
        """The one line that a refused command says on standard error; nothing is on standard output."""
        answer = self(*arguments)
        assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1), answer
        assert answer.err.startswith("admincenter: ")
        return answer.err.removeprefix("admincenter: ").rstrip("\n")

    def create(self, *more: str, name: str = "Log reader", purpose: str = "security") -> dict[str, Any]:
        """A new integration that may be used from 192.0.2.7."""
        options = ("--purpose", purpose, "--name", name, "--allow-ip", "192.0.2.7")
        found: dict[str, Any] = self.json("integration", "create", *options, *more)
        return found

    def mint(self, made: dict[str, Any]) -> Minted:
        """Gets a token for a created integration, as the server does."""
        store = opened(self.data)
        try:
            key = store.keyring().primary
            facts = store.read(lambda tx: tx.integrations.facts_by_app_id([made["app_id"]])[0])
            assert facts is not None
            wanted = Mint(facts, made["app_secret"], None, key, SYSTEM, os.urandom)
            minted: Any = store.write(lambda tx: tokens.mint_all(tx, [wanted])[0])  # type: ignore[arg-type,return-value]
            assert isinstance(minted, Minted)
            return minted
        finally:
            store.close()

    def events(self, instance: str) -> list[dict[str, Any]]:
        """The instance's audit events, oldest first."""
        store = opened(self.data)
        try:
            rows = store.read(lambda tx: tx.audit.payloads(Window(instance, 0, 10**9, 1000, True)))
        finally:
            store.close()
        return [json.loads(payload) for _, payload in rows]
