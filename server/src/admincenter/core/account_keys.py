"""What an account is found by besides its identifier: texts that an index holds, so they have a length."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from admincenter.core.account_search import exact, fold
from admincenter.core.errors import AttributeBad
from admincenter.core.ports import AccountKeys

LONGEST = 500
"""Characters of a text that an index holds."""


def keys_of(attributes: Mapping[str, Any]) -> AccountKeys:
    """What an account with these attributes is found by. Raises AttributeBad where an index cannot hold it."""
    user_name, external_id = attributes["userName"], attributes.get("externalId")
    if not user_name.strip():
        raise AttributeBad("userName is empty; give one")
    emails = [each["value"] for each in attributes.get("emails", ()) if each.get("value")]
    for name, text in (
        ("userName", user_name),
        ("externalId", external_id or ""),
        *(("emails.value", each) for each in emails),
    ):
        _refuse_unfit(name, text)
    return AccountKeys(fold(user_name), tuple(dict.fromkeys(fold(each) for each in emails)))


def external_id_of(attributes: Mapping[str, Any]) -> str | None:
    """The external id as it is looked up; the document keeps it as it was written."""
    external_id = attributes.get("externalId")
    return None if external_id is None else exact(external_id)


def _refuse_unfit(name: str, text: str) -> None:
    if len(text) > LONGEST:
        raise AttributeBad(f"{name} is longer than {LONGEST} characters; shorten it")
    if not text.isprintable() and any(unicodedata.category(each) in ("Cc", "Cs") for each in text):
        raise AttributeBad(f"{name} holds control characters or half of one; leave them out")
