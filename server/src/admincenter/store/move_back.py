"""A move that is undone: the old file is in service again, if nothing has happened in the new database since.

Where something has, going back would bring to life what was revoked there: then only a restore is a way back (promise 8).
"""

import os
import time
from pathlib import Path

from admincenter.core.audit import Origin
from admincenter.core.errors import StartRefused
from admincenter.core.ports import Change, Tx, Window
from admincenter.core.whole import Moved, Progress
from admincenter.store import directory, engines, facts, migrate, moving, tables
from admincenter.store.move import Move, together, told_everywhere
from admincenter.store.moving import Mark
from admincenter.store.writer import write_one

_CHANGED_BY_THE_MOVE = ("audit_events", "audit_heads", "audit_rollup")
"""By its own event."""

_CONNECTED = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)
_LEAVING_SECONDS = 1.0
"""So long may be seen who is just leaving."""


def move_back(data: Path, url: str, by: Origin, told: Progress) -> Moved:
    """Puts the old file in service again, and takes the new database out of it. Raises StartRefused."""
    engines.file_of(data)
    connector = engines.connector_to(url)
    with directory.alone(data), engines.opened(data) as source, engines.reached(connector) as target:
        if not migrate.applied(source) or facts.get(source.sql, facts.MOVED_TO) is None:
            raise StartRefused(f"{data} was not moved; there is nothing to undo")
        one = Move(source, target, connector.name, tables.of(source), by, told)
        written = together(target, lambda: _take_out_of_service(one))
        try:
            _refuse_connected(one)
        except StartRefused:
            if written is not None:
                together(target, lambda: moving.take_away(target.sql, written))
            raise
        write_one(source, lambda tx: _put_in_service(one, tx), os.urandom)
        return Moved(str(data / directory.DATABASE), 0, len(source.tx.instances.all()))


def _take_out_of_service(one: Move) -> Mark | None:
    """The mark that was written now. From here on no server starts there."""
    if not migrate.applied(one.target) or facts.get(one.target.sql, facts.IDENTITY) != one.identity:
        raise StartRefused(f"The {one.name} is not where this database was moved to")
    if moving.find(one.target.sql) is not None:  # the move was not completed, or its undoing was broken off here
        return None
    if not all(_is_as_moved(one, row.instance) for row in one.source.tx.instances.all()) or not _has_same_rows(one):
        raise StartRefused(
            f"The {one.name} was used since the move; going back would bring to life what died since. "
            "Restore a backup instead: `admincenter database restore`"
        )
    mark = Mark(one.identity)
    moving.write(one.target.sql, mark, None)
    return mark


def _refuse_connected(one: Move) -> None:
    """Raises StartRefused while anybody else is connected: a server that runs there does not look at the mark, and goes on."""
    ends = time.monotonic() + _LEAVING_SECONDS
    while one.target.sql.all(_CONNECTED):
        if time.monotonic() > ends:
            raise StartRefused(f"Somebody is connected to the {one.name}: stop every server on it first, and other commands")
        time.sleep(0.05)


def _is_as_moved(one: Move, instance: str) -> bool:
    """Whether the log's last event is that of the move. Nobody adds to it before this transaction ends."""
    before, [now] = one.source.tx.audit.head(instance), one.target.tx.audit.heads([instance])
    last = one.target.tx.audit.records(Window(instance, before.sequence, now.sequence + 1, 2, True))
    return [(each.sequence, each.kind) for each in last] == [(before.sequence + 1, "database.moved")]


def _has_same_rows(one: Move) -> bool:
    """Whether no token was minted, no address seen, no call counted there."""
    one.told("Comparing", 0, 1)
    compared = (each for each in one.tables if each.name not in _CHANGED_BY_THE_MOVE)
    return all(tables.summary(one.source.sql, each) == tables.summary(one.target.sql, each) for each in compared)


def _put_in_service(one: Move, tx: Tx) -> Change[None]:
    facts.drop(one.source.sql, facts.MOVED_TO)
    return told_everywhere(tx, "SQLite", one.by)
