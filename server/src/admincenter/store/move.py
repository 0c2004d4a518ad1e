"""A move: everything in a data directory's database goes into an empty PostgreSQL, and is served from there ever after.

The rows are copied page by page in the order of their keys, each page together with a mark that says how far it came, so that a
move that was broken off goes on. Then both sides are compared, every log is verified, the old file is marked, and the new
database's mark is taken away, in this order: at no moment are both in service.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from admincenter.core import checkpoints, keys, verification
from admincenter.core.audit import Origin, event
from admincenter.core.errors import KeyRefused, StartRefused
from admincenter.core.ports import Change, Tx
from admincenter.core.verification import Evidence
from admincenter.core.whole import Moved, Progress
from admincenter.store import checking, creation, directory, engines, facts, keyfile, migrate, moving, tables
from admincenter.store.clock import SystemClock
from admincenter.store.moving import Mark
from admincenter.store.postgres import copying
from admincenter.store.postgres.database import PostgresDatabase
from admincenter.store.sql import Row
from admincenter.store.sqlite import SqliteDatabase
from admincenter.store.tables import Summary, Table
from admincenter.store.writer import write_one

T = TypeVar("T")


class Move(NamedTuple):
    """One move at work: from where, to where and what that is called, which tables, who does it."""

    source: SqliteDatabase
    target: PostgresDatabase
    name: str
    tables: Sequence[Table]
    by: Origin
    told: Progress

    @property
    def identity(self) -> str:
        """That of the database that is moved."""
        return facts.get(self.source.sql, facts.IDENTITY) or ""


def move(data: Path, key_file: Path | None, url: str, by: Origin, told: Progress) -> Moved:
    """Moves, or goes on with a move that was broken off. Raises StartRefused, and then the data directory is as it was."""
    engines.file_of(data)
    connector = engines.connector_to(url)
    with directory.alone(data), engines.opened(data) as source, engines.reached(connector) as target:
        if not migrate.applied(source) or facts.get(source.sql, facts.TAKEN_AT):
            raise StartRefused(f"{data} holds no database that is in service; nothing can be moved from there")
        migrate.bring_up(source, SystemClock())
        one = Move(source, target, connector.name, tables.of(source), by, told)
        if _is_done(one):
            return Moved(one.name, 0, len(source.tx.instances.all()))
        evidence = Evidence(checkpoints.public_key(_ring(source, key_file or data / creation.KEY_FILE).seed))
        return _carry_out(one, evidence)


def _ring(source: SqliteDatabase, path: Path) -> keys.Keyring:
    try:
        return keys.ring(keyfile.load(path), source.tx.server_keys.all())
    except KeyRefused as error:
        raise StartRefused(f"{path}: {error}") from None


def _is_done(one: Move) -> bool:
    """Whether this database was moved before, to there. Raises StartRefused where it was moved elsewhere."""
    went = facts.get(one.source.sql, facts.MOVED_TO)
    if went is None:
        return False
    there = facts.get(one.target.sql, facts.IDENTITY) if migrate.applied(one.target) else None
    mark = moving.find(one.target.sql) if there else None
    if there != one.identity:
        raise StartRefused(f"This database was moved to {went} already, which is not the {one.name}")
    return mark is None


def _carry_out(one: Move, evidence: Evidence) -> Moved:
    one.told("Checking the database", 0, 1)
    if found := checking.faults(one.source):
        raise StartRefused(f"{found[0]}; a damaged database is not moved. `admincenter database check` tells more")
    _refuse_taken(one)
    migrate.bring_up(one.target, lambda: one.target.tx.now)
    state = {each.name: tables.summary(one.source.sql, each) for each in one.tables if each.name != tables.LOG}
    mark = _copy(one, _enter(one, _digest(one, state)))
    one.target.sql.script("ANALYZE")
    rows = _compare(one, state)
    _verify(one, evidence)
    _put_in_service(one, mark)
    return Moved(one.name, rows, len(one.source.tx.instances.all()))


def _refuse_taken(one: Move) -> None:
    """Raises StartRefused where the target holds anything but this move, before anything there is changed."""
    if not migrate.applied(one.target):
        return
    migrate.missing(one.target)
    mark = moving.find(one.target.sql)
    if mark is not None and mark.identity != one.identity:
        raise StartRefused(f"The move of another database into the {one.name} is not complete; choose an empty database")
    present = one.target.tables()
    if mark is None and any(tables.count(one.target.sql, each) for each in one.tables if each.name in present):
        raise StartRefused(f"The {one.name} is not empty; nothing is ever overwritten, choose an empty one")


def _digest(one: Move, state: Mapping[str, Summary]) -> str:
    """All that is to be moved: the log by its heads, which no other log can have, the other tables by their rows."""
    shape = [(each.name, *each.columns) for each in one.tables]
    return hashlib.sha256(json.dumps([shape, state]).encode()).hexdigest()


def _enter(one: Move, state: str) -> Mark:
    """The mark to go on from. What was moved before the old database was changed again is moved anew."""
    fresh = Mark(one.identity, state)

    def enter() -> Mark:
        one.target.tx.server_keys.lock()  # as a server does that begins an empty database
        _refuse_taken(one)
        found = moving.find(one.target.sql)
        if found is not None and found.state == state:
            return found
        if found is not None:
            copying.empty(one.target.sql, one.tables)
        moving.write(one.target.sql, fresh, None)
        return fresh

    return together(one.target, enter)


def together(target: PostgresDatabase, function: Callable[[], T]) -> T:
    """In one transaction."""
    target.begin()
    try:
        value = function()
        target.commit()
    except BaseException:
        target.rollback()
        raise
    return value


def _copy(one: Move, mark: Mark) -> Mark:
    names = [each.name for each in one.tables]
    total = sum(tables.count(one.source.sql, each) for each in one.tables)
    done = sum(tables.count(one.target.sql, each) for each in one.tables)
    for table in one.tables[names.index(mark.table) if mark.table else 0 :]:
        after = tuple(mark.after) if table.name == mark.table else ()
        for rows in tables.pages(one.source.sql, table, after):
            mark = _put(one, table, rows, mark)
            done += len(rows)
            one.told("Moved", done, total)
    return mark


def _put(one: Move, table: Table, rows: Sequence[Row], mark: Mark) -> Mark:
    further = mark.at(table.name, table.key_of(rows[-1]))

    def put() -> Mark:
        copying.insert(one.target.sql, table, rows)
        moving.write(one.target.sql, further, mark)
        return further

    return together(one.target, put)


def _compare(one: Move, state: Mapping[str, Summary]) -> int:
    """How many rows there are. Raises StartRefused where a table is not the same on both sides."""
    counts = {each.name: tables.count(one.source.sql, each) for each in one.tables}
    seen = _Counter(one, sum(counts.values()) + counts[tables.LOG])
    rows = 0
    for table in one.tables:
        here = state.get(table.name) or tables.summary(one.source.sql, table, seen)
        if tables.summary(one.target.sql, table, seen) != here:
            raise StartRefused(f"Table {table.name} is not the same in the {one.name}; nothing was put in service there")
        rows += here.rows
    return rows


class _Counter:
    """Tells the progress of rows that are seen one page after the other."""

    def __init__(self, one: Move, total: int) -> None:
        self._one, self._total, self._done = one, total, 0

    def __call__(self, rows: int) -> None:
        self._done += rows
        self._one.told("Compared", self._done, self._total)


class _Snapshots:
    """`stream.Reader` over the target."""

    def __init__(self, target: PostgresDatabase) -> None:
        self._target = target

    def read(self, function: Callable[[Tx], T]) -> T:
        self._target.snapshot()
        try:
            return function(self._target.tx)
        finally:
            self._target.rollback()


def _verify(one: Move, evidence: Evidence) -> None:
    reader = _Snapshots(one.target)
    for row in one.source.tx.instances.all():
        outcome = verification.verify(reader, row.instance, evidence, lambda done, of: one.told("Verified", done, of))
        if outcome.faults:
            at, reason = outcome.faults[0]
            raise StartRefused(
                f"The log of instance {row.instance} is not whole: event {at}: {reason}; nothing was put in service."
                " `admincenter audit verify` tells more"
            )


def _put_in_service(one: Move, mark: Mark) -> None:
    facts.put(one.source.sql, facts.MOVED_TO, one.name)
    one.source.empty_wal()

    def complete(tx: Tx) -> Change[None]:
        moving.take_away(one.target.sql, mark)
        return told_everywhere(tx, "PostgreSQL", one.by)

    write_one(one.target, complete, os.urandom)


def told_everywhere(tx: Tx, engine: str, by: Origin) -> Change[None]:
    """The event of a move, in every instance."""
    return Change(None, [event("database.moved", row.instance, by, engine=engine) for row in tx.instances.all()])
