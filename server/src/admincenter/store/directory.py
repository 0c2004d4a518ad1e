"""The data directory: whose it is, and who uses it now."""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from admincenter.core.errors import StartRefused

DATABASE = "admincenter.db"
LOCK = "admincenter.lock"


def refuse_foreign_owner(path: Path) -> None:
    """Raises StartRefused where the file is another user's."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise StartRefused(f"{path} belongs to user {_user(owner)}; run this as that user (you are {_user(os.geteuid())})")


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def share(data: Path) -> int:
    """Servers and commands use the directory together; the descriptor to close at the end. Raises StartRefused."""
    return _lock(data, fcntl.LOCK_SH)


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """The directory to ourselves, as a restore needs it. Raises StartRefused while anyone else uses it."""
    descriptor = _lock(data, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(data: Path, how: int) -> int:
    try:
        descriptor = os.open(data / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StartRefused(f"{data} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StartRefused(f"{data} is in use: stop the server and other commands first") from None
    return descriptor
