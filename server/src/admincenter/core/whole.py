"""What the commands on a whole database tell: what it is, what a migration did, what a move did."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, of how much."""


class Standing(NamedTuple):
    """A database as `database status` shows it. `missing` are the names of migrations that are still to be applied."""

    engine: str
    database: str
    role: str
    identity: str | None
    schema: int
    known: int
    missing: Sequence[str]
    state: str
    may_migrate: bool
    may_delete_audit_rows: bool


class Migrated(NamedTuple):
    """What a migration did: the schema's number before and after, and the names of what was applied."""

    database: str
    before: int
    after: int
    applied: Sequence[str]


class Moved(NamedTuple):
    """What a move did. `rows` is 0 where it had been done before."""

    database: str
    rows: int
    instances: int
