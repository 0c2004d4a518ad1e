"""The account directory of a seeded data directory, made through the core as the API makes it."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from admincenter.core import accounts
from admincenter.core.accounts import Wanted, Writer
from admincenter.core.audit import Event, Origin
from admincenter.core.ports import Change, Tx
from admincenter.store.opening import Store

_A_COMMIT = 1_000
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Told = Callable[[str], None]


def person(number: int) -> dict[str, Any]:
    """The attributes of an account, as identity providers send them: half a kilobyte."""
    name = user_name(number)
    return {
        "externalId": f"emp-{number:07}",
        "userName": name,
        "name": {"formatted": f"Given{number} Family{number % 9_973}", "givenName": f"Given{number}"},
        "displayName": f"Given{number} Family{number % 9_973}",
        "active": number % 10 != 0,
        "title": "Engineer" if number % 3 else "Analyst",
        "emails": [{"value": name, "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"+44-20-7946-{number % 10_000:04}", "type": "work"}],
        _ENTERPRISE: {
            "employeeNumber": str(number),
            "department": f"Department {number % 211}",
            "costCenter": str(number % 31),
        },
    }


def user_name(number: int) -> str:
    """The user name of the account that was made as this one."""
    return f"person{number:07}@example.com"


def seed(store: Store, instance: str, wanted: int, told: Told) -> None:
    """So many accounts."""
    for start in range(0, wanted, _A_COMMIT):
        numbers = range(start, min(start + _A_COMMIT, wanted))
        store.write(partial(_create, instance=instance, numbers=numbers))
        told(f"seeding: {numbers.stop:,} of {wanted:,} accounts")


def _create(tx: Tx, instance: str, numbers: range) -> Change[None]:
    writer = Writer(Origin("cli:operator@admin.example.com"), os.urandom, "https://admin.example.com")
    events = list[Event]()
    for number in numbers:
        events += accounts.create(tx, instance, Wanted(person(number)), writer).events
    return Change(None, events)
