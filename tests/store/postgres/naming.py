"""A change that is seen at once: the name of an instance."""

import os

from admincenter.core.audit import SYSTEM
from admincenter.core.instances import rename
from admincenter.store.database import Database
from admincenter.store.writer import write_one
from tests.store.conformance.rows import HERE


def give_name(database: Database, name: str) -> None:
    """Renames the first instance, with its event."""
    write_one(database, lambda tx: rename(tx, HERE, name, SYSTEM), os.urandom)


def name_of(database: Database) -> str:
    """What the first instance is called now, and that its log says so as often as it was renamed."""
    found = database.tx.instances.get(HERE)
    assert found is not None
    return found.name
