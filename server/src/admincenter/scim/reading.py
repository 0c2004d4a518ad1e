"""The body of a POST or PUT: what an account is to be (RFC 7644 sections 3.3 and 3.5.1; contract, section 5)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from admincenter.core.accounts import Wanted
from admincenter.core.errors import ScimBad
from admincenter.scim.attributes import CORE_ATTRIBUTES, EXTENSION_ATTRIBUTES, Attribute, in_order, known_urn
from admincenter.scim.dialect import Dialect
from admincenter.scim.json_text import read_object
from admincenter.scim.models import CORE, STATUS
from admincenter.scim.values import LENIENT, STRICT, Leniency, kept, parts, refuse_twice, without_empty

LARGEST_ACCOUNT = 65_536

Body = bytes | Mapping[str, Any]
"""What came over the wire, or what a Bulk operation carries, which is already read."""


class Named(NamedTuple):
    """What a request names: attributes, None where one is emptied; and whether the person is to be invited."""

    attributes: dict[str, Any]
    invited: bool | None


def created(body: Body, dialect: Dialect) -> Wanted:
    """A new account. It is active unless the request says otherwise."""
    named = _named(body, dialect)
    return Wanted(whole(merged({"active": True}, named.attributes)), named.invited)


def replaced(body: Body, dialect: Dialect, now: Mapping[str, Any]) -> Wanted:
    """An account instead of the present one, or merged into it. Nobody becomes active again because a request is silent."""
    named = _named(body, dialect)
    silent = {name: now[name] for name in ("active",) if name in now}
    return Wanted(whole(merged(now if dialect.put_merges else silent, named.attributes)), named.invited)


def merged(now: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """What is named over what is there. Objects are merged, everything else is replaced, what is emptied goes."""
    found = dict(now)
    for name, value in named.items():
        found[name] = (merged(now.get(name) or {}, value) or None) if isinstance(value, dict) else value
    return without_empty(found)


def whole(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes in their one order. Raises ScimBad where they are no account: no userName, or too much of everything."""
    if not str(attributes.get("userName", "")).strip():
        raise ScimBad("userName is required and may not be empty")
    found = in_order(attributes)
    if _size(found) > LARGEST_ACCOUNT:
        raise ScimBad(f"The account would be larger than {LARGEST_ACCOUNT} bytes")
    return found


def _size(attributes: Mapping[str, Any]) -> int:
    """In bytes. A command line brings texts that no JSON body can: bytes that are not UTF-8."""
    try:
        return len(orjson.dumps(attributes))
    except TypeError:
        raise ScimBad("A text is not UTF-8, or holds half of a surrogate pair; leave it out") from None


def _named(body: Body, dialect: Dialect) -> Named:
    data = read_object(body) if isinstance(body, bytes) else body
    leniency = LENIENT if dialect.lenient else STRICT
    _check_schemas(data, leniency)
    found: dict[str, Any] = {}
    for key, value in (_renamed(data) if leniency.unknown else data).items():
        name, read = _member(key, value, leniency)
        if name is not None:
            refuse_twice(name, found)
            found[name] = read
    status = found.pop(STATUS, None) or {}
    return Named(found, status.get("invited"))


_Member = tuple[str | None, Any]
_NOT_KEPT: _Member = (None, None)


def _member(key: str, value: Any, leniency: Leniency) -> _Member:
    """One member of the body: the name that it is kept under, and its value."""
    attribute = CORE_ATTRIBUTES.get(key.lower())
    if attribute is not None:
        return (attribute.name, _value(attribute, value, leniency)) if attribute.kept else _NOT_KEPT
    urn = known_urn(colon_form(key) if leniency.unknown else key)
    if urn is not None and urn != CORE:
        return urn, _extension(urn, value, leniency)
    if not leniency.unknown:
        raise ScimBad(f"There is no attribute or schema {key[:100]!r}; /Schemas lists what there is", "invalidSyntax")
    return _NOT_KEPT


def colon_form(urn: str) -> str:
    """Meta's examples write `core:2.0/User` where `core:2.0:User` is meant."""
    return urn.replace(":2.0/User", ":2.0:User")


def _value(attribute: Attribute, value: Any, leniency: Leniency) -> Any:
    if attribute.kind == "complex" and not attribute.many and value is not None:
        return parts(attribute.subs, value, leniency, attribute.name)
    return kept(attribute, value, leniency, attribute.name)


def _extension(urn: str, value: Any, leniency: Leniency) -> dict[str, Any] | None:
    """What an extension holds; some clients repeat `schemas` in it."""
    if isinstance(value, dict) and "schemas" in value:
        value = {name: each for name, each in value.items() if name != "schemas"}
    return None if value is None else parts(EXTENSION_ATTRIBUTES[urn], value, leniency, urn)


def _renamed(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """With `email` as `emails`, where the latter is not there."""
    names = {name.lower(): name for name in data}
    if "email" not in names or "emails" in names:
        return data
    value = data[names["email"]]
    texts = value if isinstance(value, list) else [value]
    return {**data, "emails": [{"value": each} if isinstance(each, str) else each for each in texts]}


def _check_schemas(data: Mapping[str, Any], leniency: Leniency) -> None:
    """The letter: `schemas` lists the core schema and none that is not ours. Leniently it is not looked at."""
    listed = next((value for name, value in data.items() if name.lower() == "schemas"), None)
    if leniency.unknown or listed is None:
        return
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ScimBad("schemas must be an array of texts", "invalidSyntax")
    unknown = next((each for each in listed if known_urn(each) is None), None)
    if unknown is not None:
        raise ScimBad(f"There is no schema {unknown[:200]!r}; /Schemas lists what there is", "invalidSyntax")
    if CORE not in map(known_urn, listed):
        raise ScimBad(f"schemas must name {CORE}", "invalidSyntax")
