"""A Bulk request as plain operations, in an order in which each can refer to the accounts that are made before it.

RFC 7644 section 3.7. An operation that is wrong fails alone; what makes the whole request meaningless refuses it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from admincenter.core.errors import BulkTooLarge, ScimBad
from admincenter.scim.discovery import MOST_OPERATIONS
from admincenter.scim.json_text import read_object

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = b"urn:ietf:params:scim:api:messages:2.0:BulkResponse"
METHODS = ("POST", "PUT", "PATCH", "DELETE")
_REFERENCE = "bulkId:"
_HEAD = ("method", "bulkId", "version", "path")
_PLACE = "Users"
LONGEST_TEXT = 1_000
"""Characters of a method, a bulkId, a version or a path: each is looked at again and again."""


class Operation(NamedTuple):
    """One operation. `account_id` is None of a POST; `fault` says why it cannot be carried out at all."""

    method: str
    bulk_id: str | None
    account_id: str | None
    version: str | None
    data: Mapping[str, Any]
    fault: ScimBad | None = None

    def resolved(self, ids: Mapping[str, str]) -> "Operation":
        """With the accounts' ids where it refers to them. Raises ScimBad where one was not made."""
        account_id = None if self.account_id is None else _resolved(self.account_id, ids)
        return self._replace(account_id=account_id, data=_resolved_in(self.data, ids))


class Bulk(NamedTuple):
    """The operations in the order in which they are carried out; after how many failures to stop (None: never)."""

    operations: Sequence[Operation]
    fail_on_errors: int | None


class Result(NamedTuple):
    """What became of an operation. `response` is an error's body."""

    method: str
    status: int
    bulk_id: str | None = None
    location: str | None = None
    version: str | None = None
    response: bytes | None = None


def read(body: bytes) -> Bulk:
    """The operations of the body. Raises ScimBad, or BulkTooLarge where there are too many."""
    members = {name.lower(): value for name, value in read_object(body).items()}
    listed = members.get("schemas", [REQUEST])
    if not isinstance(listed, list) or REQUEST not in listed:
        raise ScimBad(f"schemas must name {REQUEST}", "invalidSyntax")
    operations = members.get("operations")
    if not isinstance(operations, list) or not all(isinstance(each, Mapping) for each in operations):
        raise ScimBad("Operations must be an array of objects", "invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise BulkTooLarge(MOST_OPERATIONS)
    limit = members.get("failonerrors")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise ScimBad("failOnErrors must be a whole number above 0", "invalidSyntax")
    return Bulk(_in_order([_operation(each) for each in operations]), limit)


def response(results: Sequence[Result]) -> bytes:
    """The BulkResponse."""
    return b'{"schemas":["%b"],"Operations":[%b]}' % (RESPONSE, b",".join(map(_rendered, results)))


def _rendered(result: Result) -> bytes:
    named = {
        "method": result.method,
        "bulkId": result.bulk_id,
        "version": result.version,
        "location": result.location,
        "response": None if result.response is None else orjson.Fragment(result.response),
        "status": str(result.status),
    }
    return orjson.dumps({name: value for name, value in named.items() if value is not None})


def _operation(operation: Mapping[str, Any]) -> Operation:
    members = {name.lower(): value for name, value in operation.items()}
    method, bulk_id, version, path = (_text(members.get(name.lower())) for name in _HEAD)
    method, data = (method or "").upper(), members.get("data")
    read = Operation(method, bulk_id, None, version, data if isinstance(data, Mapping) else {})
    try:
        _refuse_other_than_texts(members)
        _check(read, data)
        return read._replace(account_id=_account_id(method, path))
    except ScimBad as fault:
        return read._replace(fault=fault)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT else None


def _refuse_other_than_texts(members: Mapping[str, Any]) -> None:
    """A version that cannot be read must not count as none: the operation would overwrite what it was to leave alone."""
    for name in _HEAD:
        value = members.get(name.lower())
        if value not in (None, "") and _text(value) is None:
            raise ScimBad(f"{name} must be a text of at most {LONGEST_TEXT} characters", "invalidSyntax")


def _check(operation: Operation, data: Any) -> None:
    if operation.method not in METHODS:
        raise ScimBad(f"method must be one of {', '.join(METHODS)}", "invalidSyntax")
    if operation.method == "POST" and operation.bulk_id is None:
        raise ScimBad("POST needs a bulkId", "invalidSyntax")
    if operation.method != "DELETE" and not isinstance(data, Mapping):
        raise ScimBad(f"{operation.method} needs data, an object", "invalidSyntax")


def _account_id(method: str, path: str | None) -> str | None:
    """Whom the path names. `/Users` of a POST, `/Users/ID` of the others."""
    parts = [each for each in (path or "").split("/") if each]
    if not parts or parts[0].lower() != _PLACE.lower() or len(parts) != (1 if method == "POST" else 2):
        raise ScimBad(f"path must be /{_PLACE} of a POST, and /{_PLACE}/ID of anything else", "invalidPath")
    return parts[1] if len(parts) == 2 else None


def _in_order(operations: Sequence[Operation]) -> list[Operation]:
    """Each behind those that make what it refers to, otherwise as they came. Raises ScimBad where they refer in a circle."""
    makers: dict[str, int] = {}
    for index, each in enumerate(operations):
        if each.method == "POST" and each.bulk_id is not None and makers.setdefault(each.bulk_id, index) != index:
            raise ScimBad(f"bulkId {each.bulk_id[:100]!r} is given to two operations")
    needs = [{makers[name] for name in _references(each) if name in makers} for each in operations]
    ordered: list[int] = []
    done: set[int] = set()
    for index in range(len(operations)):
        ordered.extend(_needed(index, needs, done))
    return [operations[index] for index in ordered]


def _needed(first: int, needs: Sequence[set[int]], done: set[int]) -> Iterator[int]:
    """The operation, behind all that it needs and that is not done yet."""
    path, ahead = [first], {first}
    while path:
        index = path[-1]
        missing = min(needs[index] - done, default=None) if index not in done else None
        if missing is None:
            path.pop()
            ahead.discard(index)
            if index not in done:
                done.add(index)
                yield index
        elif missing in ahead:
            raise ScimBad("Operations refer to each other's bulkId in a circle; set one of the references afterwards")
        else:
            path.append(missing)
            ahead.add(missing)


def _references(operation: Operation) -> Iterator[str]:
    """Every bulkId that the operation refers to."""
    texts = _texts(operation.data)
    for text in (*texts, operation.account_id or ""):
        if text.startswith(_REFERENCE):
            yield text.removeprefix(_REFERENCE)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _resolved(text: str, ids: Mapping[str, str]) -> str:
    if not text.startswith(_REFERENCE):
        return text
    found = ids.get(text.removeprefix(_REFERENCE))
    if found is None:
        raise ScimBad(f"{text[:100]} names no account that this request has made")
    return found


def _resolved_in(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _resolved(value, ids)
    if isinstance(value, Mapping):
        return {name: _resolved_in(each, ids) for name, each in value.items()}
    return [_resolved_in(each, ids) for each in value] if isinstance(value, list) else value
