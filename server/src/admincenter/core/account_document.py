"""The document of an account: a SCIM User as clients read it, as canonical bytes that are stored once and served often.

`meta` comes last and lacks `location`, which differs from dialect to dialect and is put in at answer time. The access code and
the link to claim the account are in it only while they are good for something.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from admincenter.core.audit import SECOND
from admincenter.core.errors import AttributeBad
from admincenter.core.ports import Account

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
STATUS = "urn:ietf:params:scim:schemas:extension:facebook:accountstatusdetails:2.0:User"

OURS = ("schemas", "id", "meta", STATUS)
"""What of a document no client writes."""

_OF_THE_CODE = ("accessCode", "accessCodeExpirationDate", "claimLink")
_FIRST = {name: place for place, name in enumerate(("externalId", "userName", "name", "displayName", "active"))}
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Code(NamedTuple):
    """An access code and the link under which it is used; the link is empty where no address of the server is known."""

    text: str
    link: str


class Opened(NamedTuple):
    """A document taken apart: what clients may write of it, and the access code that is in it."""

    attributes: dict[str, Any]
    code: Code | None


def rendered(account: Account, attributes: Mapping[str, Any], code: Code | None) -> bytes:
    """The document of an account. Raises AttributeBad where a text is none."""
    names = sorted(attributes, key=lambda name: (":" in name, _FIRST.get(name, len(_FIRST))))
    body = {
        "schemas": [CORE, *(name for name in names if ":" in name), STATUS],
        "id": account.account_id,
        **{name: attributes[name] for name in names},
        STATUS: _status(account, code),
        "meta": {
            "resourceType": "User",
            "created": moment(account.created_at),
            "lastModified": moment(account.modified_at),
            "version": f'W/"{account.version}"',
        },
    }
    return _written(body)


def _written(body: Mapping[str, Any]) -> bytes:
    try:
        return _JSON.encode(body).encode()
    except (UnicodeEncodeError, ValueError):
        raise AttributeBad(
            "A text holds half of a character (a lone surrogate), or a number is none; send valid JSON"
        ) from None


def _status(account: Account, code: Code | None) -> dict[str, Any]:
    found: dict[str, Any] = {"invited": account.invited_at is not None}
    if account.invited_at is not None:
        found["inviteDate"] = moment(account.invited_at)
    found["claimed"] = account.claimed_at is not None
    if account.claimed_at is not None:
        found["claimDate"] = moment(account.claimed_at)
    if code is not None and account.code_expires_at is not None:
        found["accessCode"] = code.text
        found["accessCodeExpirationDate"] = moment(account.code_expires_at)
        if code.link:
            found["claimLink"] = code.link
    found["canDelete"] = account.claimed_at is None
    return found


def moment(microseconds: int) -> str:
    """A time as SCIM writes it: UTC, to the millisecond."""
    seconds, rest = divmod(microseconds, SECOND)
    return f"{_second(seconds)}.{rest // 1_000:03}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def located(document: bytes, location: str) -> bytes:
    """The document with the address that it is read at."""
    return document[:-2] + b',"location":' + _JSON.encode(location).encode() + b"}}"


def as_read(account: Account, now: int) -> bytes:
    """The document as it is true now: an access code that expired is not shown."""
    if account.code_expires_at is None or now < account.code_expires_at:
        return account.document
    return without_code(account.document)


def without_code(document: bytes) -> bytes:
    """The document without its access code, for what is kept or shown longer than the code is good."""
    body = json.loads(document)
    for name in _OF_THE_CODE:
        body[STATUS].pop(name, None)
    return _written(body)


def opened(account: Account) -> Opened:
    """The document taken apart."""
    body = json.loads(account.document)
    status = body[STATUS]
    code = Code(status["accessCode"], status.get("claimLink", "")) if account.code_expires_at is not None else None
    return Opened({name: value for name, value in body.items() if name not in OURS}, code)


def attributes_of(account: Account) -> dict[str, Any]:
    """What clients may write of an account."""
    return opened(account).attributes
