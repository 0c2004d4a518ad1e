"""How long anything is waited for: by the server on its side, and by us where the server does not answer at all."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Milliseconds for a statement, for a lock, and for a transaction in which nothing happens; seconds for a commit."""

    statement_ms: int
    lock_ms: int
    idle_ms: int
    commit_seconds: float

    @property
    def seconds(self) -> float:
        """When the server has not even answered that it gave up, we do."""
        return self.statement_ms / 1_000 + 1

    @property
    def settings(self) -> str:
        """The server's side of them."""
        return (
            f"SET statement_timeout = {self.statement_ms}; SET lock_timeout = {self.lock_ms};"
            f" SET idle_in_transaction_session_timeout = {self.idle_ms};"
        )


HURRIED_LOCK_MS = 5
"""For a lock, in a transaction that waited for one in vain already: a full batch of such waits takes little over a second."""

ORDINARY = Limits(statement_ms=5_000, lock_ms=1_000, idle_ms=10_000, commit_seconds=5.0)
"""For all that serves."""

PATIENT = Limits(statement_ms=3_600_000, lock_ms=60_000, idle_ms=60_000, commit_seconds=60.0)
"""For a migration, which may have much to write."""
