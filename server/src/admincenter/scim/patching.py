"""The body of a PATCH: operations, read into steps before anything is looked up (RFC 7644 section 3.5.2).

Entra and Okta send what the letter does not know; `PATCH_TOLERANCES` in `dialect.py` lists what is taken, in both dialects.
Reading finds every fault that does not depend on the account; `Patch.applied` does the rest, wholly or not at all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from scim2_models import InvalidPathException, Path
from scim2_models.path import AttrPath, ValuePath

from admincenter.core.accounts import Wanted
from admincenter.core.errors import ScimBad
from admincenter.scim import attributes, changing, predicates
from admincenter.scim.attributes import CORE_ATTRIBUTES, EXTENSION_ATTRIBUTES, Place, known_urn
from admincenter.scim.changing import Choice, Step
from admincenter.scim.dialect import Dialect
from admincenter.scim.json_text import read_object
from admincenter.scim.models import CORE, STATUS
from admincenter.scim.reading import Body, colon_form, whole
from admincenter.scim.values import LENIENT, PATCHING, Leniency, kept, kept_one, parts

MOST_OPERATIONS = 100
MOST_PATHS = 150
MOST_CHOICES = 50
MOST_ENTRIES = 1_000
LONGEST_PATH = 256
MOST_NAMED = 50
MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_OPS = ("add", "replace", "remove")
_PLAIN = re.compile(r"((?:urn:[\w.:-]+:)?)([A-Za-z][\w-]*)(?:\.([A-Za-z][\w-]*))?", re.IGNORECASE | re.ASCII)


class Patch(NamedTuple):
    """What a PATCH does, step by step."""

    steps: Sequence[Step]

    def applied(self, document: bytes | Mapping[str, Any]) -> Wanted:
        """The account as it is to be. Raises ScimBad where a step cannot be taken; then none is."""
        decoded = orjson.loads(document if isinstance(document, bytes) else orjson.dumps(document))
        found = {name: value for name, value in decoded.items() if _is_kept(name)}
        for step in self.steps:
            changing.take(step, found)
        changing.prune(found)
        status = found.pop(STATUS, {})
        touched = any(step.place.urn == STATUS for step in self.steps)
        return Wanted(whole(found), status.get("invited") if touched else None)


def patched(body: Body, dialect: Dialect, document: bytes | Mapping[str, Any]) -> Wanted:
    """Reads and applies at once."""
    return read(body, dialect).applied(document)


def read(body: Body, dialect: Dialect) -> Patch:
    """The operations of the body. Raises ScimBad where they are wrong on any account."""
    data = read_object(body) if isinstance(body, bytes) else body
    members = {name.lower(): value for name, value in data.items()}
    listed = members.get("schemas", [MESSAGE])
    if not dialect.lenient and (not isinstance(listed, list) or MESSAGE not in listed):
        raise ScimBad(f"schemas must name {MESSAGE}", "invalidSyntax")
    operations = members.get("operations")
    if not isinstance(operations, list) or not operations:
        raise ScimBad("Operations must be an array of one or more operations", "invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise ScimBad(f"There are more than {MOST_OPERATIONS} operations; send them in several requests", "tooMany")
    _check_size([each for one in operations if isinstance(one, Mapping) for each in _targets(one)])
    leniency = LENIENT if dialect.lenient else PATCHING
    return Patch([step for each in operations for step in _operation(each, leniency)])


def _targets(operation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every path that an operation names, with what is to be there; the keys of a value without a path are paths too."""
    members = {name.lower(): value for name, value in operation.items()}
    path, value = members.get("path"), members.get("value")
    if isinstance(path, str) and path:
        yield path, value
    if isinstance(value, Mapping) and (not path or str(path).lower().startswith("urn:")):
        yield from _keys(value)


def _keys(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        yield key, item
        if isinstance(item, Mapping) and key.lower().startswith("urn:"):
            yield from _keys(item)


def _check_size(targets: Sequence[tuple[str, Any]]) -> None:
    """Everybody waits while a PATCH is read, and while it is applied: so much of each is enough for any account."""
    sizes = (
        (MOST_PATHS, "paths", len(targets)),
        (MOST_CHOICES, "paths with a filter", sum("[" in path for path, _value in targets)),
        (MOST_ENTRIES, "values", sum(len(value) for _path, value in targets if isinstance(value, list))),
    )
    for most, what, number in sizes:
        if number > most:
            raise ScimBad(f"There are more than {most} {what}; send them in several requests", "tooMany")


def _is_kept(name: str) -> bool:
    attribute = CORE_ATTRIBUTES.get(name.lower())
    return attribute.kept if attribute else name in EXTENSION_ATTRIBUTES


def _operation(operation: Any, leniency: Leniency) -> Iterator[Step]:
    if not isinstance(operation, Mapping):
        raise ScimBad("Each operation must be an object", "invalidSyntax")
    members = {name.lower(): value for name, value in operation.items()}
    op, path = str(members.get("op")).lower(), members.get("path")
    if op not in _OPS:
        raise ScimBad(f"{members.get('op')!r:.100} is no operation: add, replace or remove", "invalidSyntax")
    if path is not None and not isinstance(path, str):
        raise ScimBad("path must be a text", "invalidPath")
    if op == "remove" and not path:
        raise ScimBad("remove needs a path", "noTarget")
    if (op != "remove" and "value" not in members) or (op == "add" and members["value"] is None):
        raise ScimBad(f"{op} needs a value")
    if not path:
        return _keyed(op, None, members["value"], leniency)
    return _at(op, path, members.get("value"), leniency, explicit=True)


def _keyed(op: str, urn: str | None, value: Any, leniency: Leniency) -> Iterator[Step]:
    """A value whose keys are attributes or paths, of the account or of one extension."""
    if not isinstance(value, Mapping):
        raise ScimBad("A value without a path to an attribute must be an object")
    for key, item in value.items():
        if key.lower() == "schemas":
            continue
        yield from _at(op, f"{urn}:{key}" if urn else key, item, leniency, explicit=False)


def _at(op: str, path: str, value: Any, leniency: Leniency, *, explicit: bool) -> Iterator[Step]:
    """The steps of one path. What is not kept is left out where it is only a key; a path to it is refused."""
    text = colon_form(path) if leniency.unknown else path
    urn = known_urn(text)
    if urn is not None:
        return _schema(op, urn, value, leniency)
    node = _parsed(text)
    found = attributes.find(node.attr_path.uri, node.attr_path.attr, node.sub_attr)
    if found is None:
        if leniency.unknown:
            return iter(())
        raise ScimBad(f"There is no attribute {path[:200]!r}; /Schemas lists what there is", "invalidPath")
    if not (found.attribute.kept and found.target.kept):
        if explicit and found.target.mutability == "readOnly" and found.attribute.name != "schemas":
            raise ScimBad(f"{found.name} is read-only", "mutability")
        return iter(())
    return iter(_steps(op, found, _choice(found, node), value, leniency))


def _schema(op: str, urn: str, value: Any, leniency: Leniency) -> Iterator[Step]:
    """A path that is a schema: its attributes are the value's keys; removed, it goes with all of them."""
    if op != "remove" and value is not None:
        return _keyed(op, None if urn == CORE else urn, value, leniency)
    if urn == CORE:
        raise ScimBad("The account itself cannot be removed by PATCH", "mutability")
    kept_there = (each for each in EXTENSION_ATTRIBUTES[urn].values() if each.kept)
    return (step for each in kept_there for step in _steps("remove", Place(urn, each), None, None, leniency))


class _Node(NamedTuple):
    """A parsed path: what it names, the filter in brackets, the part behind them."""

    attr_path: AttrPath
    sub_attr: str | None
    selects: ValuePath | None = None


def _parsed(path: str) -> _Node:
    if len(path) > LONGEST_PATH:
        raise ScimBad(f"A path is longer than {LONGEST_PATH} characters", "invalidPath")
    plain = _PLAIN.fullmatch(path)
    if plain:  # what nearly every client sends: the grammar would say the same
        urn, name, sub = plain.groups()
        return _Node(AttrPath(name, sub, urn.removesuffix(":") or None), sub)
    try:
        node = Path(path).ast
    except (InvalidPathException, ValueError, RecursionError) as error:
        raise ScimBad(f"{path[:200]!r} is no path: {getattr(error, 'detail', error)}", "invalidPath") from None
    if isinstance(node, AttrPath):
        return _Node(node, node.sub_attr)
    if isinstance(node, ValuePath):
        return _Node(node.attr_path, node.sub_attr, node)
    raise ScimBad(f"{path[:200]!r} is a comparison; a path names an attribute", "invalidPath")


def _choice(place: Place, node: _Node) -> Choice | None:
    """The entries that the brackets choose, and the one that they describe."""
    if node.selects is None:
        return None
    predicates.selected(node.selects)
    matches = predicates.of_entry(place.attribute, node.selects.val_filter)
    return Choice(matches, changing.described(place.attribute, node.selects.val_filter))


def _steps(op: str, place: Place, choice: Choice | None, value: Any, leniency: Leniency) -> list[Step]:
    """One step, with its value as the attribute wants it; none where there is nothing to add."""
    if op == "remove":
        _refuse_required(place, choice)
        chosen = choice or (_named_by(place, value) if place.attribute.many and place.sub is None and value else None)
        return [Step("remove", place, chosen, None)]
    read = _value(place, choice, value, leniency)
    if read is not None:
        return [Step(op, place, choice, read)]
    if op == "add":
        return []
    _refuse_required(place, choice)
    return [Step("remove", place, choice, None)]


def _refuse_required(place: Place, choice: Choice | None) -> None:
    if place.target.required and choice is None:
        raise ScimBad(f"{place.name} is required and cannot be removed", "mutability")


def _value(place: Place, choice: Choice | None, value: Any, leniency: Leniency) -> Any:
    attribute = place.attribute
    if place.sub is not None:
        return kept(place.sub, value, leniency, place.name)
    if choice is not None:
        alone = value[0] if isinstance(value, list) and len(value) == 1 else value
        return None if alone is None else parts(attribute.subs, alone, leniency, place.name)
    if attribute.kind == "complex" and not attribute.many and isinstance(value, Mapping) and attribute.name != "manager":
        return parts(attribute.subs, value, leniency, place.name)
    return kept(attribute, value, leniency, place.name)


def _named_by(place: Place, value: Any) -> Choice:
    """`remove` with a value: the entries that have what one of the values has, as Entra sends it."""
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_NAMED:
        raise ScimBad(f"The value names more than {MOST_NAMED} entries")
    wanted = [{"value": each} if isinstance(each, str) else each for each in values]
    read = [kept_one(place.attribute, each, PATCHING, place.name) for each in wanted]
    return Choice(changing.like(place.attribute, [each for each in read if each]), None)
