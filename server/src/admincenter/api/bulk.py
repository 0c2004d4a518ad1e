"""`POST /scim/v2/Bulk`: many operations in one request, each wholly or not at all (RFC 7644, section 3.7)."""

import asyncio

import orjson

from admincenter.api import account_writes, answers, preconditions
from admincenter.api.account_writes import Done
from admincenter.api.call import Call
from admincenter.api.reply import SCIM_JSON, Reply
from admincenter.api.scim_call import ScimCall
from admincenter.core.errors import CallRefused, StorageUnavailable
from admincenter.core.tokens import Moved
from admincenter.scim import bulk, dialect
from admincenter.scim.bulk import Operation, Result

_STATUS = {"POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 204}
_MOVED = "The integration was changed at the same moment; this operation was not done. Send it again"


async def run(call: Call) -> Reply | Moved:
    """The operations in an order in which each finds what it refers to, until so many failed as are allowed.

    What the gate allowed may be gone in the midst of them. Before anything was done the gate decides again; later, what is
    left is refused one by one, since what was done stays done.
    """
    asked = ScimCall(call, dialect.RFC)
    wanted = await asked.body(bulk.read)
    ids: dict[str, str] = {}
    results: list[Result] = []
    failures, has_done = 0, False
    for each in wanted.operations:
        await asyncio.sleep(0)  # an operation that is refused waits for nothing, and others want their turn
        result = await _result(asked, each, ids)
        if result is None and not has_done:
            return Moved()
        result = result or _failed(each, StorageUnavailable(_MOVED))
        has_done |= result.response is None
        failures += result.response is not None
        results.append(result)
        if failures == wanted.fail_on_errors:
            break
    return Reply(200, SCIM_JSON, bulk.response(results))


async def _result(asked: ScimCall, operation: Operation, ids: dict[str, str]) -> Result | None:
    """What became of an operation; None where it is no longer allowed."""
    try:
        if operation.fault is not None:
            raise operation.fault
        done = await _done(asked, operation.resolved(ids))
    except CallRefused as refusal:
        return _failed(operation, refusal)
    if isinstance(done, Moved):
        return None
    if operation.bulk_id is not None:
        ids[operation.bulk_id] = done.account_id
    location = f"{asked.base}/Users/{done.account_id}"
    version = None if operation.method == "DELETE" else preconditions.tag(done.version)
    return Result(operation.method, _STATUS[operation.method], operation.bulk_id, location, version)


async def _done(asked: ScimCall, operation: Operation) -> Done:
    account_id, expected = operation.account_id or "", preconditions.expected(operation.version or "")
    match operation.method:
        case "POST":
            return await account_writes.create(asked, operation.data)
        case "PUT":
            return await account_writes.replace(asked, account_id, operation.data, expected)
        case "PATCH":
            return await account_writes.patch(asked, account_id, operation.data, expected)
        case _:
            return await account_writes.delete(asked, account_id, expected)


def _failed(operation: Operation, refusal: CallRefused) -> Result:
    body = answers.scim_error(refusal)
    return Result(operation.method, int(str(body["status"])), operation.bulk_id, response=orjson.dumps(body))
