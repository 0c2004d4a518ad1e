"""Server keys coming and going, in the key file and in the database together.

Both changes happen inside a write transaction, so that two commands at once cannot lose each other's key. A new key is in the
file before the database knows it, a retired one leaves the file after the database forgot it: a crash between leaves a database
that opens.
"""

import os
from pathlib import Path

from admincenter.core import keys
from admincenter.core.audit import Origin
from admincenter.core.errors import KeyRefused
from admincenter.core.ports import Change, Tx
from admincenter.store import keyfile


def add(tx: Tx, path: Path, by: Origin) -> Change[str]:
    """A new key: into the file now, into the database with the commit. Raises KeyRefused."""
    key = keys.new_key(os.urandom)
    change = keys.add(tx, key.key_id, by)
    try:
        keyfile.append(path, key)
    except OSError as error:
        raise KeyRefused(f"The key file {path} cannot be written ({error.strerror}); no key was added") from None
    return change


def is_left_over(tx: Tx, path: Path, key_id: str) -> bool:
    """Whether the key stands only in the file: an `add` or a `retire` was broken off."""
    in_file = {each.key_id for each in keyfile.load(path).digest_keys}
    return key_id in in_file - {each.key_id for each in tx.server_keys.all()}


def take_from_file(tx: Tx, path: Path, key_id: str) -> Change[None]:
    """Removes a key that the database no longer knows from the file. Raises KeyRefused."""
    tx.server_keys.lock()
    if is_left_over(tx, path, key_id):
        try:
            keyfile.remove(path, key_id)
        except OSError as error:
            raise KeyRefused(f"Key {key_id} is retired, but {path} cannot be written ({error.strerror}); try again") from None
    return Change(None, [])
