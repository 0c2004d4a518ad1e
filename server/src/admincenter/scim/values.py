"""One value as its attribute wants it: the right kind, the canonical spelling, nothing empty. Raises ScimBad."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic_core import Url

from admincenter.core.errors import ScimBad
from admincenter.scim.attributes import Attribute, Attributes

MOST_VALUES = 200
_TRUTH = {"true": True, "false": False}


class Leniency(NamedTuple):
    """What is taken besides the letter. Bodies have that of their dialect, PATCH has its own."""

    unknown: bool = False
    text_booleans: bool = False
    loose_manager: bool = False
    single_values: bool = False


STRICT = Leniency()
PATCHING = Leniency(text_booleans=True, loose_manager=True, single_values=True)
LENIENT = Leniency(unknown=True, text_booleans=True, loose_manager=True, single_values=True)


def kept(attribute: Attribute, value: Any, leniency: Leniency, where: str) -> Any:
    """The value as it is stored, all of it; None where it is empty (RFC 7643 section 2.5)."""
    if (
        isinstance(value, str)
        and attribute.kind == "string"
        and not (attribute.many or attribute.canonical)
        and len(value) <= attribute.limit
    ):
        return value or None  # what most values are; all that follows would say the same
    if not attribute.many:
        return kept_one(attribute, _alone(attribute, value) if leniency.single_values else value, leniency, where)
    if value is None:
        return None
    if not isinstance(value, list):
        if not leniency.single_values:
            raise ScimBad(f"{where} must be an array")
        value = [value]
    if len(value) > MOST_VALUES:
        raise ScimBad(f"{where} has more than {MOST_VALUES} values")
    found = [each for each in (kept_one(attribute, one, leniency, where) for one in value) if each is not None]
    if attribute.subs and sum(each.get("primary") is True for each in found) > 1:
        raise ScimBad(f"{where} has more than one primary value; only one may be")
    return found or None


def kept_one(attribute: Attribute, value: Any, leniency: Leniency, where: str) -> Any:
    """One value, of an attribute that may hold many."""
    if value is None or value == "":
        return None
    if attribute.name == "manager" and leniency.loose_manager:
        value = _manager(value)
    return _READERS[attribute.kind](attribute, value, leniency, where)


def _alone(attribute: Attribute, value: Any) -> Any:
    """Older jobs of Entra wrap any single value: `[{"$ref": null, "value": "x"}]`."""
    if not isinstance(value, list) or len(value) != 1:
        return value
    [inner] = value
    wrapped = attribute.kind != "complex" and isinstance(inner, dict) and "value" in inner
    return inner["value"] if wrapped else inner


def parts(subs: Attributes, value: Any, leniency: Leniency, where: str) -> dict[str, Any]:
    """The parts of an object that are kept, under their names, None where they are named and empty."""
    if not isinstance(value, dict):
        raise ScimBad(f"{where} must be an object")
    found: dict[str, Any] = {}
    for name, part in value.items():
        attribute = subs.get(name.lower())
        if attribute is None and not leniency.unknown:
            raise ScimBad(f"{where} has no {name[:100]!r}", "invalidSyntax")
        if attribute is not None and attribute.kept:
            refuse_twice(attribute.name, found)
            found[attribute.name] = kept(attribute, part, leniency, f"{where}.{attribute.name}")
    return {each.name: found[each.name] for each in subs.values() if each.name in found}


def refuse_twice(name: str, found: Mapping[str, Any]) -> None:
    """A name may be spelled in any case, but only once."""
    if name in found:
        raise ScimBad(f"{name} is given twice", "invalidSyntax")


def without_empty(found: Mapping[str, Any]) -> dict[str, Any]:
    """Only what has a value."""
    return {name: value for name, value in found.items() if value is not None}


def _complex(attribute: Attribute, value: Any, leniency: Leniency, where: str) -> dict[str, Any] | None:
    return without_empty(parts(attribute.subs, value, leniency, where)) or None


def _manager(value: Any) -> Any:
    """Entra sends a text, Meta's clients `managerId`, which may be a number."""
    if isinstance(value, dict):
        renamed = {("value" if name.lower() == "managerid" else name): each for name, each in value.items()}
        return {name: _digits(each) if name.lower() == "value" else each for name, each in renamed.items()}
    return {"value": _digits(value)}


def _digits(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _string(attribute: Attribute, value: Any, _leniency: Leniency, where: str) -> str:
    if not isinstance(value, str):
        raise ScimBad(f"{where} must be a text")
    if len(value) > attribute.limit:
        raise ScimBad(f"{where} is longer than {attribute.limit} characters")
    if not attribute.canonical:
        return value
    spelled = attribute.canonical.get(value.lower())
    if spelled is None and attribute.enforced:
        raise ScimBad(f"{where} must be one of {', '.join(attribute.canonical.values())}")
    return value if spelled is None else spelled


def _boolean(_attribute: Attribute, value: Any, leniency: Leniency, where: str) -> bool:
    if isinstance(value, bool):
        return value
    if leniency.text_booleans and isinstance(value, str) and value.lower() in _TRUTH:
        return _TRUTH[value.lower()]
    raise ScimBad(f"{where} must be true or false")


def _integer(_attribute: Attribute, value: Any, _leniency: Leniency, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScimBad(f"{where} must be a whole number")
    return value


def _reference(attribute: Attribute, value: Any, leniency: Leniency, where: str) -> str:
    text = _string(attribute, value, leniency, where)
    if attribute.external and not text.startswith("/"):
        try:
            Url(text)
        except ValueError:
            raise ScimBad(f"{where} must be a URL") from None
    return text


def _binary(_attribute: Attribute, value: Any, leniency: Leniency, where: str) -> str:
    text = "".join(_string(_attribute, value, leniency, where).split())
    try:
        return b64encode(b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        raise ScimBad(f"{where} must be Base64") from None


_Reader = Callable[[Attribute, Any, Leniency, str], Any]
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "string": _string,
        "boolean": _boolean,
        "integer": _integer,
        "reference": _reference,
        "binary": _binary,
        "complex": _complex,
    }
)
