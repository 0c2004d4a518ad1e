"""`ports.ServerKeys`, on every engine."""

from admincenter.core.ports import ServerKeyRecord, Tx
from tests.store.conformance.rows import NOW


def test_the_first_key_is_the_primary_one_and_later_ones_wait(tx: Tx) -> None:
    """Listed by age and then by fingerprint."""
    assert tx.server_keys.all() == []
    tx.server_keys.insert("b", NOW)
    tx.server_keys.insert("c", NOW + 1)
    tx.server_keys.insert("a", NOW + 1)
    assert tx.server_keys.all() == [
        ServerKeyRecord("b", 1, NOW),
        ServerKeyRecord("a", 0, NOW + 1),
        ServerKeyRecord("c", 0, NOW + 1),
    ]


def test_one_key_is_primary_at_any_time(tx: Tx) -> None:
    """Promoting moves the mark; promoting again, or an unknown key, changes nothing."""
    for number, key_id in enumerate("abc"):
        tx.server_keys.insert(key_id, NOW + number)
    for key_id, primary in (("b", "b"), ("b", "b"), ("unknown", "b"), ("c", "c")):
        tx.server_keys.promote(key_id)
        assert [row.key_id for row in tx.server_keys.all() if row.is_primary] == [primary]


def test_a_deleted_key_is_gone_and_the_others_stay(tx: Tx) -> None:
    """An unknown one changes nothing."""
    for key_id in "ab":
        tx.server_keys.insert(key_id, NOW)
    for _ in range(2):
        tx.server_keys.delete("b")
        assert tx.server_keys.all() == [ServerKeyRecord("a", 1, NOW)]
