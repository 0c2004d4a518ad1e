"""Instances: one organisation each."""

import re

import pytest

from admincenter.core import instances, integrations, tokens
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import Entropy
from admincenter.core.errors import InstanceAmbiguous, InstanceUnknown, ValueBad
from admincenter.core.integrations import Created, Wanted
from admincenter.core.permissions import Purpose
from admincenter.core.ports import Change, Facts, Instance, Window
from admincenter.core.tokens import Mint
from admincenter.store.opening import Store


@pytest.fixture
def second(store: Store, entropy: Entropy) -> Instance:
    return store.write(lambda tx: instances.create(tx, "  Second ", SYSTEM, entropy))


def test_an_instance_has_sixteen_digits_and_a_cursor_key_of_its_own(instance: Instance, second: Instance) -> None:
    for each in (instance, second):
        assert re.fullmatch(r"[1-8]\d{15}", each.instance)
        assert len(each.cursor_key) == 32
    assert instance.instance != second.instance
    assert instance.cursor_key != second.cursor_key
    assert second.name == "Second"


@pytest.mark.parametrize("random", [bytes(12), b"\xff" * 12])
def test_an_id_is_of_fixed_width_whatever_the_randomness(store: Store, random: bytes) -> None:
    made = store.write(lambda tx: instances.create(tx, "x", SYSTEM, lambda size: (random * 3)[:size]))
    assert re.fullmatch(r"[1-9]\d{15}", made.instance)


def test_the_only_instance_need_not_be_named(store: Store, instance: Instance) -> None:
    for wanted in (None, instance.instance, instance.name):
        assert store.read(lambda tx, wanted=wanted: instances.choose(tx, wanted)) == instance  # type: ignore[misc]


def test_one_of_several_must_be_named_without_doubt(store: Store, second: Instance, entropy: Entropy) -> None:
    with pytest.raises(InstanceAmbiguous):
        store.read(lambda tx: instances.choose(tx, None))
    assert store.read(lambda tx: instances.choose(tx, "Second")) == second
    store.write(lambda tx: instances.create(tx, "Second", SYSTEM, entropy))
    with pytest.raises(InstanceAmbiguous):
        store.read(lambda tx: instances.choose(tx, "Second"))


def test_an_id_is_one_instances_whatever_another_is_called(store: Store, instance: Instance, entropy: Entropy) -> None:
    """Nobody stops break-glass by giving an instance the id of another as its name."""
    store.write(lambda tx: instances.create(tx, instance.instance, SYSTEM, entropy))
    assert store.read(lambda tx: instances.choose(tx, instance.instance)) == instance
    assert store.write(lambda tx: instances.revoke_all_tokens(tx, instance.instance, SYSTEM)) == 0


def test_an_unknown_instance_is_refused(store: Store) -> None:
    with pytest.raises(InstanceUnknown, match="'Elsewhere'"):
        store.read(lambda tx: instances.choose(tx, "Elsewhere"))


def test_an_instance_can_be_renamed_but_not_to_nothing(store: Store, instance: Instance) -> None:
    store.write(lambda tx: instances.rename(tx, instance.instance, "Head office", SYSTEM))
    assert store.read(lambda tx: instances.choose(tx, None)).name == "Head office"
    with pytest.raises(ValueBad):
        store.write(lambda tx: instances.rename(tx, instance.instance, " ", SYSTEM))
    assert store.read(lambda tx: instances.choose(tx, None)).name == "Head office"


def mint(store: Store, made: Created, entropy: Entropy) -> None:
    """Gives the integration a live token."""
    [facts] = store.read(lambda tx: tx.integrations.facts_by_app_id([made.integration.app_id]))
    assert facts is not None
    request = Mint(facts, made.app_secret, None, store.keyring().primary, SYSTEM, entropy)
    store.write(lambda tx: next(each for each in tokens.mint_all(tx, [request]) if isinstance(each, Change)))


def facts(store: Store, made: Created) -> Facts:
    [found] = store.read(lambda tx: tx.integrations.facts_by_app_id([made.integration.app_id]))
    assert found is not None
    return found


def test_break_glass_kills_every_token_of_the_instance_and_none_of_another(
    store: Store, instance: Instance, integration: Created, second: Instance, entropy: Entropy
) -> None:
    key, wanted = store.keyring().primary, Wanted(Purpose.SECURITY, "SIEM", "", "", ["192.0.2.1"], [])
    tokenless = store.write(lambda tx: integrations.create(tx, instance.instance, wanted, key, SYSTEM, entropy))
    foreign = store.write(lambda tx: integrations.create(tx, second.instance, wanted, key, SYSTEM, entropy))
    mint(store, integration, entropy)
    mint(store, foreign, entropy)
    assert store.write(lambda tx: instances.revoke_all_tokens(tx, instance.instance, SYSTEM)) == 1
    assert (facts(store, integration).token_digest, facts(store, integration).previous_reason) == (None, "revoked")
    assert facts(store, tokenless).previous_reason is None
    assert facts(store, foreign).token_digest is not None
    last = store.read(lambda tx: tx.audit.records(Window(instance.instance, 0, 2**62, 1, False)))[0]
    assert last.kind == "instance.tokens_revoked"


def test_break_glass_in_an_unknown_instance_is_refused(store: Store) -> None:
    with pytest.raises(InstanceUnknown):
        store.write(lambda tx: instances.revoke_all_tokens(tx, "nowhere", SYSTEM))
