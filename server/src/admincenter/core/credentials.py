"""App Secrets and access tokens as texts, and what of them may be kept (design, D1 to D3).

A credential is a prefix (`acs_` a secret, `act_` a token), two base-62 characters of the cell, 43 base-62 characters of 256
random bits, and six of the CRC-32 over all before them: findable by scanners, refusable without a look-up. At rest stands only
HMAC-SHA-256 under a server key. The one exception is the live token, sealed under its own App Secret.
"""

import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from admincenter.core.errors import TokenMalformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_PREFIX = "acs_"
TOKEN_PREFIX = "act_"
LENGTH = 55
DEFAULT_CELL = "00"
DEFAULT_APP_ID_CELL = 100

_TOKENS_REMEMBERED = 1_024
"""Of how many tokens a process keeps what follows from their text alone. Never of a secret: it lives too long for that."""

Entropy = Callable[[int], bytes]
"""`entropy(n)` gives n random bytes; `os.urandom` outside tests."""


TEXT_DRAWS, SEAL_DRAWS = 32, 28
"""How many random bytes a new secret or token takes, and the sealing of one."""


def in_portions(entropy: Entropy, size: int) -> Entropy:
    """Bytes that are drawn at once and given out in portions, each byte once. A draw gives the interpreter away, so a batch
    draws once. Raises IndexError behind the last byte."""
    drawn, at = entropy(size), 0

    def give(portion: int) -> bytes:
        nonlocal at
        start, at = at, at + portion
        if at > size:
            raise IndexError("more randomness is asked for than was drawn")
        return drawn[start:at]

    return give


class ServerKey(NamedTuple):
    """A key that digests are made under: `key_id` is its public fingerprint, `key` 32 secret bytes."""

    key_id: str
    key: bytes


_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_PAIR, _TEN = 62**2, 62**10


def base62(number: int, width: int) -> str:
    """A number in base 62, padded on the left to `width` characters; ten at a time, since long numbers divide slowly."""
    text = ""
    for _ in range((width + 9) // 10):
        number, ten = divmod(number, _TEN)
        text = _ten_characters(ten) + text
    return text[-width:]


def _ten_characters(number: int) -> str:
    """Without a loop: each new token needs five of them."""
    number, fifth = divmod(number, _PAIR)
    number, fourth = divmod(number, _PAIR)
    number, third = divmod(number, _PAIR)
    first, second = divmod(number, _PAIR)
    return f"{_PAIRS[first]}{_PAIRS[second]}{_PAIRS[third]}{_PAIRS[fourth]}{_PAIRS[fifth]}"


def mint_text(prefix: str, entropy: Entropy, cell: str = DEFAULT_CELL) -> str:
    """A new secret or token. The only place where one is made."""
    body = prefix + cell + base62(int.from_bytes(entropy(32), "big"), 43)
    return body + _checksum(body)


def _checksum(body: str) -> str:
    """Six characters of base 62, without a loop: every API call needs one."""
    rest, low = divmod(zlib.crc32(body.encode("ascii")), _PAIR)
    high, middle = divmod(rest, _PAIR)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


@lru_cache(maxsize=_TOKENS_REMEMBERED)
def read_token(text: str) -> str:
    """`read_text` of an access token, which a program sends with each of its calls."""
    return read_text(TOKEN_PREFIX, text)


def read_text(prefix: str, text: str) -> str:
    """The text itself, if it is a well-formed credential of that prefix. Raises TokenMalformed, without any look-up."""
    if len(text) != LENGTH or not text.startswith(prefix) or not text.isascii():
        raise TokenMalformed(_hint(prefix, text))
    if _checksum(text[:-6]) != text[-6:] or not text[4:].isalnum():
        raise TokenMalformed("its checksum is wrong, so it was mistyped or cut")
    return text


def _hint(prefix: str, text: str) -> str:
    """What a developer most likely did. Says nothing of the text but its kind."""
    if prefix == TOKEN_PREFIX and text.startswith(SECRET_PREFIX):
        return "this is an App Secret; buy a token with it at /work_get_token"
    if prefix == SECRET_PREFIX and text.startswith(TOKEN_PREFIX):
        return "this is an access token where an App Secret is due"
    return ""


def masked(text: str) -> str:
    """A stranger's text without the secrets and tokens that were put into it by mistake."""
    return _LIKE_ONE.sub(r"\1***", text)


_LIKE_ONE = re.compile(r"(ac[st]_)\w{8,}", re.ASCII)


def mint_app_id(entropy: Entropy, cell: int = DEFAULT_APP_ID_CELL) -> str:
    """A new App ID: 16 decimal digits below 2^53, the first three the cell, the rest random (D2)."""
    return f"{cell}{int.from_bytes(entropy(12), 'big') % 10**13:013d}"


def digest(kind_prefix: str, key: bytes, text: str) -> bytes:
    """What stands in the database instead of a secret or token (D3)."""
    begun_inner, begun_outer = _begun(kind_prefix, key)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(hashlib.sha256(text.encode()).digest())
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=16)
def _begun(kind_prefix: str, key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """The two halves of HMAC-SHA-256 (RFC 2104) with key and label already taken in: each API call starts from copies."""
    label = b"admincenter/secret/v1\0" if kind_prefix == SECRET_PREFIX else b"admincenter/token/v1\0"
    inner, outer = _pads(key)
    return hashlib.sha256(inner + label), hashlib.sha256(outer)


def _pads(key: bytes) -> tuple[bytes, bytes]:
    """What HMAC-SHA-256 hashes before the message, and before that hash. Keys of at most 64 bytes."""
    block = key.ljust(64, b"\0")
    return block.translate(_INNER), block.translate(_OUTER)


_INNER, _OUTER = (bytes(each ^ pad for each in range(256)) for pad in (0x36, 0x5C))


def _hmac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256. The standard library's looks its algorithm up in OpenSSL each time, which costs more than the hashes."""
    inner, outer = _pads(key)
    return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()


@lru_cache(maxsize=_TOKENS_REMEMBERED)
def token_digests(keys: tuple[ServerKey, ...], text: str) -> tuple[bytes, ...]:
    """`digests` of an access token, which a program sends with each of its calls. Says nothing of whether it lives."""
    return digests(TOKEN_PREFIX, keys, text)


def digests(kind_prefix: str, keys: Sequence[ServerKey], text: str) -> tuple[bytes, ...]:
    """The text's digest under each live key, the primary key first."""
    return tuple([digest(kind_prefix, each.key, text) for each in keys])


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in constant time."""
    return hmac.compare_digest(one, other)


class SealContext(NamedTuple):
    """What a sealed token is bound to, so that a copy cannot be moved to another row or another mint."""

    instance: str
    app_id: str
    generation: int
    issued_at: int

    def __bytes__(self) -> bytes:
        return f"{self.instance}|{self.app_id}|{self.generation}|{self.issued_at}".encode()


def _sealing_key(secret: str, salt: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with one block of output."""
    return _hmac(_hmac(salt, secret.encode()), b"current-token/v1\x01")


def seal(token: str, secret: str, context: SealContext, entropy: Entropy) -> bytes:
    """The live token, encrypted under its own App Secret: salt (16), nonce (12), AES-256-GCM (contract, section 1)."""
    salt, nonce = entropy(16), entropy(12)
    return salt + nonce + AESGCM(_sealing_key(secret, salt)).encrypt(nonce, token.encode(), bytes(context))


def unseal(sealed: bytes, secret: str, context: SealContext) -> str | None:
    """The live token again; None if the copy is not of this secret and context, or no copy at all."""
    salt, nonce, body = sealed[:16], sealed[16:28], sealed[28:]
    try:
        return AESGCM(_sealing_key(secret, salt)).decrypt(nonce, body, bytes(context)).decode()
    except (InvalidTag, ValueError):
        return None
