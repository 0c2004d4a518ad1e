"""The one decision: may this credential, from this address, open this? Used by every door and by `explain`.

Pure: what is known goes in, which steps passed and the refusal that ended it come out. Deny by default: whatever is missing
or cannot be read makes its step refuse.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from admincenter.core import credentials, tokens
from admincenter.core.errors import (
    AddressRefused,
    CallRefused,
    CredentialWrong,
    IntegrationOff,
    PermissionMissing,
    TokenUnknown,
)
from admincenter.core.network import Address, Client, admits, read_access
from admincenter.core.ports import Facts
from admincenter.core.surface import Opening

_NOBODY = bytes(32)


@dataclass(slots=True)
class Question:
    """What is asked: the opening, the credential's digests under each live key, the client, and the time."""

    opening: Opening
    presented: Sequence[bytes]
    client: Client
    now: int


class Decision(NamedTuple):
    """How it ended: how many of `STEPS` passed, and the refusal of the one that did not."""

    passed: int
    refusal: CallRefused | None


def _credential(facts: Facts | None, asked: Question) -> Facts:
    """The credential is this integration's. The same work for an unknown App ID as for a wrong secret (CVE-2025-6011)."""
    if not asked.opening.takes_secret:
        if facts is None:
            raise TokenUnknown
        return facts
    kept = facts.secret_digest if facts is not None else _NOBODY
    equal = [credentials.same(kept, each) for each in asked.presented]
    if facts is None or not any(equal):
        raise CredentialWrong
    return facts


def _integration(facts: Facts, asked: Question) -> None:
    if facts.deleted_at is not None:
        raise IntegrationOff("deleted")
    if not facts.enabled:
        raise IntegrationOff("switched off")


def _token(facts: Facts, asked: Question) -> None:
    if not asked.opening.takes_secret:
        tokens.check_live(facts, asked.presented, asked.now)


def _address(facts: Facts, asked: Question) -> None:
    if not isinstance(asked.client, Address) or not admits(facts.access, asked.client.packed):
        raise AddressRefused(str(asked.client))


def _permission(facts: Facts, asked: Question) -> None:
    needed = asked.opening.permission
    if needed is not None and not read_access(facts.access).bits & needed.bit:
        raise PermissionMissing(needed.value)


_AFTER_CREDENTIAL: tuple[Callable[[Facts, Question], None], ...] = (_integration, _token, _address, _permission)

STEPS = ("credential", "integration", "token", "address", "permission")
"""The steps in the order of the contract; the first that refuses answers."""


_ALLOWED = Decision(len(STEPS), None)


def decide(facts: Facts | None, asked: Question) -> Decision:
    """Takes the steps in order until one refuses."""
    passed = 0
    try:
        proved = _credential(facts, asked)
        passed = 1
        for step in _AFTER_CREDENTIAL:
            step(proved, asked)
            passed += 1
    except CallRefused as refusal:
        return Decision(passed, refusal)
    return _ALLOWED
