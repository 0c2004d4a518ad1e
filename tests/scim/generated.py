"""Accounts and filters as Hypothesis makes them, from the table that the room itself is made from."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from admincenter.scim.attributes import CORE_ATTRIBUTES, EXTENSION_ATTRIBUTES, Attribute, Place, places
from admincenter.scim.models import CORE, STATUS

WORDS = (
    "ada",
    "Ada",
    "ADA@example.com",
    "ada@Example.com",
    "b",
    "Straße",
    "STRASSE",
    "é",
    "e\u0301",
    "İ",
    "\u212a",
    "a b",
    'q"q',
    "ß",
)
TIMES = ("2026-11-27T10:00:00.000Z", "2026-11-27T10:00:00.001Z", "2026-11-27T11:00:00.000+01:00", "2025-01-01T00:00:00Z")
BINARIES = ("AAEC", "//79")

words = st.sampled_from(WORDS)


def values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """A value that the attribute takes, in its canonical form."""
    if attribute.subs:
        return st.fixed_dictionaries({}, optional={each.name: values(each) for each in attribute.subs.values()}).filter(bool)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.sampled_from([0, 1, 1_700_000_000]),
        "dateTime": st.sampled_from([TIMES[0], TIMES[1], "2025-01-01T00:00:00.000Z"]),
        "binary": st.sampled_from(BINARIES),
        "reference": st.sampled_from(["https://example.com/a", "https://example.com/B"]),
    }
    if attribute.canonical:
        return st.sampled_from([*attribute.canonical.values(), *([] if attribute.enforced else ["elsewhere"])])
    return kinds.get(attribute.kind, words)


def _whole(attribute: Attribute) -> st.SearchStrategy[Any]:
    if not attribute.many:
        return values(attribute)
    return st.lists(values(attribute), min_size=1, max_size=3).map(_one_primary)


def _one_primary(entries: list[Any]) -> list[Any]:
    primary = [each for each in entries if isinstance(each, dict) and each.get("primary")]
    for each in primary[1:]:
        each["primary"] = False
    return entries


def _group(table: Any, leave: Sequence[str] = ()) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={each.name: _whole(each) for each in table.values() if each.name not in leave})


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An account as it is stored: canonical, without anything empty."""
    core = draw(_group(CORE_ATTRIBUTES, ("schemas", "id", "meta", "password", "groups", "userName")))
    extensions = {urn: draw(_group(table)) for urn, table in EXTENSION_ATTRIBUTES.items()}
    present = {urn: each for urn, each in extensions.items() if each}
    times = {"created": draw(st.sampled_from(TIMES[:2])), "lastModified": draw(st.sampled_from(TIMES[:2]))}
    return {
        "schemas": [CORE, *present],
        "id": draw(st.sampled_from(["1", "2"])),
        "userName": draw(words),
        **core,
        **present,
        "meta": {"resourceType": "User", **times, "version": 'W/"3"'},
    }


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, Any]:
    """What of an account is kept of a request."""
    document = draw(documents())
    found = {name: each for name, each in document.items() if name not in ("schemas", "id", "meta", STATUS)}
    for name in [each for each in found if each in EXTENSION_ATTRIBUTES]:
        found[name].get("manager", {}).pop("displayName", None)
        if found[name].get("manager") == {}:
            del found[name]["manager"]
        if not found[name]:
            del found[name]
    return found


_COMPARED = [
    each for each in places() if each.target.kind != "complex" or (each.attribute.many and "value" in each.attribute.subs)
]
_SELECTABLE = [each for each in places() if each.attribute.many and each.attribute.subs and each.sub is None]
_ORDERS = ("gt", "ge", "lt", "le")
_STRINGS = ("co", "sw", "ew")


def _operand(attribute: Attribute) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.sampled_from([0, 1, 1_700_000_000]),
        "dateTime": st.sampled_from(TIMES),
        "binary": st.sampled_from(BINARIES),
        "reference": st.sampled_from(["https://example.com/a", "https://example.com/B"]),
    }
    texts = st.one_of(words, st.sampled_from([*attribute.canonical.values(), "WORK", "elsewhere"]))
    return st.one_of(st.none(), kinds.get(attribute.kind, texts))


@st.composite
def _comparisons(draw: st.DrawFn, name: str, attribute: Attribute) -> str:
    plain = attribute.kind in ("boolean", "binary") or attribute.name == "password"
    op = draw(st.sampled_from(["eq", "ne"] if plain else ["eq", "ne", *_ORDERS, *_STRINGS]))
    if op in _STRINGS:
        value: Any = draw(words.flatmap(lambda word: st.sampled_from([word, word[:1], word[-2:]])))
    else:
        value = draw(_operand(attribute))
    spelled = draw(
        st.sampled_from([name, name.upper() if ":" not in name else name, name.swapcase() if ":" not in name else name])
    )
    return f"{spelled} {draw(st.sampled_from([op, op.upper()]))} {json.dumps(value, ensure_ascii=draw(st.booleans()))}"


def _compared_part(place: Place) -> Attribute:
    return place.target if place.target.kind != "complex" else place.attribute.subs["value"]


@st.composite
def _terms(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["compare", "compare", "compare", "present", "select"]))
    if kind == "present":
        return f"{draw(st.sampled_from(list(places()))).name} pr"
    if kind == "select":
        place = draw(st.sampled_from(_SELECTABLE))
        parts = list(place.attribute.subs.values())
        terms = [
            draw(st.sampled_from(parts).flatmap(lambda each: _comparisons(each.name, each)))
            for _ in range(draw(st.integers(1, 3)))
        ]
        return f"{place.name}[{draw(st.sampled_from([' and ', ' or '])).join(terms)}]"
    place = draw(st.sampled_from(_COMPARED))
    qualified = f"{CORE}:{place.name}" if place.urn is None and draw(st.booleans()) else place.name
    return draw(_comparisons(qualified, _compared_part(place)))


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(inner, st.sampled_from([" and ", " or ", " AND "]), inner).map(
        lambda each: f"({each[0]}){each[1]}({each[2]})"
    )
    return st.one_of(joined, inner.map(lambda each: f"not ({each})"))


filters = st.recursive(_terms(), _nested, max_leaves=6)
"""The text of a filter: every operator, value paths, names in any case, with and without URN, three deep."""
