"""Server keys: what secrets and tokens are digested under, and the seed that signs checkpoints (D3).

At most three digest keys are live; a look-up tries each, new digests use the primary one. The keys stand in a file outside the
database, one per line (`digest <fingerprint> <base64>`, `sign <base64>`); the database knows only the fingerprints.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core.audit import SECOND, Event, Origin, event
from admincenter.core.credentials import Entropy, ServerKey
from admincenter.core.errors import KeyRefused
from admincenter.core.ports import Change, ServerKeyRecord, Tx

MAX_KEYS = 3
SETTLE = 10 * SECOND
"""How long a key must have been added before it may be promoted, so that every running process has read it."""


class KeyFile(NamedTuple):
    """The content of the key file."""

    digest_keys: tuple[ServerKey, ...]
    seed: bytes


class Keyring(NamedTuple):
    """The live keys, the primary one first, and the signing seed."""

    keys: tuple[ServerKey, ...]
    seed: bytes

    @property
    def primary(self) -> ServerKey:
        """The key that new digests use."""
        return self.keys[0]


def new_key(entropy: Entropy) -> ServerKey:
    """A new digest key under its fingerprint."""
    key = entropy(32)
    return ServerKey(_fingerprint(key), key)


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"admincenter/key-id/v1\0" + key).hexdigest()[:16]


def new_file(entropy: Entropy) -> KeyFile:
    """The first key file of a new data directory."""
    return KeyFile((new_key(entropy),), entropy(32))


def write(file: KeyFile) -> str:
    """The file's text."""
    lines = ["# Admin Center server keys. Keep this file secret, and back it up apart from the database."]
    lines += [f"digest {each.key_id} {base64.b64encode(each.key).decode()}" for each in file.digest_keys]
    return "\n".join([*lines, f"sign {base64.b64encode(file.seed).decode()}", ""])


def read(text: str) -> KeyFile:
    """The file of a text. Raises KeyRefused where a line is not one of ours or a fingerprint does not fit its key."""
    keys, seeds = [], []
    for line in text.splitlines():
        match line.split():
            case ["digest", key_id, key] if _fingerprint(_bytes(key)) == key_id:
                keys.append(ServerKey(key_id, _bytes(key)))
            case ["sign", seed]:
                seeds.append(_bytes(seed))
            case [first, *_] if not first.startswith("#"):
                raise KeyRefused("The key file is damaged; take it from its backup")
            case _:
                pass
    if not keys or len(seeds) != 1:
        raise KeyRefused("The key file is incomplete; take it from its backup")
    return KeyFile(tuple(keys), seeds[0])


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise KeyRefused("The key file is damaged; take it from its backup")
    return raw


def ring(file: KeyFile, known: Sequence[ServerKeyRecord]) -> Keyring:
    """The live keys: those that the database knows. Raises KeyRefused where the file lacks one: it is another server's."""
    by_id = {each.key_id: each for each in file.digest_keys}
    missing = [row.key_id for row in known if row.key_id not in by_id]
    if missing:
        raise KeyRefused(
            f"The key file lacks server key {', '.join(missing)}, which this database needs; "
            "use the key file that belongs to it"
        )
    ordered = sorted(known, key=lambda row: -row.is_primary)
    return Keyring(tuple(by_id[row.key_id] for row in ordered), file.seed)


def _told(tx: Tx, kind: str, key_id: str, by: Origin) -> list[Event]:
    """The event in every instance: a key is of all of them."""
    return [event(kind, row.instance, by, key_id=key_id) for row in tx.instances.all()]


def may_add(known: Sequence[ServerKeyRecord]) -> None:
    """Raises KeyRefused where three keys are live."""
    if len(known) >= MAX_KEYS:
        raise KeyRefused(f"{MAX_KEYS} keys are live already; retire one first")


def add(tx: Tx, key_id: str, by: Origin) -> Change[str]:
    """Makes a key of the file live for look-ups. Raises KeyRefused."""
    tx.server_keys.lock()
    may_add(tx.server_keys.all())
    tx.server_keys.insert(key_id, tx.now)
    return Change(key_id, _told(tx, "key.added", key_id, by))


def _record(tx: Tx, key_id: str) -> ServerKeyRecord:
    for row in tx.server_keys.all():
        if row.key_id == key_id:
            return row
    raise KeyRefused(f"There is no live key {key_id[:40]!r}; `admincenter key status` lists them")


def promote(tx: Tx, key_id: str, by: Origin) -> Change[str]:
    """New digests use this key from now on. Raises KeyRefused."""
    tx.server_keys.lock()
    row = _record(tx, key_id)
    if row.is_primary:
        return Change(key_id, [])
    left = row.added_at + SETTLE - tx.now
    if left > 0:
        raise KeyRefused(f"Wait {left // SECOND + 1} s: every running process must have read the new key first")
    tx.server_keys.promote(key_id)
    return Change(key_id, _told(tx, "key.promoted", key_id, by))


def retire(tx: Tx, key_id: str, by: Origin) -> Change[str]:
    """Takes a key out of use. Raises KeyRefused while secrets need it, naming their App IDs."""
    tx.server_keys.lock()
    if _record(tx, key_id).is_primary:
        raise KeyRefused("This is the primary key; promote another one first")
    needed = tx.integrations.secrets_under(key_id)
    if needed:
        listed = ", ".join(needed[:20]) + (f" and {len(needed) - 20} more" if len(needed) > 20 else "")
        raise KeyRefused(
            f"{len(needed)} integrations still need this key: {listed}. "
            "Each moves to the primary key with its next token request; reset the secret of those that make none"
        )
    tx.server_keys.delete(key_id)
    return Change(key_id, _told(tx, "key.retired", key_id, by))
