"""An organisation of its own for each test: one instance with one integration, changed through the core as an admin's
commands change it, and what its audit log says afterwards.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from admincenter.core import instances, integrations
from admincenter.core.audit import SYSTEM, Head, Origin, event
from admincenter.core.integrations import Wanted
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, Facts, UsageCount, WaitingAddress, Window
from admincenter.store.opening import Store
from tests.wire import HANG

EVERYTHING = tuple(Permission)


class Tenant:
    """An instance and its integration. `credential` is what its owner sends to buy a token."""

    def __init__(
        self,
        store: Store,
        permissions: Sequence[Permission] = EVERYTHING,
        allow: Sequence[str] = ("127.0.0.1",),
        instance: str | None = None,
    ) -> None:
        self._store = store
        self.instance = instance or store.write(lambda tx: instances.create(tx, "Acme", SYSTEM, os.urandom)).instance
        wanted = Wanted(Purpose.PEOPLE, "Payroll", "", "it@example.com", allow, permissions, True)
        key = store.keyring().primary
        made = store.write(lambda tx: integrations.create(tx, self.instance, wanted, key, SYSTEM, os.urandom))
        self.app_id, self.secret = made.integration.app_id, made.app_secret
        self._seen = self.head.sequence

    @property
    def credential(self) -> str:
        """`<app_id>|<app_secret>`."""
        return f"{self.app_id}|{self.secret}"

    def sibling(self, permissions: Sequence[Permission] = EVERYTHING, allow: Sequence[str] = ("127.0.0.1",)) -> "Tenant":
        """Another integration of the same instance."""
        return Tenant(self._store, permissions, allow, self.instance)

    def grant(self, permission: Permission) -> None:
        self._store.write(lambda tx: integrations.grant(tx, self.instance, self.app_id, permission, SYSTEM))

    def withdraw(self, permission: Permission) -> None:
        self._store.write(lambda tx: integrations.withdraw(tx, self.instance, self.app_id, permission, SYSTEM))

    def allow(self, text: str) -> None:
        self._store.write(lambda tx: integrations.allow(tx, self.instance, self.app_id, text, True, SYSTEM))

    def disallow(self, text: str) -> None:
        self._store.write(lambda tx: integrations.disallow(tx, self.instance, self.app_id, text, True, SYSTEM))

    def disable(self) -> None:
        self._store.write(lambda tx: integrations.disable(tx, self.instance, self.app_id, SYSTEM))

    def enable(self) -> None:
        self._store.write(lambda tx: integrations.enable(tx, self.instance, self.app_id, SYSTEM))

    def delete(self) -> None:
        self._store.write(lambda tx: integrations.delete(tx, self.instance, self.app_id, SYSTEM))

    def revoke(self) -> None:
        self._store.write(lambda tx: integrations.revoke_token(tx, self.instance, self.app_id, SYSTEM))

    def revoke_all(self) -> None:
        self._store.write(lambda tx: instances.revoke_all_tokens(tx, self.instance, SYSTEM))

    def url_credentials(self, on: bool) -> None:
        self._store.write(lambda tx: integrations.set_url_credentials(tx, self.instance, self.app_id, on, SYSTEM))

    def reset(self) -> str:
        """A new secret, which the tenant uses from now on; the old one."""
        old, key = self.secret, self._store.keyring().primary
        self.secret = self._store.write(
            lambda tx: integrations.reset_secret(tx, self.instance, self.app_id, key, SYSTEM, os.urandom)
        ).app_secret
        return old

    def rename(self, name: str) -> None:
        self._store.write(lambda tx: integrations.rename(tx, self.instance, self.app_id, name, SYSTEM))

    @contextmanager
    def restless(self) -> Iterator[None]:
        """A permission comes and goes all the time."""
        stop = threading.Event()

        def change() -> None:
            while not stop.is_set():
                self.withdraw(Permission.MANAGE_ACCOUNTS)
                self.grant(Permission.MANAGE_ACCOUNTS)

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(HANG)

    def happen(self, events: int) -> None:
        """So many events in one commit, for those who read logs."""
        by = Origin("somebody@example.com", "192.0.2.1", "a browser")
        some = [event("permission.granted", self.instance, by, app_id=self.app_id, permission=str(n)) for n in range(events)]
        self._store.write(lambda _tx: Change(None, some))

    def damage(self, statement: str, *values: str | bytes | int | None) -> None:
        """What no command does: changes the integration's row by hand, as a failing disk or a forger would."""
        with self._store.connected() as database:
            database.sql.run(f"UPDATE integrations SET {statement} WHERE app_id = ?", (*values, self.app_id))

    @property
    def head(self) -> Head:
        """The end of the instance's log."""
        return self._store.read(lambda tx: tx.audit.head(self.instance))

    @property
    def facts(self) -> Facts:
        """The integration's row."""
        found = self._store.read(lambda tx: tx.integrations.facts_by_app_id([self.app_id])[0])
        assert found is not None
        return found

    def log(self) -> list[dict[str, Any]]:
        """Every event of the instance, oldest first."""
        window = Window(self.instance, 0, 2**62, 100_000, True)
        return [json.loads(payload) for _sequence, payload in self._store.read(lambda tx: tx.audit.payloads(window))]

    def news(self) -> list[dict[str, Any]]:
        """The events since the last time this was asked."""
        fresh = [each for each in self.log() if int(each["id"]) > self._seen]
        self._seen += len(fresh)
        return fresh

    def usage(self) -> list[UsageCount]:
        """What the integration used, as it was flushed."""
        return self._store.read(lambda tx: tx.usage.of(self.instance, self.app_id))

    def waiting(self) -> list[WaitingAddress]:
        """Addresses that its genuine credentials came from without being allowed."""
        return self._store.read(lambda tx: tx.integrations.waiting(self.instance, self.app_id))


def counted(events: Sequence[dict[str, Any]]) -> Counter[str]:
    """How often what happened, whatever the grouping: `kind` or `kind reason`."""
    found: Counter[str] = Counter()
    for each in events:
        extra = each["extra_data"]
        found[" ".join([extra["kind"], *([extra["reason"]] if "reason" in extra else [])])] += extra.get("count", 1)
    return found
