"""A change that is seen at once, to write through an executor: the name of an instance; and what its log says of it."""

from collections.abc import Callable

from admincenter.core.audit import SYSTEM, Fault, verify
from admincenter.core.instances import rename
from admincenter.core.ports import Change, Instance, Tx, Window
from admincenter.store.opening import Store


def renames(instance: Instance, name: str) -> Callable[[Tx], Change[Instance]]:
    """Gives a name, with its event."""
    return lambda tx: rename(tx, instance.instance, name, SYSTEM)


def name_of(instance: Instance) -> Callable[[Tx], str]:
    """Reads the name."""

    def look(tx: Tx) -> str:
        found = tx.instances.get(instance.instance)
        assert found is not None
        return found.name

    return look


def names_in_log(store: Store, instance: Instance) -> int:
    """How many renames the verified log holds."""
    everything = Window(instance.instance, 0, 2**62, 10_000, ascending=True)
    records = store.read(lambda tx: tx.audit.records(everything))
    head = store.read(lambda tx: tx.audit.head(instance.instance))
    assert not [each for each in verify(instance.instance, records, head, []) if isinstance(each, Fault)]
    return sum(row.kind == "instance.renamed" for row in records)
