"""From a refusal to what goes over the wire: one total table per dialect, Graph's and SCIM's (contract, section 2)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import orjson

from admincenter.api.reply import JSON, SCIM_JSON, Reply, app_usage, line
from admincenter.api.request import Request
from admincenter.core import errors, surface
from admincenter.core.errors import CallRefused
from admincenter.core.surface import Speech

RETRY_SECONDS = 1
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


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
    errors.UserAgentMissing: Answer(400, 100, numbered=True),
    errors.FilterForbidden: Answer(403, 100, numbered=True),
    errors.FeatureMissing: Answer(501, 100, numbered=True),
    errors.Unexpected: Answer(500, 1),
}
"""Every refusal of a call, and nothing else; a class without a row fails a test."""


class ScimAnswer(NamedTuple):
    """How one refusal is answered in SCIM: the status, and the `scimType` where RFC 7644 has one for it."""

    status: int
    scim_type: str = ""


SCIM: Mapping[type[CallRefused], ScimAnswer] = {
    errors.TokenMissing: ScimAnswer(401),
    errors.TokenMalformed: ScimAnswer(401),
    errors.CredentialWrong: ScimAnswer(401),
    errors.TokenExpired: ScimAnswer(401),
    errors.TokenDead: ScimAnswer(401),
    errors.IntegrationOff: ScimAnswer(401),
    errors.TokenUnknown: ScimAnswer(401),
    errors.AddressRefused: ScimAnswer(403),
    errors.PermissionMissing: ScimAnswer(403),
    errors.ParameterBad: ScimAnswer(400, "invalidValue"),
    errors.ClientSideUse: ScimAnswer(400),
    errors.RequestMalformed: ScimAnswer(400),
    errors.HostUnknown: ScimAnswer(400),
    errors.CursorBad: ScimAnswer(400, "invalidCursor"),
    errors.BodyTooLarge: ScimAnswer(413),
    errors.HeadersTooLarge: ScimAnswer(431),
    errors.DeadlinePassed: ScimAnswer(408),
    errors.ContentTypeWrong: ScimAnswer(415),
    errors.GenerationMismatch: ScimAnswer(409),
    errors.NoLiveToken: ScimAnswer(404),
    errors.RateLimited: ScimAnswer(429),
    errors.PathUnknown: ScimAnswer(404),
    errors.MethodUnknown: ScimAnswer(405),
    errors.StorageUnavailable: ScimAnswer(503),
    errors.OutcomeUnknown: ScimAnswer(503),
    errors.ScimBad: ScimAnswer(400),
    errors.BulkTooLarge: ScimAnswer(413),
    errors.AccountUnknown: ScimAnswer(404),
    errors.NameTaken: ScimAnswer(409, "uniqueness"),
    errors.VersionMismatch: ScimAnswer(412),
    errors.AccountClaimed: ScimAnswer(412),
    errors.AttributeBad: ScimAnswer(400, "invalidValue"),
    errors.SearchTooLong: ScimAnswer(400, "tooMany"),
    errors.UserAgentMissing: ScimAnswer(400),
    errors.FilterForbidden: ScimAnswer(403),
    errors.FeatureMissing: ScimAnswer(501),
    errors.Unexpected: ScimAnswer(500),
}
"""The same refusals where SCIM is spoken; here too a class without a row fails a test."""


def refused(refusal: CallRefused, request: Request) -> Reply:
    """The refusal in the dialect of the request's path."""
    return _IN[surface.speech_of(request.raw_path)](refusal, request.id)


def graph(refusal: CallRefused, request_id: str) -> Reply:
    """The refusal in the Graph dialect."""
    answer = GRAPH[type(refusal)]
    lines = JSON + (_graph_challenge(answer, refusal) if answer.token_trouble else b"") + _headers(refusal)
    return Reply(answer.status, lines, orjson.dumps(_graph_body(refusal, request_id)), answer.closes)


def scim(refusal: CallRefused, request_id: str) -> Reply:
    """The refusal as a SCIM Error (RFC 7644, 3.12)."""
    return _scim(refusal, scim_error(refusal))


def scim_and_graph(refusal: CallRefused, request_id: str) -> Reply:
    """A SCIM Error with Graph's `error` object beside it, for clients that look for that one."""
    return _scim(refusal, scim_error(refusal) | _graph_body(refusal, request_id))


_IN: Mapping[Speech, Callable[[CallRefused, str], Reply]] = {
    Speech.GRAPH: graph,
    Speech.SCIM: scim,
    Speech.BOTH: scim_and_graph,
}


def scim_error(refusal: CallRefused) -> dict[str, object]:
    """The body of a SCIM Error; in the answer to a Bulk request it stands beside each operation that was refused."""
    answer = SCIM[type(refusal)]
    scim_type = refusal.scim_type if isinstance(refusal, errors.ScimBad) else answer.scim_type
    body: dict[str, object] = {"schemas": [SCIM_ERROR], "status": str(answer.status)}
    if scim_type:
        body["scimType"] = scim_type
    return body | {"detail": str(refusal)}


def _scim(refusal: CallRefused, body: dict[str, object]) -> Reply:
    status = SCIM[type(refusal)].status
    challenge = _bearer_challenge(refusal) if status == 401 else b""
    return Reply(status, SCIM_JSON + challenge + _headers(refusal), orjson.dumps(body), GRAPH[type(refusal)].closes)


def _graph_body(refusal: CallRefused, request_id: str) -> dict[str, object]:
    answer = GRAPH[type(refusal)]
    error: dict[str, object] = {"message": _message(answer, refusal), "type": "OAuthException", "code": answer.code}
    if answer.subcode is not None:
        error["error_subcode"] = answer.subcode
    if answer.transient:
        error["is_transient"] = True
    error["fbtrace_id"] = request_id
    body: dict[str, object] = {"error": error}
    if isinstance(refusal, errors.GenerationMismatch | errors.NoLiveToken):
        body["generation"] = refusal.generation
    return body


def _message(answer: Answer, refusal: CallRefused) -> str:
    return f"(#{answer.code}) {refusal}" if answer.numbered else str(refusal)


def _graph_challenge(answer: Answer, refusal: CallRefused) -> bytes:
    kind = "invalid_request" if answer.code == 104 else "invalid_token"
    return line("www-authenticate", f'OAuth "Facebook Platform" "{kind}" "{_quotable(_message(answer, refusal))}"')


def _bearer_challenge(refusal: CallRefused) -> bytes:
    """As RFC 6750 has it: who sent no token at all is told no error."""
    error = (
        ""
        if isinstance(refusal, errors.TokenMissing)
        else f', error="invalid_token", error_description="{_quotable(str(refusal))}"'
    )
    return line("www-authenticate", f'Bearer realm="Admin Center"{error}')


def _headers(refusal: CallRefused) -> bytes:
    lines = b""
    if isinstance(refusal, errors.RateLimited):
        lines += line("retry-after", str(refusal.retry_after)) + app_usage(refusal.percent)
    if isinstance(refusal, errors.StorageUnavailable | errors.OutcomeUnknown):
        lines += line("retry-after", str(RETRY_SECONDS))
    if isinstance(refusal, errors.MethodUnknown):
        lines += line("allow", refusal.allowed)
    return lines


def _quotable(message: str) -> str:
    """A message within quotes, in a header: what could end either is taken out."""
    plain = message.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
    return "".join(each if each.isprintable() else "?" for each in plain)
