"""The one decision, against an independent plain model over every combination, and with every fact missing or garbled."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from admincenter.core import credentials
from admincenter.core.audit import SECOND
from admincenter.core.credentials import ServerKey
from admincenter.core.decision import STEPS, Question, decide
from admincenter.core.errors import CallRefused, CredentialWrong
from admincenter.core.network import Client, Unresolved, compile_access, parse_address, parse_network
from admincenter.core.permissions import Permission, bits_of
from admincenter.core.ports import Facts
from admincenter.core.surface import SURFACE, Opener, Opening
from admincenter.core.tokens import LIFE, SKEW
from tests.core import slow_decision
from tests.core.known import FACTS, ISSUED_AT, KEY, PREVIOUS, SECRET, TOKEN, secret_digest, token_digest
from tests.core.slow_decision import Situation

READ, MANAGE = Permission.READ_SECURITY_AUDIT_LOGS, Permission.MANAGE_ACCOUNTS
OPENINGS = {
    "secret": Opening("POST", "/work_get_token", Opener.SECRET),
    "any token": Opening("GET", "/me", Opener.TOKEN),
    "permission held": Opening("GET", "/security_audit_logs", READ),
    "permission not held": Opening("GET", "/Users", MANAGE),
}
AGES = {"too early": -SKEW - 1, "early": -SKEW, "fresh": 0, "last moment": LIFE - 1, "over": LIFE}
ALLOWED = [parse_network("192.0.2.0/24"), parse_network("2001:db8::/64")]
LISTS = {
    "filled": compile_access(bits_of((READ,)), ALLOWED),
    "empty": compile_access(bits_of((READ,)), []),
    "garbage": b"\1garbage",
}


def client(text: str) -> Client:
    found = parse_address(text)
    assert found is not None
    return found


CLIENTS: dict[str, Client] = {
    "allowed": client("192.0.2.255"),
    "allowed as mapped": client("::ffff:192.0.2.0"),
    "allowed in the other family": client("2001:db8::ffff"),
    "other": client("192.0.3.0"),
    "embedded, but not mapped": client("::192.0.2.1"),
    "unknown": Unresolved("nobody knows"),
}


def facts_of(now: Situation) -> Facts | None:
    states: dict[str, dict[str, Any]] = {"live": {}, "off": {"enabled": 0}, "deleted": {"deleted_at": ISSUED_AT}}
    if now.integration == "none":
        return None
    return FACTS._replace(access=LISTS[now.list], previous_expires_at=ISSUED_AT + LIFE, **states[now.integration])


def presented(now: Situation) -> list[bytes]:
    if now.opening == "secret":
        return [secret_digest({"right": SECRET, "previous": SECRET}.get(now.credential, TOKEN))]
    return [{"right": token_digest(), "previous": token_digest(PREVIOUS)}.get(now.credential, bytes(32))]


def situations() -> Iterator[Situation]:
    states, proofs = ("live", "off", "deleted", "none"), ("right", "previous", "wrong")
    for each in itertools.product(OPENINGS, states, proofs, AGES, CLIENTS, LISTS):
        yield Situation(*each)


def test_every_combination_is_decided_as_the_plain_model_decides_it() -> None:
    """4,320 situations; each refusal occurs, and so does admittance."""
    seen = set()
    for now in situations():
        found = facts_of(now)
        if now.credential == "wrong" and now.opening != "secret":
            found = None  # the look-up is by the token itself
        asked = Question(OPENINGS[now.opening], presented(now), CLIENTS[now.address], ISSUED_AT + AGES[now.age])
        decision = decide(found, asked)
        expected = slow_decision.refusal(now)
        assert (type(decision.refusal).__name__ if decision.refusal else "") == expected, now
        assert (decision.passed == len(STEPS)) == (not expected), now
        seen.add(expected)
    assert seen == {
        "",
        "CredentialWrong",
        "TokenUnknown",
        "IntegrationOff",
        "TokenExpired",
        "TokenDead",
        "AddressRefused",
        "PermissionMissing",
    }


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({"secret_digest": bytes(32)}, 0),
        ({"enabled": 0}, 1),
        ({"access": LISTS["empty"]}, 3),
    ],
    ids=["credential", "integration", "address"],
)
def test_a_token_request_ends_at_the_step_that_refuses(change: dict[str, Any], passed: int) -> None:
    asked = Question(OPENINGS["secret"], [secret_digest()], CLIENTS["allowed"], ISSUED_AT)
    assert decide(FACTS, asked).passed == len(STEPS)
    assert decide(FACTS._replace(**change), asked).passed == passed


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": 0},
        {"enabled": None},
        {"deleted_at": 0},
        {"access": b""},
        {"access": b"\0" * 9},
        {"access": b"\xff" * 200},
        {"access": FACTS.access[:-1]},
        {"token_digest": None},
        {"token_digest": b""},
        {"issued_at": None},
        {"issued_at": 0},
        {"issued_at": 2**62},
    ],
    ids=str,
)
@pytest.mark.parametrize("opening", ["any token", "permission held"])
def test_a_call_is_refused_where_a_fact_is_missing_or_garbled(opening: str, change: dict[str, Any]) -> None:
    asked = Question(OPENINGS[opening], [token_digest()], CLIENTS["allowed"], ISSUED_AT)
    assert decide(FACTS, asked).refusal is None
    assert isinstance(decide(FACTS._replace(**change), asked).refusal, CallRefused)


@pytest.mark.parametrize(
    "change", [{"secret_digest": b""}, {"secret_digest": bytes(32)}, {"enabled": 0}, {"access": b""}], ids=str
)
def test_a_token_request_is_refused_where_a_fact_is_missing_or_garbled(change: dict[str, Any]) -> None:
    asked = Question(OPENINGS["secret"], [secret_digest()], CLIENTS["allowed"], ISSUED_AT)
    assert isinstance(decide(FACTS._replace(**change), asked).refusal, CallRefused)


@pytest.mark.parametrize("opening", list(OPENINGS.values()), ids=list(OPENINGS))
@pytest.mark.parametrize(
    "digests", [[], [b""], [bytes(32)], [FACTS.secret_digest[:-1]]], ids=["none", "empty", "zero", "short"]
)
def test_nothing_opens_without_the_credential_itself(opening: Opening, digests: list[bytes]) -> None:
    for facts in (FACTS, None):
        assert decide(facts, Question(opening, digests, CLIENTS["allowed"], ISSUED_AT)).refusal is not None


def test_a_secret_opens_no_api_and_a_token_buys_no_token() -> None:
    for opening in OPENINGS.values():
        other = token_digest() if opening.takes_secret else secret_digest()
        assert decide(FACTS, Question(opening, [other], CLIENTS["allowed"], ISSUED_AT)).refusal is not None


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_credential_under_any_of_three_live_keys_is_good(place: int) -> None:
    keys = [ServerKey("x", b"x" * 32), ServerKey("y", b"y" * 32)]
    keys.insert(place, KEY)
    digests = credentials.digests(credentials.SECRET_PREFIX, keys, SECRET)
    assert decide(FACTS, Question(OPENINGS["secret"], digests, CLIENTS["allowed"], ISSUED_AT)).refusal is None


def test_an_unknown_app_id_and_a_wrong_secret_cannot_be_told_apart() -> None:
    """A01: the same sentence, the same number of comparisons."""
    asked = Question(OPENINGS["secret"], [secret_digest(TOKEN)], CLIENTS["other"], ISSUED_AT)
    unknown, wrong = decide(None, asked), decide(FACTS, asked)
    assert isinstance(unknown.refusal, CredentialWrong)
    assert (unknown.passed, str(unknown.refusal), type(unknown.refusal)) == (
        wrong.passed,
        str(wrong.refusal),
        type(wrong.refusal),
    )


def test_the_address_is_told_only_to_a_proved_credential() -> None:
    for opening in OPENINGS.values():
        refusal = decide(FACTS, Question(opening, [bytes(32)], CLIENTS["other"], ISSUED_AT)).refusal
        assert "192.0.3.0" not in str(refusal)
    proved = decide(FACTS, Question(OPENINGS["any token"], [token_digest()], CLIENTS["other"], ISSUED_AT)).refusal
    assert str(proved).endswith("(seen as 192.0.3.0)")


@pytest.mark.parametrize("opening", [each for each in SURFACE if each.permission], ids=lambda each: each.path)
def test_each_permission_opens_only_what_asks_for_it(opening: Opening) -> None:
    asked = Question(opening, [token_digest()], CLIENTS["allowed"], ISSUED_AT + SECOND)
    for held in Permission:
        refusal = decide(FACTS._replace(access=compile_access(held.bit, ALLOWED)), asked).refusal
        assert (refusal is None) == (held is opening.permission)
