"""The decision written a second time, as plain questions in the contract's order, on words instead of bytes."""

from typing import NamedTuple


class Situation(NamedTuple):
    """Who calls what with what, in words."""

    opening: str  # secret, any token, permission held, permission not held
    integration: str  # live, off, deleted, none
    credential: str  # right, previous, wrong
    age: str  # too early, early, fresh, last moment, over
    address: str  # allowed, allowed as mapped, other, other family, unknown
    list: str  # filled, empty, garbage


def refusal(now: Situation) -> str:
    """The name of the refusal that answers; empty where the call is allowed."""
    by_secret = now.opening == "secret"
    if now.integration == "none" or (now.credential == "wrong"):
        return "CredentialWrong" if by_secret else "TokenUnknown"
    if now.integration != "live":
        return "IntegrationOff"
    if not by_secret:
        if now.credential == "previous":
            return "TokenExpired" if now.age == "over" else "TokenDead"
        if now.age in ("too early", "over"):
            return "TokenExpired"
    if now.list != "filled" or not now.address.startswith("allowed"):
        return "AddressRefused"
    if now.opening == "permission not held":
        return "PermissionMissing"
    return ""
