"""What an error of PostgreSQL means for the one who asked."""

import logging

import psycopg
from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.store.sql import Locked

log = logging.getLogger(__name__)

_UNAVAILABLE = ("08", "25006", "25P03", "25P04", "40", "53", "55P03", "57", "58", "XX")
"""States, or classes of states, in which nothing was stored and a later try may succeed: no connection, read-only, a
transaction that took too long, deadlock, no resources, a lock that was not given, a timeout or shutdown, a failing disk."""

_NO_RIGHT, _NO_SCHEMA, _LOCKED = "42501", "3F000", "55P03"


def fault(result: PGresult) -> Exception:
    """The exception for a statement that failed."""
    state = _field(result, DiagnosticField.SQLSTATE)
    message = _field(result, DiagnosticField.MESSAGE_PRIMARY)
    if not state or state.startswith(_UNAVAILABLE):
        log.warning("PostgreSQL refused a statement: %s (%s)", message, state)
        unavailable = StorageUnavailable()
        unavailable.add_note(message)  # for the commands of an operator; no client is told
        unavailable.__cause__ = Locked(message) if state == _LOCKED else None
        return unavailable
    if state in (_NO_RIGHT, _NO_SCHEMA):
        what = "see `admincenter database grants`, and migrate as the role that owns the tables"
        return StartRefused(f"The role of this connection lacks a right ({message}); {what}")
    return _named(state)(message)


def _named(state: str) -> type[psycopg.Error]:
    try:
        return psycopg.errors.lookup(state)
    except KeyError:
        return psycopg.DatabaseError


def _field(result: PGresult, field: DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode(errors="replace")
