"""The audit log: what an event is, how events are numbered and chained, and how the chain is verified (D5, D19).

Per instance the sequence has no gap, and each row's digest covers the one before it. The payload is the event exactly as a
client receives it, kept as the UTF-8 bytes that were hashed.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from admincenter.core.credentials import Entropy, in_portions
from admincenter.core.events import CATALOGUE, EventKind

GENESIS = bytes(32)
SECOND = 1_000_000
"""One second in the unit of every time here: integer microseconds since 1970, UTC."""

Detail = str | int | bool | Sequence[str]


class Origin(NamedTuple):
    """Who does something: `integration:<app_id>`, an admin's e-mail, `cli:<os user>@<host>` or `system`; and from where."""

    actor: str
    address: str = ""
    user_agent: str = ""


SYSTEM = Origin("system")


class Event(NamedTuple):
    """Something that happened, before it has a number. `weight` is how often, for grouped events."""

    instance: str
    kind: EventKind
    by: Origin
    target: str
    details: Mapping[str, Detail]
    weight: int = 1


def event(key: str, instance: str, by: Origin, target: str = "", weight: int = 1, **details: Detail) -> Event:
    """An event of the catalogue. A detail that its kind does not name is a mistake of ours and raises KeyError."""
    kind = CATALOGUE[key]
    for name in details:
        kind.details[name]
    return Event(instance, kind, by, target, details, weight)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Head(NamedTuple):
    """The end of an instance's chain: its last sequence, digest and time; events up to `cut` were deleted by age."""

    sequence: int = 0
    digest: bytes = GENESIS
    recorded_at: int = 0
    cut: int = 0


class Record(NamedTuple):
    """One row of the log."""

    instance: str
    sequence: int
    recorded_at: int
    event_id: str
    kind: str
    actor: str
    target: str
    address: str
    payload: bytes
    digest: bytes


class Cut(NamedTuple):
    """The record behind which events were deleted by age: `digest` is that of the last deleted row, `note` is signed."""

    through: int
    digest: bytes
    recorded_at: int
    note: str


def link(previous: bytes, instance: str, sequence: int, recorded_at: int, payload: bytes) -> bytes:
    """The digest of one row (D5)."""
    head = struct.pack(">Qq", sequence, recorded_at) + struct.pack(">I", len(payload))
    return hashlib.sha256(b"acl1" + previous + instance.encode("ascii") + head + payload).digest()


def chain(head: Head, events: Sequence[Event], now: int, entropy: Entropy) -> tuple[list[Record], Head]:
    """The events as the next rows of their instance, and the new end. Time never goes backward within a chain."""
    recorded_at = max(now, head.recorded_at)
    records = []
    drawn = in_portions(entropy, 16 * len(events))
    for each in events:
        record = _record(head, each, recorded_at, drawn(16).hex())
        records.append(record)
        head = Head(record.sequence, record.digest, recorded_at, head.cut)
    return records, head


def _record(head: Head, each: Event, recorded_at: int, event_id: str) -> Record:
    sequence = head.sequence + 1
    payload = _payload(each, sequence, recorded_at, event_id)
    digest = link(head.digest, each.instance, sequence, recorded_at, payload)
    by = each.by
    return Record(
        each.instance,
        sequence,
        recorded_at,
        event_id,
        each.kind.key,
        by.actor,
        each.target,
        by.address,
        payload,
        digest,
    )


def _payload(each: Event, sequence: int, recorded_at: int, event_id: str) -> bytes:
    """The event as a client receives it (contract, section 4). A field without a value is left out."""
    body: dict[str, object] = {
        "id": str(sequence),
        "event": each.kind.name,
        "event_id": event_id,
        "timestamp": timestamp(recorded_at // SECOND),
        "actor_username": each.by.actor,
        "target_username": each.target,
        "ip_address": each.by.address,
        "useragent": each.by.user_agent,
        "extra_data": _extra_data(each),
    }
    kept = {name: value for name, value in body.items() if value != ""}
    return _JSON.encode(kept).encode()


def _extra_data(each: Event) -> dict[str, object]:
    extra: dict[str, object] = {"summary": each.kind.summary.format_map(each.details), "kind": each.kind.key}
    if each.kind.finding:
        extra["finding"] = True
    return extra | dict(each.details)


@lru_cache(maxsize=256)
def timestamp(seconds: int) -> str:
    """Unix seconds as the wire writes a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


class Fault(NamedTuple):
    """The first row that does not fit the chain, and why."""

    sequence: int
    reason: str


def verify(instance: str, records: Iterable[Record], head: Head, cuts: Sequence[Cut]) -> Iterator[int | Fault]:
    """Walks a chain from its first row: yields each good sequence, and one Fault where it ends. Silent where all is well."""
    if tuple(map(type, head)) != _HEAD_TYPES:
        yield Fault(1, "the head of the log is damaged")
        return
    previous = next((cut.digest for cut in cuts if cut.through == head.cut), GENESIS)
    if head.cut and previous == GENESIS:
        yield Fault(head.cut, "the log starts behind a cut that has no cut record")
        return
    before = Head(head.cut, previous)
    for record in records:
        fault = _fault(instance, record, before)
        if fault:
            yield Fault(record.sequence, fault)
            return
        before = Head(record.sequence, record.digest, record.recorded_at)
        yield record.sequence
    if before.sequence != head.sequence:
        yield Fault(before.sequence + 1, f"the log ends at event {before.sequence}, but its head says {head.sequence}")
    elif before.digest != head.digest:
        yield Fault(head.sequence, "its digest is not the one that the head of the log holds")


_HEAD_TYPES = (int, bytes, int, int)
"""A damaged row can come back with other types than it was written with."""


def _fault(instance: str, record: Record, before: Head) -> str:
    if tuple(map(type, record)) != _TYPES:
        return "its columns hold values of another type than any event's"
    if record.sequence != before.sequence + 1:
        return f"event {before.sequence + 1} is missing"
    if record.recorded_at < before.recorded_at:
        return "its time is before the time of the event before it"
    if link(before.digest, instance, record.sequence, record.recorded_at, record.payload) != record.digest:
        return "its digest does not fit its content and the event before it"
    if _columns(record) != _columns_of(record.payload):
        return "its search columns differ from its content"
    return ""


_TYPES = (str, int, int, str, str, str, str, str, bytes, bytes)


def _columns(record: Record) -> tuple[str, ...]:
    return (str(record.sequence), record.event_id, record.kind, record.actor, record.target, record.address)


def _columns_of(payload: bytes) -> tuple[str, ...]:
    """The same from the content; nothing where the content is not an event, which only a forger writes."""
    names = ("actor_username", "target_username", "ip_address")
    try:
        body = json.loads(payload)
        return (body["id"], body["event_id"], body["extra_data"]["kind"], *(body.get(name, "") for name in names))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ()
