"""What a search asks for, whether it comes as a query string or as the body of `.search` (RFC 7644 section 3.4.3)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from admincenter.core.account_search import Search
from admincenter.core.errors import ScimBad
from admincenter.scim import filtering, paging, sorting
from admincenter.scim.dialect import Dialect
from admincenter.scim.json_text import read_object
from admincenter.scim.paging import Window
from admincenter.scim.projection import Projection, projection
from admincenter.scim.reading import Body

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
NAMES = ("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")
_LISTS = ("attributes", "excludedAttributes")
_NUMBERS = ("startIndex", "count")
_KNOWN = {each.lower(): each for each in NAMES}


class Asked(NamedTuple):
    """A search, the stretch of its result, and what of each document is wanted (None: the whole)."""

    search: Search
    window: Window
    projection: Projection | None


def of_query(parameters: Mapping[str, str], dialect: Dialect) -> Asked:
    """A GET's query. Meta's clients write `fields` for `attributes`. Parameters that are not ours ask for nothing."""
    given = {_KNOWN[name.lower()]: value for name, value in parameters.items() if name.lower() in _KNOWN}
    if dialect.lenient and "fields" in parameters:
        given.setdefault("attributes", parameters["fields"])
    return _asked(given)


def of_body(body: Body, dialect: Dialect) -> Asked:
    """The body of a POST to `.search`."""
    members = read_object(body) if isinstance(body, bytes) else body
    listed = members.get("schemas", [MESSAGE])
    if not dialect.lenient and (not isinstance(listed, list) or MESSAGE not in listed):
        raise ScimBad(f"schemas must name {MESSAGE}", "invalidSyntax")
    named = {_KNOWN.get(name.lower()): value for name, value in members.items()}
    return _asked({name: _text(name, value) for name, value in named.items() if name is not None and value is not None})


def _text(name: str, value: Any) -> str:
    """A member as the query string would have it."""
    if name in _LISTS and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value
    raise ScimBad(f"{name} is not of the kind that a search takes", "invalidSyntax")


def _asked(given: Mapping[str, str]) -> Asked:
    window = paging.window(given.get("startIndex"), given.get("count"), given.get("cursor"))
    filtered = filtering.compiled(given["filter"]) if given.get("filter", "").strip() else filtering.Filter(None, None)
    search = Search(
        where=filtered.where,
        also=filtered.also,
        sort=sorting.sort(given.get("sortBy"), given.get("sortOrder")),
        start=window.start,
        count=window.limit,
        cursor=window.cursor,
    )
    return Asked(search, window, projection(given.get("attributes"), given.get("excludedAttributes")))
