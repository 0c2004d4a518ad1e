"""Retention: events older than some days are deleted behind a signed cut record, which is itself an event.

The record and the event commit first. From then on nothing behind the cut is shown, and the rows are deleted in small batches,
so that no other writer waits for long. Whatever a broken-off run leaves, the next run deletes.
"""

from admincenter.core import checkpoints
from admincenter.core.audit import SECOND, Cut, Origin, Record, event
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Change, Tx, Window

DAY = 86_400 * SECOND
BATCH = 1_000
"""How many rows one transaction deletes."""


def cut(tx: Tx, instance: str, days: int, seed: bytes, by: Origin) -> Change[Cut | None]:
    """Draws the line behind which events are gone; None where no event is that old. Raises ValueBad."""
    if days < 1:
        raise ValueBad("Events are kept for at least 1 day; give --days 1 or more")
    head = tx.audit.head(instance)
    through = tx.audit.sequence_at(instance, tx.now - days * DAY) - 1
    if through <= head.cut:
        return Change(None, [])
    last = _row(tx, instance, through)
    drawn = Cut(through, last.digest, last.recorded_at, "")
    drawn = drawn._replace(note=checkpoints.sign(signed_part(instance, drawn), seed))
    tx.audit.add_cut(instance, drawn)
    return Change(drawn, [event("audit.cut", instance, by, through=through, days=days, count=through - head.cut)])


def signed_part(instance: str, drawn: Cut) -> Checkpoint:
    """What a cut's note says. Another origin than a checkpoint's: one that was published must not pass for a cut's record."""
    return Checkpoint(f"cut/{instance}", drawn.through, drawn.digest, drawn.recorded_at)


def _row(tx: Tx, instance: str, sequence: int) -> Record:
    found = tx.audit.records(Window(instance, sequence - 1, sequence + 1, 1, True))
    if not found:
        raise ValueBad(f"Event {sequence} is missing; nothing is deleted. `admincenter audit verify` says what happened")
    return found[0]


def behind(tx: Tx, instance: str) -> int:
    """How many rows still wait to be deleted, at most."""
    head = tx.audit.head(instance)
    oldest = tx.audit.records(Window(instance, 0, head.cut + 1, 1, True))
    return head.cut - oldest[0].sequence + 1 if oldest else 0


def sweep(tx: Tx, instance: str, limit: int = BATCH) -> Change[int]:
    """Deletes the oldest rows behind the cut; how many. None left: 0."""
    return Change(tx.audit.delete_through(instance, tx.audit.head(instance).cut, limit), [])
