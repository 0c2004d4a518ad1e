"""Step 2 of the gate: the credential of a request, well-formed or refused, without any look-up."""

from dataclasses import dataclass

from admincenter.api import parameters
from admincenter.api.parameters import Parameters
from admincenter.api.request import Request
from admincenter.core.credentials import SECRET_PREFIX, read_text, read_token
from admincenter.core.errors import ParameterBad, TokenMalformed, TokenMissing

TOKEN_PARAMETERS = ("access_token", "grant_type", "expected_generation")
_NOTHING = Parameters({}, frozenset())


@dataclass(slots=True)
class Presented:
    """What came: a secret with its App ID, or a token. `exposed`: it stood in a URL, or a token in a body."""

    text: str
    app_id: str
    parameters: Parameters
    exposed: bool


async def secret(request: Request) -> Presented:
    """The App ID and App Secret of a token request. Raises TokenMissing, TokenMalformed, ParameterBad."""
    found = await parameters.from_anywhere(request, TOKEN_PARAMETERS)
    value = found.text("access_token")
    if value is None:
        raise TokenMissing
    app_id, bar, text = value.partition("|")
    if not bar:
        raise TokenMalformed("send <app_id>|<app_secret>")
    if len(app_id) != 16 or not (app_id.isascii() and app_id.isdecimal()):
        raise TokenMalformed("the App ID is 16 digits")
    return Presented(read_text(SECRET_PREFIX, text), app_id, found, "access_token" in found.in_url)


async def token(request: Request, keeps_body: bool) -> Presented:
    """The token of an API call. Raises TokenMissing, TokenMalformed, ParameterBad where there are two.

    `keeps_body`: the body is the handler's, and is not looked into.
    """
    if keeps_body:
        return token_of(request, parameters.from_query(request, ("access_token",)).get("access_token"))
    elsewhere = (await parameters.from_anywhere(request, ("access_token",))).text("access_token")
    return token_of(request, elsewhere)


def token_of(request: Request, elsewhere: str | None = None) -> Presented:
    """The same for a call whose header is the only place where a token can be, which is nearly every call."""
    lines = request.authorization
    if len(lines) + (elsewhere is not None) > 1:
        raise ParameterBad("Two access tokens in one request; send one, in the Authorization header")
    if elsewhere is None and not lines:
        raise TokenMissing
    text = _of_header(lines[0]) if elsewhere is None else elsewhere
    return Presented(read_token(text), "", _NOTHING, elsewhere is not None)


def _of_header(line: str) -> str:
    scheme, _space, value = line.strip(" \t").partition(" ")
    if scheme.lower() not in ("bearer", "oauth"):
        raise TokenMalformed("the Authorization header must be: Bearer <token>")
    return value.strip(" \t")
