"""Server keys: the file, the ring, and the steps of a key's life (D3)."""

import base64
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.core import integrations, keys
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import Entropy, ServerKey
from admincenter.core.errors import KeyRefused
from admincenter.core.integrations import Created
from admincenter.core.keys import KeyFile
from admincenter.core.permissions import Purpose
from admincenter.core.ports import ServerKeyRecord, Window
from admincenter.store.opening import Store
from tests.settable_clock import SettableClock
from tests.vector_cases import cases


@pytest.mark.parametrize("case", cases("server_keys"), ids=lambda case: case["key_id"])
def test_a_key_has_the_fingerprint_of_the_vector(case: dict[str, Any]) -> None:
    assert keys.new_key(lambda _size: bytes.fromhex(case["key"])).key_id == case["key_id"]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3), st.binary(min_size=32, max_size=32))
def test_a_key_file_reads_back_as_it_was_written(raw: list[bytes], seed: bytes) -> None:
    file = KeyFile(tuple(keys.new_key(lambda _size, each=each: each) for each in raw), seed)  # type: ignore[misc]
    assert keys.read(keys.write(file)) == file


FILE = keys.new_file(os.urandom)
TEXT = keys.write(FILE)
KEY_LINE = next(line for line in TEXT.splitlines() if line.startswith("digest"))
SEED_LINE = next(line for line in TEXT.splitlines() if line.startswith("sign"))


def test_comments_and_empty_lines_are_for_people() -> None:
    assert keys.read(f"# mine\n\n{TEXT}\n  # more\n") == FILE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment",
        KEY_LINE,
        SEED_LINE,
        f"{TEXT}{SEED_LINE}\n",
        f"{TEXT}nonsense",
        f"{TEXT}digest a b c",
        f"{TEXT}sign é",
        TEXT.replace("sign ", "sign !"),
        TEXT.replace("digest ", "digest 0"),
        "sign AAAA\n" + KEY_LINE,
        TEXT.replace("digest", "\0digest"),
        f"digest {FILE.digest_keys[0].key_id} {base64.b64encode(bytes(32)).decode()}\n{SEED_LINE}",
    ],
    ids=lambda text: str(len(text)),
)
def test_a_damaged_key_file_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(KeyRefused, match="take it from its backup"):
        keys.read(text)


def test_the_ring_holds_what_the_database_knows_the_primary_first() -> None:
    a, b, unused = (ServerKey(name, name.encode() * 32) for name in "abc")
    known = [ServerKeyRecord("a", 0, 1), ServerKeyRecord("b", 1, 2)]
    ring = keys.ring(KeyFile((a, b, unused), b"s" * 32), known)
    assert ring.keys == (b, a)
    assert (ring.primary, ring.seed) == (b, b"s" * 32)


def test_a_key_file_of_another_server_is_refused_with_the_key_that_it_lacks() -> None:
    with pytest.raises(KeyRefused, match="lacks server key a,"):
        keys.ring(KeyFile((), b""), [ServerKeyRecord("a", 1, 1)])


NEW = "newnewnewnewnewn"


def events(store: Store) -> list[str]:
    [instance] = store.read(lambda tx: tx.instances.all())
    return [each.kind for each in store.read(lambda tx: tx.audit.records(Window(instance.instance, 0, 2**62, 100, True)))]


def test_a_new_key_is_added_then_promoted_then_the_old_one_retired(store: Store, clock: SettableClock) -> None:
    old = store.keyring().primary.key_id
    store.write(lambda tx: keys.add(tx, NEW, SYSTEM))
    clock.advance(10)
    store.write(lambda tx: keys.promote(tx, NEW, SYSTEM))
    store.write(lambda tx: keys.promote(tx, NEW, SYSTEM))
    store.write(lambda tx: keys.retire(tx, old, SYSTEM))
    assert [(row.key_id, row.is_primary) for row in store.read(lambda tx: tx.server_keys.all())] == [(NEW, 1)]
    assert events(store) == ["instance.created", "key.added", "key.promoted", "key.retired"]


def test_a_fresh_key_is_not_promoted_before_every_process_has_read_it(store: Store, clock: SettableClock) -> None:
    store.write(lambda tx: keys.add(tx, NEW, SYSTEM))
    clock.advance(9.999_999)
    with pytest.raises(KeyRefused, match="Wait 1 s"):
        store.write(lambda tx: keys.promote(tx, NEW, SYSTEM))
    clock.advance(0.000_001)
    store.write(lambda tx: keys.promote(tx, NEW, SYSTEM))


def test_no_more_than_three_keys_are_live(store: Store) -> None:
    for name in ("a", "b"):
        store.write(lambda tx, name=name: keys.add(tx, name, SYSTEM))  # type: ignore[misc]
    with pytest.raises(KeyRefused, match="3 keys are live"):
        store.write(lambda tx: keys.add(tx, "c", SYSTEM))


def test_the_primary_key_and_unknown_keys_cannot_be_retired(store: Store) -> None:
    with pytest.raises(KeyRefused, match="promote another one first"):
        store.write(lambda tx: keys.retire(tx, store.keyring().primary.key_id, SYSTEM))
    for step in (keys.retire, keys.promote):
        with pytest.raises(KeyRefused, match="There is no live key 'x'"):
            store.write(lambda tx, step=step: step(tx, "x", SYSTEM))  # type: ignore[misc]


@pytest.mark.parametrize("more", [0, 20])
def test_a_key_that_secrets_need_is_not_retired_and_their_app_ids_are_listed(
    store: Store, clock: SettableClock, integration: Created, entropy: Entropy, more: int
) -> None:
    row, old = integration.integration, store.keyring().primary
    wanted = integrations.Wanted(Purpose.PEOPLE, "Another", "", "", ["192.0.2.1"], [])
    for _ in range(more):
        store.write(lambda tx: integrations.create(tx, row.instance, wanted, old, SYSTEM, entropy))
    store.write(lambda tx: keys.add(tx, NEW, SYSTEM))
    clock.advance(10)
    store.write(lambda tx: keys.promote(tx, NEW, SYSTEM))
    with pytest.raises(KeyRefused, match=r"^\d+ integrations still need this key: 100\d{13}") as refused:
        store.write(lambda tx: keys.retire(tx, old.key_id, SYSTEM))
    assert (" and 1 more" in str(refused.value)) == bool(more)
    assert more or row.app_id in str(refused.value)
