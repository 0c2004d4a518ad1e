"""A data directory to do harm to, and what must stand in it afterwards."""

import os
from pathlib import Path
from typing import NamedTuple

from admincenter.core import integrations
from admincenter.core.audit import SYSTEM, Fault, Record, verify
from admincenter.core.instances import choose
from admincenter.core.integrations import Wanted
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Facts, Tx, Window
from admincenter.store.opening import Store


class Standing(NamedTuple):
    """A data directory with one integration, and no server on it."""

    data: Path
    app_id: str
    secret: str
    database_url: str = ""


class After(NamedTuple):
    """What is in a data directory: the integration's row, and its instance's whole verified log."""

    facts: Facts
    log: list[Record]

    def of_kind(self, kind: str) -> list[Record]:
        """The events of a kind."""
        return [record for record in self.log if record.kind == kind]


def raise_up(data: Path, database_url: str = "") -> Standing:
    """A new data directory, or one whose data are in a PostgreSQL database."""
    store = Store(data, create=True, database_url=database_url)
    instance = store.read(lambda tx: choose(tx, None)).instance
    wanted = Wanted(Purpose.PEOPLE, "Payroll", "", "it@example.com", ["127.0.0.1"], tuple(Permission))
    key = store.keyring().primary
    made = store.write(lambda tx: integrations.create(tx, instance, wanted, key, SYSTEM, os.urandom))
    store.close()
    return Standing(data, made.integration.app_id, made.app_secret, database_url)


def look(standing: Standing) -> After:
    """Opens the directory as a server would. Every page is whole, and the chain verifies."""
    store = Store(standing.data, database_url=standing.database_url)
    assert store.integrity_faults() == []
    after = store.read(lambda tx: _whole(tx, standing.app_id))
    store.close()
    return after


def _whole(tx: Tx, app_id: str) -> After:
    [facts] = tx.integrations.facts_by_app_id([app_id])
    assert facts is not None
    log = tx.audit.records(Window(facts.instance, 0, 2**62, 1_000_000, ascending=True))
    head, cuts = tx.audit.head(facts.instance), tx.audit.cuts(facts.instance)
    assert [each for each in verify(facts.instance, log, head, cuts) if isinstance(each, Fault)] == []
    return After(facts, log)
