"""The product against a plain model, step by step: what every secret and token ever given out is answered (F30)."""

import os
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from admincenter.core import audit, instances, integrations
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.ports import Change, Tx, Window
from tests.model.plain_model import LIFE, Model, ModelIntegration
from tests.model.world import BY, World, entropy

ADDRESSES = ("192.0.2.1", "198.51.100.7", "2001:db8::1")
PERMISSIONS = tuple(each.value for each in Permission)
AUDIT = Permission.READ_SECURITY_AUDIT_LOGS.value
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "25"))
STEPS = int(os.environ.get("MODEL_STEPS", "40"))

addresses = st.sampled_from(ADDRESSES)
permissions = st.sampled_from(PERMISSIONS)
picks = st.integers(0, 1_000)


class AccessControl(RuleBasedStateMachine):
    """Rules are what admins, integrations, time and bad luck do; the invariant asks the front door about all that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.world = self.a_world()
        self.model = Model()
        self.backups: list[tuple[Path, Model]] = []

    def a_world(self) -> World:
        """The product, on the engine that the test runs on."""
        raise NotImplementedError

    @initialize(network=addresses)
    def begin(self, network: str) -> None:
        self.create(network, {AUDIT})

    def pick(self, number: int) -> ModelIntegration:
        known = list(self.model.integrations.values())
        return known[number % len(known)]

    def alive(self, number: int) -> ModelIntegration | None:
        found = self.pick(number)
        return None if found.deleted else found

    @rule(network=addresses, held=st.sets(permissions))
    @precondition(lambda self: len(self.model.integrations) < 3)
    def create(self, network: str, held: set[str]) -> None:
        wanted = integrations.Wanted(Purpose.PEOPLE, "Model", "", "", [network], [Permission(each) for each in held])
        key = self.world.store.keyring().primary
        made = self.world.change(lambda tx: integrations.create(tx, self.world.instance, wanted, key, BY, entropy))
        app_id = made.integration.app_id
        self.model.integrations[app_id] = ModelIntegration(app_id, made.app_secret, {network}, set(held))
        self.model.secrets.append((app_id, made.app_secret))

    @rule(number=picks, permission=permissions, on=st.booleans())
    def grant_or_withdraw(self, number: int, permission: str, on: bool) -> None:
        if found := self.alive(number):
            act = integrations.grant if on else integrations.withdraw
            self.world.change(lambda tx: act(tx, self.world.instance, found.app_id, Permission(permission), BY))
            (found.permissions.add if on else found.permissions.discard)(permission)

    @rule(number=picks, address=addresses, on=st.booleans())
    def allow_or_disallow(self, number: int, address: str, on: bool) -> None:
        found = self.alive(number)
        if found and (on or address in found.networks):
            act = integrations.allow if on else integrations.disallow
            self.world.change(lambda tx: act(tx, self.world.instance, found.app_id, address, True, BY))
            (found.networks.add if on else found.networks.discard)(address)

    @rule(number=picks, on=st.booleans())
    def enable_or_disable(self, number: int, on: bool) -> None:
        if found := self.alive(number):
            act = integrations.enable if on else integrations.disable
            self.world.change(lambda tx: act(tx, self.world.instance, found.app_id, BY))
            if not on:
                found.kill()
            found.enabled = on

    @rule(number=picks)
    def reset_secret(self, number: int) -> None:
        if found := self.alive(number):
            key = self.world.store.keyring().primary
            made = self.world.change(
                lambda tx: integrations.reset_secret(tx, self.world.instance, found.app_id, key, BY, entropy)
            )
            found.kill()
            found.secret = made.app_secret
            found.secret_version += 1
            self.model.secrets.append((found.app_id, made.app_secret))

    @rule(number=picks)
    def revoke_token(self, number: int) -> None:
        if found := self.alive(number):
            self.world.change(lambda tx: integrations.revoke_token(tx, self.world.instance, found.app_id, BY))
            found.kill()

    @rule()
    def revoke_all_tokens(self) -> None:
        died = self.world.change(lambda tx: instances.revoke_all_tokens(tx, self.world.instance, BY))
        assert died == sum(each.live is not None for each in self.model.integrations.values())
        for each in self.model.integrations.values():
            each.kill()

    @rule(number=picks)
    def delete(self, number: int) -> None:
        if found := self.alive(number):
            self.world.change(lambda tx: integrations.delete(tx, self.world.instance, found.app_id, BY))
            found.kill()
            found.deleted = True

    @rule(number=picks, address=addresses)
    def mint(self, number: int, address: str) -> None:
        app_id, secret = self.model.secrets[number % len(self.model.secrets)]
        expected = self.model.expected_of_secret(app_id, secret, address)
        answer = self.world.post("/work_get_token", app_id, secret, address)
        assert answer[:3] == expected
        if expected[0] == 200:
            found = self.model.integrations[app_id]
            found.minted(answer.body["access_token"], self.world.clock())
            self.model.tokens.append((app_id, answer.body["access_token"]))
            self.model.issued += 1
            assert (answer.body["generation"], answer.body["expires_in"]) == (found.generation, 7_200)

    @rule(number=picks, off=st.integers(-1, 1))
    def mint_expecting(self, number: int, off: int) -> None:
        found = self.pick(number)
        expected = max(0, found.generation + off)
        if found.secret is None or found.deleted or not found.enabled or not found.networks:
            return
        address = min(found.networks)
        answer = self.world.post("/work_get_token", found.app_id, found.secret, address, expected_generation=str(expected))
        if expected == found.generation:
            found.minted(answer.body["access_token"], self.world.clock())
            self.model.tokens.append((found.app_id, answer.body["access_token"]))
            self.model.issued += 1
        else:
            assert (*answer[:2], answer.body["generation"]) == (409, 9001, found.generation)

    @rule(number=picks, address=addresses)
    def fetch_current(self, number: int, address: str) -> None:
        app_id, secret = self.model.secrets[number % len(self.model.secrets)]
        expected = self.model.expected_of_secret(app_id, secret, address)
        answer = self.world.post("/work_current_token", app_id, secret, address)
        found = self.model.integrations.get(app_id)
        if expected[0] != 200 or found is None:
            assert answer[:3] == expected
        elif found.live is None or found.live.over(self.world.clock()):
            assert (*answer[:2], answer.body["generation"]) == (404, 9002, found.generation)
        else:
            left = (found.live.issued_at + LIFE - self.world.clock()) // 1_000_000
            assert (answer.body["access_token"], answer.body["expires_in"]) == (found.live.text, left)

    @rule(seconds=st.integers(0, 5_000))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @rule(number=picks, early=st.integers(0, 1))
    def time_passes_to_an_expiry(self, number: int, early: int) -> None:
        live = self.pick(number).live
        if live is not None and live.issued_at + LIFE - early > self.world.clock():
            self.world.clock.now = live.issued_at + LIFE - early

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    @precondition(lambda self: len(self.backups) < 2)
    def back_up(self) -> None:
        file = self.world.backup()
        if self.world.compares:
            self.model.past.add(file)
        self.backups.append((file, self.model.copy()))

    @rule(number=picks)
    @precondition(lambda self: self.backups)
    def restore(self, number: int) -> None:
        backup, then = self.backups[number % len(self.backups)]
        self.world.restore(backup)
        self.model = self.model.restored_from(backup, then)

    @invariant()
    def the_front_door_agrees_about_every_token(self) -> None:
        now = self.world.clock()
        for app_id, text in self.model.tokens[-12:]:
            for path, permission in (("/me", None), ("/security_audit_logs", AUDIT)):
                for address in ADDRESSES:
                    expected = self.model.expected_of_token(app_id, text, address, permission, now)
                    assert self.world.get(path, text, address)[:3] == expected

    def teardown(self) -> None:
        """At the end the chain verifies, and shows each token that was issued, once."""
        self.world.restart()
        kinds: list[str] = []

        def read(tx: Tx) -> Change[None]:
            records = tx.audit.records(Window(self.world.instance, 0, 2**63 - 1, 1_000_000, True))
            kinds.extend(record.kind for record in records)
            found = list(audit.verify(self.world.instance, records, tx.audit.head(self.world.instance), []))
            assert not any(isinstance(each, audit.Fault) for each in found)
            return Change(None, [])

        self.world.store.read(read)
        self.world.end()
        assert kinds.count("token.issued") == self.model.issued


LENGTH = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_the_product_agrees_with_the_model(new_world: Callable[[], World]) -> None:
    class OnThisEngine(AccessControl):
        def a_world(self) -> World:
            return new_world()

    run_state_machine_as_test(OnThisEngine, settings=LENGTH)
