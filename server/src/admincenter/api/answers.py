"""From a refusal to what goes over the wire: one total table for the Graph dialect (contract, section 2)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

import orjson

from admincenter.api.request import Request
from admincenter.core import errors
from admincenter.core.errors import CallRefused

NO_STORE = b"cache-control: no-store\r\n"
JSON = b"content-type: application/json; charset=UTF-8\r\n" + NO_STORE
RETRY_SECONDS = 1


class Reply(NamedTuple):
    """A whole answer, without what every answer has. `headers` are lines as they go out; `closes`: it is the last one."""

    status: int
    headers: bytes
    body: bytes
    closes: bool = False


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
    errors.ScimBad: Answer(400, 100, numbered=True),
    errors.BulkTooLarge: Answer(413, 100, numbered=True),
    errors.GenerationMismatch: Answer(409, 9001, numbered=True),
    errors.NoLiveToken: Answer(404, 9002, numbered=True),
    errors.AccountUnknown: Answer(404, 100, 33, numbered=True),
    errors.NameTaken: Answer(409, 100, numbered=True),
    errors.VersionMismatch: Answer(412, 100, numbered=True),
    errors.AccountClaimed: Answer(412, 100, numbered=True),
    errors.AttributeBad: Answer(400, 100, numbered=True),
    errors.SearchTooLong: Answer(400, 100, numbered=True),
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
    return Reply(answer.status, _headers(answer, refusal, message), orjson.dumps(body), answer.closes)


def _headers(answer: Answer, refusal: CallRefused, message: str) -> bytes:
    lines = JSON
    if answer.token_trouble:
        kind = "invalid_request" if answer.code == 104 else "invalid_token"
        lines += _line("www-authenticate", f'OAuth "Facebook Platform" "{kind}" "{_quotable(message)}"')
    if isinstance(refusal, errors.RateLimited):
        lines += _line("retry-after", str(refusal.retry_after)) + app_usage(refusal.percent)
    if isinstance(refusal, errors.StorageUnavailable | errors.OutcomeUnknown):
        lines += _line("retry-after", str(RETRY_SECONDS))
    if isinstance(refusal, errors.MethodUnknown):
        lines += _line("allow", refusal.allowed)
    return lines


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _quotable(message: str) -> str:
    """A message within quotes, in a header: what could end either is taken out."""
    plain = message.replace('"', "'").encode("ascii", "replace").decode()
    return "".join(each if each.isprintable() else "?" for each in plain)


def app_usage(percent: int) -> bytes:
    """How much of its allowance the integration has used, as a header line."""
    value = orjson.dumps({"call_count": percent, "total_cputime": percent, "total_time": percent})
    return b"x-app-usage: " + value + b"\r\n"


def success(body: bytes) -> Reply:
    """A 200 with JSON. Never stored by anyone on the way."""
    return Reply(200, JSON, body)


ServerHeaders = list[tuple[bytes, bytes]]


def wire(reply: Reply, request: Request, last: bool, server_headers: ServerHeaders) -> bytes:
    """A whole answer as it goes out. `last`: the connection ends behind it. HEAD gets everything but the body."""
    return b"%b%b%bx-request-id: %b\r\ncontent-length: %d\r\n%b\r\n%b" % (
        _STATUS_LINES[reply.status],
        _server_lines(server_headers),
        reply.headers,
        request.id.encode("ascii"),
        len(reply.body),
        b"connection: close\r\n" if last else b"",
        b"" if request.method == "HEAD" else reply.body,
    )


_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode("ascii") for each in HTTPStatus}
_seen: tuple[ServerHeaders, bytes] = ([], b"")


def _server_lines(headers: ServerHeaders) -> bytes:
    """The server's own headers (the date), which are a new list once a second."""
    global _seen  # read by every answer: a look-up by the list's identity is all that it may cost
    if _seen[0] is not headers:
        _seen = (headers, b"".join(b"%b: %b\r\n" % each for each in headers))
    return _seen[1]
