"""Proof that a log is whole: every digest from the cut to the head, the cut's signature, and what outsiders kept of it.

The chain shows an edited, missing or swapped row. It cannot show a cut-off tail whose head was moved back with it, a log that
was rewritten from some row on, or a data directory that was rolled back: only checkpoints kept elsewhere do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from admincenter.core import audit, checkpoints
from admincenter.core.audit import GENESIS, Cut, Fault, Head, Record
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Tx, Window
from admincenter.core.retention import signed_part
from admincenter.core.stream import Reader, Span, pages

_END = 2**63 - 1
Told = Callable[[int, int], None]
"""Progress: how many events are done, of how many."""


class Evidence(NamedTuple):
    """What the log is held against: the public key, and the checkpoints that were kept elsewhere."""

    public_key: str
    kept: Sequence[Checkpoint] = ()


class Outcome(NamedTuple):
    """What was found. Without faults, events `cut + 1` to `through` are whole, and `compared` checkpoints agree with them.

    `out_of_reach` checkpoints are of events that retention has deleted: they cannot be checked any more, which is no fault.
    """

    instance: str
    cut: int
    through: int
    compared: int
    out_of_reach: int
    faults: Sequence[Fault]


class _Start(NamedTuple):
    """The log as it was when the verification began; what is written later is for the next one."""

    head: Head
    cuts: Sequence[Cut]
    beyond: Sequence[tuple[int, bytes]]


def verify(reader: Reader, instance: str, evidence: Evidence, told: Told = lambda _done, _of: None) -> Outcome:
    """Walks the whole log of an instance, in bounded memory, while it may grow and be cut."""
    while True:
        start = reader.read(partial(_start, instance=instance))
        outcome = _verified(reader, instance, start, evidence, told)
        if not outcome.faults or reader.read(lambda tx: tx.audit.head(instance).cut) == start.head.cut:
            return outcome


def _start(tx: Tx, instance: str) -> _Start:
    head = tx.audit.head(instance)
    beyond = tx.audit.payloads(Window(instance, head.sequence, _END, 1, True))
    return _Start(head, tx.audit.cuts(instance), beyond)


def _verified(reader: Reader, instance: str, start: _Start, evidence: Evidence, told: Told) -> Outcome:
    faults = list(_ends(start)) or list(_cuts(instance, start, evidence.public_key))
    if faults:
        return Outcome(instance, 0, 0, 0, 0, faults)
    head = start.head
    kept = [each for each in evidence.kept if each.instance == instance]
    comparison = _Comparison(kept, start)
    rows = comparison.watch(_rows(reader, Span(instance, head.cut, head.sequence + 1), told))
    chained = [each for each in audit.verify(instance, rows, head, start.cuts) if isinstance(each, Fault)]
    found = sorted([*chained, *comparison.faults()])
    return Outcome(instance, head.cut, head.sequence, comparison.compared, comparison.out_of_reach, found)


def _ends(start: _Start) -> Iterator[Fault]:
    """What is wrong with the head itself. A log without events has lost the first one, its instance's creation."""
    if tuple(map(type, start.head)) != (int, bytes, int, int):
        yield Fault(0, "the head of the log holds values of another type than any head's")
    elif start.beyond:
        yield Fault(start.beyond[0][0], f"it stands beyond the end of the log, which its head says is {start.head.sequence}")
    elif start.head.sequence == 0:
        yield Fault(1, "the log is empty, though the creation of an instance is its first event")


def _cuts(instance: str, start: _Start, public_key: str) -> Iterator[Fault]:
    for each in start.cuts:
        try:
            signed = list(checkpoints.read_notes(str(each.note), public_key))
        except ValueBad as error:
            yield Fault(each.through, f"the cut record behind which events were deleted is not genuine: {error}")
            return
        if signed != [signed_part(instance, each)]:
            yield Fault(each.through, "the cut record behind which events were deleted says something else than was signed")


def _rows(reader: Reader, span: Span, told: Told) -> Iterator[Record]:
    for page in pages(reader, span):
        told(page[-1].sequence - span.above, span.events)
        yield from page


class _Comparison:
    """The kept checkpoints against the rows that pass by."""

    def __init__(self, kept: Sequence[Checkpoint], start: _Start) -> None:
        self._head = start.head
        self._cut = next((each.digest for each in start.cuts if each.through == start.head.cut), GENESIS)
        self._kept: dict[int, set[bytes]] = {}
        for each in kept:
            self._kept.setdefault(each.sequence, set()).add(each.head)
        self._agreed = start.head.cut
        self._rewritten: list[Fault] = []
        self.compared = 0
        self.out_of_reach = sum(sequence < start.head.cut for sequence in self._kept)

    def watch(self, rows: Iterable[Record]) -> Iterator[Record]:
        """The rows again, each compared."""
        self._compare(self._head.cut, self._cut)
        for row in rows:
            self._compare(row.sequence, row.digest)
            yield row

    def _compare(self, sequence: int, digest: bytes) -> None:
        kept = self._kept.get(sequence)
        if kept is None or self._rewritten:
            return
        self.compared += 1
        if kept == {digest}:
            self._agreed = sequence
        else:
            reason = f"it is not the event of the signed checkpoint: history was rewritten after event {self._agreed}"
            self._rewritten.append(Fault(sequence, reason))

    def faults(self) -> list[Fault]:
        """History that was rewritten, and an end that a checkpoint proves to be lost."""
        highest = max(self._kept, default=0)
        if highest <= self._head.sequence:
            return self._rewritten
        lost = f"a signed checkpoint of it exists, but the log ends at event {self._head.sequence}"
        return [*self._rewritten, Fault(highest, lost + ": its tail was cut off, or the data directory was rolled back")]


def absent(kept: Iterable[Checkpoint], known: Iterable[str]) -> list[Fault]:
    """The checkpoints of instances that do not exist: none is ever deleted, so the data directory was rolled back."""
    highest = {each.instance: each.sequence for each in sorted(kept, key=lambda each: each.sequence)}
    lost = sorted(set(highest) - set(known))
    return [Fault(highest[each], f"a signed checkpoint is of instance {each}, which does not exist here") for each in lost]
