"""Signed checkpoints of the audit chains: what an outsider keeps, so that a cut tail or a rolled-back log shows.

The signed-note format of transparency logs: text, an empty line, signature lines. The text is a checkpoint: origin, size (the
sequence), the head's digest in base64, and when it was recorded. Ed25519.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from admincenter.core.audit import Head
from admincenter.core.errors import ValueBad

KEY_NAME = "admincenter"
_ED25519 = b"\x01"
_ORIGIN = "admincenter/"


class Checkpoint(NamedTuple):
    """An instance's log had `sequence` events and the digest `head` when `recorded_at` (µs) was its last time."""

    instance: str
    sequence: int
    head: bytes
    recorded_at: int

    def text(self) -> str:
        """The signed part of the note."""
        digest = base64.b64encode(self.head).decode()
        return f"{_ORIGIN}{self.instance}\n{self.sequence}\n{digest}\nrecorded_at {self.recorded_at}\n"


def of(instance: str, head: Head) -> Checkpoint:
    """The checkpoint of a chain's end."""
    return Checkpoint(instance, head.sequence, head.digest, head.recorded_at)


def _public_bytes(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _key_hash(public: bytes) -> bytes:
    return hashlib.sha256(KEY_NAME.encode() + b"\n" + _ED25519 + public).digest()[:4]


def public_key(seed: bytes) -> str:
    """The verifier key: name, key hash, key; the text that goes into `--public-key FILE`."""
    public = _public_bytes(seed)
    return f"{KEY_NAME}+{_key_hash(public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def sign(checkpoint: Checkpoint, seed: bytes) -> str:
    """The checkpoint as a signed note."""
    text = checkpoint.text()
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    line = base64.b64encode(_key_hash(_public_bytes(seed)) + signature).decode()
    return f"{text}\n\N{EM DASH} {KEY_NAME} {line}\n"


def read_notes(text: str, verifier: str) -> Iterator[Checkpoint]:
    """The checkpoints of a file of notes, each signature verified. Raises ValueBad at the first that does not verify."""
    public = _read_public_key(verifier)
    lines = text.splitlines()
    blocks = [at for at, line in enumerate(lines) if line.startswith(_ORIGIN)]
    if not blocks:
        raise ValueBad("The checkpoint file holds no checkpoint")
    for at in blocks:
        yield _read_note(lines[at : at + 6], public)


def _read_public_key(text: str) -> bytes:
    try:
        name, _hash, key = text.strip().split("+", 2)
        raw = base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        raise ValueBad("The public key file does not hold a verifier key; `admincenter key status` prints it") from None
    if name != KEY_NAME or len(raw) != 33 or raw[:1] != _ED25519:
        raise ValueBad("The public key file does not hold an Ed25519 verifier key of this program")
    return raw[1:]


def _read_note(lines: list[str], public: bytes) -> Checkpoint:
    try:
        origin, size, digest, when, empty, signed = lines
        found = Checkpoint(
            origin.removeprefix(_ORIGIN), int(size), base64.b64decode(digest, validate=True), int(when.split(" ")[1])
        )
        raw = base64.b64decode(signed.split(" ")[2], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], found.text().encode())
    except (ValueError, IndexError, binascii.Error):
        raise ValueBad(f"A checkpoint is malformed, near {lines[0]!r}") from None
    except InvalidSignature:
        raise ValueBad(f"A checkpoint's signature is not of this public key: {lines[0]}, event {lines[1]}") from None
    if empty or raw[:4] != _key_hash(public):
        raise ValueBad(f"A checkpoint is signed by another key, near {lines[0]!r}")
    return found
