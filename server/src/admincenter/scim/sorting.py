"""`sortBy` and `sortOrder` as an order of the store's, or as a key of documents (RFC 7644 section 3.4.2.3)."""

from collections.abc import Callable, Mapping
from typing import Any

from scim2_models import InvalidPathException, Path
from scim2_models.path import AttrPath

from admincenter.core.account_search import ORDERED, Field, Sort
from admincenter.core.errors import ScimBad
from admincenter.scim import predicates
from admincenter.scim.attributes import Place
from admincenter.scim.comparing import key_of

_FIELDS: Mapping[str, Field] = {each.value: each for each in ORDERED}
_DESCENDING = {"ascending": False, "descending": True}


def sort(by: str | None, order: str | None) -> Sort | None:
    """The order asked for; None where none is. An order without `sortBy` asks for nothing."""
    if not by:
        return None
    descending = _DESCENDING.get((order or "ascending").strip().lower())
    if descending is None:
        raise ScimBad("sortOrder must be ascending or descending")
    place = _place(by.strip())
    return Sort(_FIELDS.get(place.name) or _key(place), descending)


def _place(by: str) -> Place:
    try:
        node = Path(by).ast if len(by) <= 512 else None
        if isinstance(node, AttrPath):
            return predicates.compared(node)
    except (InvalidPathException, ScimBad, ValueError):
        pass
    raise ScimBad(f"sortBy must name an attribute that has a plain value, not {by[:200]!r}", "invalidPath")


def _key(place: Place) -> Callable[[dict[str, Any]], Any]:
    """Of an attribute that holds many values, the primary one counts, or else the first."""
    key, sub = key_of(place.target), place.sub.name if place.sub else ""
    read = predicates.reader(place._replace(sub=None) if place.attribute.many else place)

    def value(document: dict[str, Any]) -> Any:
        found = read(document)
        if isinstance(found, list):
            found = _foremost(found, sub)
        return None if found is None else key(found)

    return value


def _foremost(entries: list[Any], sub: str) -> Any:
    if not sub:
        return min(entries, default=None)
    chosen = next((each for each in entries if each.get("primary") is True), entries[0])
    return chosen.get(sub)
