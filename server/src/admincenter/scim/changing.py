"""One step of a PATCH on an account's attributes, as RFC 7644 section 3.5.2 defines add, replace and remove.

The attributes are a copy that belongs to the PATCH, so a step may leave it half-done when it raises.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from admincenter.core.errors import ScimBad
from admincenter.scim.attributes import Attribute, Place
from admincenter.scim.comparing import key_of
from admincenter.scim.json_text import storable
from admincenter.scim.predicates import Predicate
from admincenter.scim.values import MOST_VALUES, PATCHING, kept

Entry = dict[str, Any]


class Choice(NamedTuple):
    """Entries that are chosen, and the entry that the choice describes, where it describes one."""

    matches: Predicate
    described: Entry | None


class Step(NamedTuple):
    """One change. `value` is as the attribute wants it: parts to merge for an object, never empty but for remove."""

    op: str
    place: Place
    choice: Choice | None
    value: Any


def take(step: Step, attributes: dict[str, Any]) -> None:
    """Changes the attributes. The step stays as it is: it is taken again where the batch that it is in runs twice."""
    step = step._replace(value=_copied(step.value))
    place = step.place
    host = attributes if place.urn is None else attributes.setdefault(place.urn, {})
    if step.choice is not None or (place.attribute.many and place.sub is not None):
        _on_entries(step, host)
    elif place.sub is not None:
        _put(host.setdefault(place.attribute.name, {}), place.sub.name, step.value)
    elif place.attribute.many and step.op == "add":
        _add(place.attribute, host, step.value)
    elif isinstance(step.value, dict):
        _merge(host.setdefault(place.attribute.name, {}), step.value)
    else:
        _put(host, place.attribute.name, step.value)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def prune(attributes: dict[str, Any]) -> None:
    """What became empty is not there (RFC 7643 section 2.5)."""
    for name, value in list(attributes.items()):
        if isinstance(value, dict):
            prune(value)
        elif isinstance(value, list):
            attributes[name] = [each for each in value if each != {}]
        if attributes[name] in ({}, [], None):
            del attributes[name]


def described(attribute: Attribute, node: FilterNode) -> Entry | None:
    """The entry that a filter describes: comparisons with `eq`, joined by `and`. None where it describes none."""
    terms = node.terms if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_ else (node,)
    found: Entry = {}
    for term in terms:
        if not isinstance(term, Comparison) or term.op != CompareOperator.eq or term.value is None:
            return None
        if not storable(str(term.value)):
            raise ScimBad("A path's filter holds U+0000 or half of a surrogate pair; leave it out", "invalidPath")
        part = attribute.subs[term.attr_path.attr.lower()]
        found[part.name] = kept(part, term.value, PATCHING, part.name)
    return found


def like(attribute: Attribute, values: Sequence[Entry]) -> Predicate:
    """Whether an entry has all that one of the values has."""
    keys = [_key(attribute, each) for each in values]

    def judge(entry: Mapping[str, Any]) -> bool:
        key = _key(attribute, entry)
        return any(each <= key for each in keys)

    return judge


def _put(host: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        host.pop(name, None)
    else:
        host[name] = value


def _merge(host: dict[str, Any], value: Mapping[str, Any]) -> None:
    for name, each in value.items():
        _put(host, name, each)


def _key(attribute: Attribute, entry: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    """What makes two entries the same: every part, compared as filters compare it."""
    return frozenset((name, key_of(attribute.subs[name.lower()])(value)) for name, value in entry.items())


def _add(attribute: Attribute, host: dict[str, Any], entries: Sequence[Entry]) -> None:
    """The entries that are not there yet, behind those that are."""
    present = host.setdefault(attribute.name, [])
    keys = {_key(attribute, each) for each in present}
    with _primary_settled(attribute, host):
        present.extend(each for each in entries if _key(attribute, each) not in keys)


def _on_entries(step: Step, host: dict[str, Any]) -> None:
    """A change of chosen entries, or of one part of all of them."""
    attribute = step.place.attribute
    entries: list[Entry] = host.setdefault(attribute.name, [])
    chosen = [each for each in entries if step.choice is None or step.choice.matches(each)]
    with _primary_settled(attribute, host):
        if step.op == "remove" and step.place.sub is None:
            host[attribute.name] = [each for each in entries if not any(each is one for one in chosen)]
        elif chosen or step.op == "remove":
            for each in chosen:
                _change(step, each)
        else:
            entries.append(_made(step))


def _change(step: Step, entry: Entry) -> None:
    if step.place.sub is not None:
        _put(entry, step.place.sub.name, step.value)
    else:
        _merge(entry, step.value)


def _made(step: Step) -> Entry:
    """The entry that was described and is not there, with the value in it. Raises ScimBad where none was described."""
    attribute, choice = step.place.attribute, step.choice
    if choice is not None and choice.described is None:
        raise ScimBad(f"No value of {step.place.attribute.name} matches the path's filter", "noTarget")
    entry: Entry = {**choice.described} if choice and choice.described else {}
    _change(step, entry)
    if choice is not None and not choice.matches(entry):
        raise ScimBad(f"The value contradicts the filter in the path to {attribute.name}")
    return {each.name: entry[each.name] for each in attribute.subs.values() if each.name in entry}


class _primary_settled:
    """Around a change of entries: a value just marked primary unmarks the others, and only one can be marked."""

    def __init__(self, attribute: Attribute, host: dict[str, Any]) -> None:
        self._name, self._host = attribute.name, host
        self._before = {id(each) for each in host[attribute.name] if each.get("primary") is True}

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, *_rest: object) -> None:
        entries = self._host[self._name]
        if kind is None:
            _unmark(entries, [each for each in entries if each.get("primary") is True and id(each) not in self._before])
        if len(entries) > MOST_VALUES and kind is None:
            raise ScimBad(f"{self._name} would have more than {MOST_VALUES} values")


def _unmark(entries: Sequence[Entry], marked: Sequence[Entry]) -> None:
    if len(marked) > 1:
        raise ScimBad("More than one value is marked as primary; only one may be")
    for each in entries:
        if marked and each is not marked[0] and each.get("primary") is True:
            each["primary"] = False
