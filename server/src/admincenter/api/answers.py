"""From a refusal to what goes over the wire: one total table for the Graph dialect (contract, section 2)."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from admincenter.core import errors
from admincenter.core.errors import CallRefused

JSON = (b"content-type", b"application/json; charset=UTF-8")
NO_STORE = (b"cache-control", b"no-store")
RETRY_SECONDS = 1

Headers = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """A whole answer, without its request id."""

    status: int
    headers: Headers
    body: bytes


class Answer(NamedTuple):
    """How one refusal is answered. `numbered` messages begin with their code, as Graph's do."""

    status: int
    code: int
    subcode: int | None = None
    numbered: bool = False
    token_trouble: bool = False
    transient: bool = False
    closes: bool = False


GRAPH: Mapping[type[CallRefused], Answer] = {
    errors.TokenMissing: Answer(400, 104, token_trouble=True),
    errors.TokenMalformed: Answer(400, 190, token_trouble=True),
    errors.CredentialWrong: Answer(400, 190, token_trouble=True),
    errors.TokenExpired: Answer(400, 190, 463, token_trouble=True),
    errors.TokenDead: Answer(400, 190, 460, token_trouble=True),
    errors.IntegrationOff: Answer(400, 190, 467, token_trouble=True),
    errors.TokenUnknown: Answer(400, 190, 467, token_trouble=True),
    errors.AddressRefused: Answer(400, 5),
    errors.PermissionMissing: Answer(403, 10, numbered=True),
    errors.ParameterBad: Answer(400, 100, numbered=True),
    errors.ClientSideUse: Answer(400, 100, numbered=True),
    errors.RequestMalformed: Answer(400, 100, numbered=True, closes=True),
    errors.HostUnknown: Answer(400, 100, numbered=True, closes=True),
    errors.CursorBad: Answer(400, 2642),
    errors.BodyTooLarge: Answer(413, 100, numbered=True, closes=True),
    errors.HeadersTooLarge: Answer(431, 100, numbered=True, closes=True),
    errors.DeadlinePassed: Answer(408, 100, numbered=True, closes=True),
    errors.ContentTypeWrong: Answer(415, 100, numbered=True, closes=True),
    errors.GenerationMismatch: Answer(409, 9001, numbered=True),
    errors.NoLiveToken: Answer(404, 9002, numbered=True),
    errors.RateLimited: Answer(429, 4, numbered=True, transient=True),
    errors.PathUnknown: Answer(404, 2500),
    errors.MethodUnknown: Answer(405, 100, 33, numbered=True),
    errors.StorageUnavailable: Answer(503, 2, transient=True),
    errors.OutcomeUnknown: Answer(503, 2, transient=True),
    errors.Unexpected: Answer(500, 1),
}
"""Every refusal of a call, and nothing else; a class without a row fails a test."""


def graph(refusal: CallRefused, request_id: str) -> Reply:
    """The refusal in the Graph dialect."""
    answer = GRAPH[type(refusal)]
    message = f"(#{answer.code}) {refusal}" if answer.numbered else str(refusal)
    error: dict[str, object] = {"message": message, "type": "OAuthException", "code": answer.code}
    if answer.subcode is not None:
        error["error_subcode"] = answer.subcode
    if answer.transient:
        error["is_transient"] = True
    error["fbtrace_id"] = request_id
    body: dict[str, object] = {"error": error}
    if isinstance(refusal, errors.GenerationMismatch | errors.NoLiveToken):
        body["generation"] = refusal.generation
    return Reply(answer.status, _headers(answer, refusal, message), orjson.dumps(body))


def _headers(answer: Answer, refusal: CallRefused, message: str) -> Headers:
    headers = [JSON, NO_STORE]
    if answer.token_trouble:
        kind = "invalid_request" if answer.code == 104 else "invalid_token"
        quoted = message.replace('"', "'").encode("ascii", "replace").decode()
        headers.append((b"www-authenticate", f'OAuth "Facebook Platform" "{kind}" "{quoted}"'.encode()))
    if isinstance(refusal, errors.RateLimited):
        headers += [(b"retry-after", str(refusal.retry_after).encode()), app_usage(refusal.percent)]
    if isinstance(refusal, errors.StorageUnavailable | errors.OutcomeUnknown):
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    if isinstance(refusal, errors.MethodUnknown):
        headers.append((b"allow", refusal.allowed.encode()))
    if answer.closes:
        headers.append((b"connection", b"close"))
    return headers


def app_usage(percent: int) -> tuple[bytes, bytes]:
    """How much of its allowance the integration has used."""
    value = orjson.dumps({"call_count": percent, "total_cputime": percent, "total_time": percent})
    return (b"x-app-usage", value)


def headers(reply: Reply, request_id: str) -> Headers:
    """The headers of an answer as they go out: with its request id and length."""
    return [*reply.headers, (b"x-request-id", request_id.encode()), (b"content-length", b"%d" % len(reply.body))]


def success(body: bytes) -> Reply:
    """A 200 with JSON. Never stored by anyone on the way."""
    return Reply(200, [JSON, NO_STORE], body)
