"""The key file: mode 0600, written whole or not at all, refused where others can read it (D3)."""

import os
import stat
from pathlib import Path

from admincenter.core import keys
from admincenter.core.credentials import ServerKey
from admincenter.core.errors import KeyRefused, StartRefused
from admincenter.store.durable import sync


def load(path: Path) -> keys.KeyFile:
    """The keys of the file. Raises StartRefused where it is missing, readable by others, or damaged."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise StartRefused(
            f"The key file {path} is missing; take it from its backup, this database is useless without it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"The key file {path} cannot be read: {error.__class__.__name__}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise StartRefused(f"The key file {path} can be read by others; type: chmod 600 {path}")
    try:
        return keys.read(text)
    except KeyRefused as error:
        raise StartRefused(f"{path}: {error}") from None


def save(path: Path, file: keys.KeyFile) -> None:
    """Writes the file beside its place and moves it there, so that a crash leaves the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)  # what lies there would keep its own mode, or lead elsewhere
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(keys.write(file))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)
    sync(path.parent)


def append(path: Path, key: ServerKey) -> None:
    """Adds a digest key to the file."""
    file = load(path)
    save(path, file._replace(digest_keys=(*file.digest_keys, key)))


def remove(path: Path, key_id: str) -> None:
    """Takes a digest key out of the file."""
    file = load(path)
    save(path, file._replace(digest_keys=tuple(each for each in file.digest_keys if each.key_id != key_id)))
