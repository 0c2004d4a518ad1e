"""`ports.Instances`, on every engine."""

from admincenter.core.audit import Head
from admincenter.core.ports import Tx
from tests.store.conformance.rows import HERE, NOW, NOWHERE, THERE, an_instance


def test_an_inserted_instance_comes_back_as_it_was_given(tx: Tx) -> None:
    """Each byte of its cursor key too."""
    tx.instances.insert(an_instance(HERE))
    assert tx.instances.get(HERE) == an_instance(HERE)


def test_an_unknown_instance_is_none(tx: Tx) -> None:
    """No row, no error."""
    tx.instances.insert(an_instance(HERE))
    assert tx.instances.get(NOWHERE) is None


def test_instances_are_listed_by_age_and_then_by_id(tx: Tx) -> None:
    """The order does not depend on the engine."""
    assert tx.instances.all() == []
    young, old_late, old_early = an_instance(HERE, NOW + 1), an_instance(NOWHERE), an_instance(THERE)
    for row in (young, old_late, old_early):
        tx.instances.insert(row)
    assert tx.instances.all() == [old_early, old_late, young]


def test_a_rename_changes_the_name_of_one_instance_only(tx: Tx) -> None:
    """Everything else of it and the other one stay."""
    for instance in (HERE, THERE):
        tx.instances.insert(an_instance(instance))
    tx.instances.rename(HERE, "Nørre 'Søby'")
    assert tx.instances.all() == [an_instance(HERE)._replace(name="Nørre 'Søby'"), an_instance(THERE)]


def test_renaming_an_unknown_instance_changes_nothing(tx: Tx) -> None:
    """And makes none."""
    tx.instances.insert(an_instance(HERE))
    tx.instances.rename(NOWHERE, "Ghost")
    assert tx.instances.all() == [an_instance(HERE)]


def test_a_new_instance_starts_with_an_empty_log(tx: Tx) -> None:
    """Its head is the head of no events."""
    tx.instances.insert(an_instance(HERE))
    assert tx.audit.head(HERE) == Head()
    assert tx.audit.head(NOWHERE) == Head()
