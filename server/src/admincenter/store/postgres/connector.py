"""How links to a PostgreSQL server are opened, and what must be true of it."""

import logging
import threading
import time
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from admincenter.core.errors import StartRefused, StorageUnavailable
from admincenter.store.postgres.limits import ORDINARY, Limits
from admincenter.store.postgres.link import Link

log = logging.getLogger(__name__)

OLDEST = 14
PAUSE_SECONDS = 0.5
"""After a server could not be reached, nobody tries again for so long: each try may cost its whole timeout."""

_UNLESS_GIVEN = {
    "application_name": "admincenter",
    "connect_timeout": "2",
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "target_session_attrs": "read-write",
    "tcp_user_timeout": "7000",
}
_ALWAYS = {"client_encoding": "UTF8"}
_SESSION = (
    "SET client_min_messages = warning; SET jit = off; SET plan_cache_mode = force_generic_plan;"
    " SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""A warning at a commit must reach us, and what is acknowledged must be on a disk, whatever the role's own settings say."""


class Connector:
    """Opens links to one database. Shared by all threads of a process."""

    def __init__(self, url: str, limits: Limits = ORDINARY) -> None:
        try:
            given: dict[str, Any] = conninfo_to_dict(url)
        except psycopg.Error:  # whose text may hold the whole URL, and so the password
            raise StartRefused(
                "The database URL cannot be read; it must be like postgresql://user@host:5432/database"
            ) from None
        self.limits = limits
        self._parameters = _UNLESS_GIVEN | given | _ALWAYS
        self._pause = threading.Lock()
        self._not_before = 0.0

    def __call__(self) -> Link:
        """A new link. Raises StorageUnavailable where the server cannot be reached now, StartRefused where it never will do."""
        with self._pause:
            if time.monotonic() < self._not_before:
                raise StorageUnavailable
        try:
            return self._open()
        except StorageUnavailable as error:
            log.warning("PostgreSQL cannot be reached: %s", one_line(error.__cause__ or error))
            with self._pause:
                self._not_before = time.monotonic() + PAUSE_SECONDS
            raise

    def _open(self) -> Link:
        try:
            connection = psycopg.Connection.connect(autocommit=True, **self._parameters)
        except psycopg.Error as error:
            raise StorageUnavailable from error
        try:
            _refuse_unfit(connection)
            link = Link(connection)
            link.script((self.limits.settings + _SESSION).encode(), self.limits.seconds)
        except BaseException:
            connection.close()
            raise
        return link

    def refuse_unreachable(self) -> None:
        """Raises StartRefused with one line that says what is wrong with the server, the URL, the name or the password."""
        try:
            self._open().close()
        except StorageUnavailable as error:
            raise StartRefused(f"The {self.name} cannot be used: {one_line(error.__cause__ or error)}") from None

    @property
    def name(self) -> str:
        """Which database it is, without the password."""
        host, port = self._parameters.get("host", "localhost"), self._parameters.get("port", 5432)
        return f"PostgreSQL database {self._parameters.get('dbname', '')} at {host}:{port}"


def _refuse_unfit(connection: "psycopg.Connection[Any]") -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST:
        raise StartRefused(f"The server is PostgreSQL {version}; it must be {OLDEST} or later")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StartRefused(f"The database's encoding is {encoding}; make one with: CREATE DATABASE … ENCODING 'UTF8'")


def one_line(error: BaseException) -> str:
    """What libpq or the server says, on one line; it never holds a password."""
    said = [*getattr(error, "__notes__", ()), str(error.__cause__ or error)]
    return " ".join(said[0].split())
