"""A search of the audit log as plain values: bounds, cursors, and the page they give (contract, section 4; D5)."""

import base64
import binascii
import hmac
import json
import struct
from collections.abc import Sequence
from typing import NamedTuple

from admincenter.core.errors import CursorBad
from admincenter.core.ports import Instance, Tx, Window

FIELDS = (
    "id",
    "event",
    "event_id",
    "timestamp",
    "actor_username",
    "target_username",
    "ip_address",
    "useragent",
    "extra_data",
)
"""The fields of an event, in the order in which they are sent."""

_END = 2**63 - 1
_VERSION = 1


def write_cursor(key: bytes, sequence: int) -> str:
    """A cursor for the event: version, sequence, eight bytes of HMAC; 23 characters that need no escaping."""
    body = struct.pack(">BQ", _VERSION, sequence)
    return base64.urlsafe_b64encode(body + hmac.digest(key, body, "sha256")[:8]).decode().rstrip("=")


def read_cursor(key: bytes, text: str) -> int:
    """The sequence that a cursor stands for. Raises CursorBad where it is not ours, edited, or of another instance."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, sequence = struct.unpack(">BQ", raw[:-8])
    except (binascii.Error, struct.error, ValueError):
        raise CursorBad from None
    if version != _VERSION or sequence > _END or not hmac.compare_digest(write_cursor(key, sequence), text):
        raise CursorBad
    return int(sequence)


class Search(NamedTuple):
    """What is searched: `after` and `before` are sequences (at most one of them), times in µs, `ascending` the order."""

    limit: int = 100
    after: int | None = None
    before: int | None = None
    since: int | None = None
    until: int | None = None
    ascending: bool = False


class Page(NamedTuple):
    """Events as the bytes that were stored, in the order asked for, and whether more follow."""

    rows: Sequence[tuple[int, bytes]]
    more: bool


def page(tx: Tx, instance: Instance, search: Search) -> Page:
    """One page. Its cost does not depend on how deep it lies: everything is a range of sequences."""
    above, below = _bounds(tx, instance.instance, search)
    backwards = search.before is not None
    ascending = search.ascending != backwards
    if search.after is not None:
        above, below = (max(above, search.after), below) if search.ascending else (above, min(below, search.after))
    inner = (above, below)
    if search.before is not None:
        inner = (above, min(below, search.before)) if search.ascending else (max(above, search.before), below)
    window = Window(instance.instance, *inner, search.limit + 1, ascending)
    rows = tx.audit.payloads(window)
    more, rows = len(rows) > search.limit, rows[: search.limit]
    if not backwards:
        return Page(rows, more)
    rows.reverse()
    return Page(rows, bool(rows) and _follows(tx, instance.instance, rows[-1][0], (above, below), search.ascending))


def _bounds(tx: Tx, instance: str, search: Search) -> tuple[int, int]:
    """The time bounds as sequences, both exclusive."""
    above, below = 0, _END
    if search.since is not None:
        above = max(above, tx.audit.sequence_at(instance, search.since) - 1)
    if search.until is not None:
        below = tx.audit.sequence_at(instance, search.until)
    return above, below


def _follows(tx: Tx, instance: str, last: int, bounds: tuple[int, int], ascending: bool) -> bool:
    above, below = (last, bounds[1]) if ascending else (bounds[0], last)
    return bool(tx.audit.payloads(Window(instance, above, below, 1, ascending)))


def pick(payload: bytes, fields: Sequence[str]) -> bytes:
    """An event reduced to some of its fields; `id` always stays."""
    body = json.loads(payload)
    kept = {name: body[name] for name in FIELDS if name in body and (name in fields or name == "id")}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
