"""`attributes` and `excludedAttributes`: which part of a document a client wants (RFC 7644 section 3.9)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from scim2_models import InvalidPathException, Path
from scim2_models.path import AttrPath

from admincenter.core.errors import ScimBad
from admincenter.scim import attributes
from admincenter.scim.attributes import EXTENSION_ATTRIBUTES, Place, known_urn
from admincenter.scim.models import CORE

LONGEST = 4_096
MOST_NAMES = 200
_ALWAYS = ("schemas", "id")

Chosen = dict[str, "Chosen | None"]
"""Names that are chosen; of an object, which of its parts (None: all of it)."""


class Projection(NamedTuple):
    """What is chosen, and whether it is kept or left out."""

    chosen: Chosen
    keeps: bool

    def of(self, document: bytes) -> bytes:
        """The document with only what is wanted, or without what is not; `id` and `schemas` are in any."""
        whole = orjson.loads(document)
        part = (_kept if self.keeps else _left)(whole, self.chosen)
        found = {name: part.get(name, value) for name, value in whole.items() if name in part or name in _ALWAYS}
        found["schemas"] = [each for each in whole["schemas"] if each == CORE or each in found]
        return orjson.dumps(found)


def projection(wanted: str | None, excluded: str | None) -> Projection | None:
    """What the two parameters ask for; None where they ask for the whole. Names that are not ours choose nothing."""
    if wanted and excluded:
        raise ScimBad("Give either attributes or excludedAttributes")
    if not wanted and not excluded:
        return None
    chosen: Chosen = {}
    for place in _places(wanted or excluded or ""):
        _choose(chosen, place)
    return Projection(chosen, bool(wanted))


def projected(document: bytes, wanted: str | None, excluded: str | None) -> bytes:
    """Reads the parameters and applies them to one document."""
    asked = projection(wanted, excluded)
    return document if asked is None else asked.of(document)


def _places(text: str) -> Iterator[str | Place]:
    """Each name in the list that is an attribute, or an extension as a whole."""
    if len(text) > LONGEST:
        raise ScimBad(f"attributes and excludedAttributes may have {LONGEST} characters")
    names = {each.strip() for each in text.split(",")}
    if len(names) > MOST_NAMES:
        raise ScimBad(f"attributes and excludedAttributes may name {MOST_NAMES} attributes")
    for name in names:
        urn = known_urn(name)
        place = urn if urn in EXTENSION_ATTRIBUTES else _place(name)
        if place is not None:
            yield place


def _place(name: str) -> Place | None:
    try:
        node = Path(name).ast
    except (InvalidPathException, ValueError):
        return None
    return attributes.find(node.uri, node.attr, node.sub_attr) if isinstance(node, AttrPath) else None


def _choose(chosen: Chosen, place: str | Place) -> None:
    """Notes a place. What is chosen as a whole stays so, whichever of its parts are named besides."""
    if isinstance(place, str):
        chosen[place] = None
        return
    names = [each for each in (place.urn, place.attribute.name, place.sub.name if place.sub else None) if each]
    level = chosen
    for name in names[:-1]:
        inner = level.setdefault(name, {})
        if inner is None:
            return
        level = inner
    level[names[-1]] = None


def _kept(value: Mapping[str, Any], chosen: Chosen) -> dict[str, Any]:
    return _parts({name: each for name, each in value.items() if name in chosen}, chosen, _kept)


def _left(value: Mapping[str, Any], chosen: Chosen) -> dict[str, Any]:
    rest = {name: each for name, each in value.items() if name not in chosen or chosen[name] is not None}
    return _parts(rest, chosen, _left)


def _parts(
    value: dict[str, Any], chosen: Chosen, pick: Callable[[Mapping[str, Any], Chosen], dict[str, Any]]
) -> dict[str, Any]:
    """Picks within the objects of which only parts are meant; what becomes empty is not there."""
    for name, each in list(value.items()):
        inner = chosen.get(name)
        if inner is None:
            continue
        value[name] = (
            [one for one in (pick(entry, inner) for entry in each) if one] if isinstance(each, list) else pick(each, inner)
        )
        if not value[name]:
            del value[name]
    return value
