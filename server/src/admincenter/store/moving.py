"""The mark on a database that another one is being moved into: whose move it is, and how far it came.

It is written in the transaction of the rows that it speaks of, and always over the value that the same mover wrote before:
where that is not there any more, somebody else is at work. While it stands nothing is served.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core.errors import StartRefused
from admincenter.store import facts
from admincenter.store.sql import Sql
from admincenter.store.tables import Key

UNKNOWN = ""
"""The state of a move that must begin from its beginning."""


class Mark(NamedTuple):
    """The identity of what is moved, the digest of its state when the move began, and the last row that was moved."""

    identity: str
    state: str = UNKNOWN
    table: str = ""
    after: Sequence[str | int] = ()

    def at(self, table: str, after: Key) -> "Mark":
        """The same move, this far."""
        return self._replace(table=table, after=after)


def find(sql: Sql) -> Mark | None:
    """The mark, if there is one."""
    text = facts.get(sql, facts.MOVING)
    return Mark(*json.loads(text)) if text else None


def write(sql: Sql, mark: Mark, over: Mark | None) -> None:
    """Writes it over the one that was there; over none where there was none. Raises StartRefused."""
    if over is None:
        facts.put(sql, facts.MOVING, _text(mark))
        return
    changed = "UPDATE database_facts SET value = ? WHERE name = ? AND value = ?"
    _refuse_rival(sql.run(changed, (_text(mark), facts.MOVING, _text(over))))


def take_away(sql: Sql, mark: Mark) -> None:
    """The move is complete. Raises StartRefused."""
    _refuse_rival(sql.run("DELETE FROM database_facts WHERE name = ? AND value = ?", (facts.MOVING, _text(mark))))


def _refuse_rival(changed: int) -> None:
    if changed != 1:
        raise StartRefused(
            "Another command moves into this database at the same time; let it finish, then look at `database status`"
        )


def _text(mark: Mark) -> str:
    return json.dumps([mark.identity, mark.state, mark.table, list(mark.after)])
