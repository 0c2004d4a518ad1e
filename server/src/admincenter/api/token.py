"""The token endpoint: a new token, and the current one again (contract, section 1)."""

import orjson

from admincenter.api.call import Call
from admincenter.api.parameters import Parameters
from admincenter.api.reply import Reply, success
from admincenter.core import credentials, tokens, values
from admincenter.core.audit import Origin
from admincenter.core.errors import ParameterBad
from admincenter.core.tokens import Mint, Minted, Moved

_MOST = 2**63 - 1


async def mint(call: Call) -> Reply | Moved:
    """`POST /work_get_token`: the old token dies with the commit that brings the new one."""
    _check_grant(call.presented.parameters)
    request = Mint(
        call.facts,
        call.presented.text,
        _expected(call.presented.parameters),
        call.door.keyring.primary,
        Origin(
            f"integration:{call.facts.app_id}",
            str(call.client),
            values.visible(credentials.masked(call.request.user_agent), 256),
        ),
        call.door.entropy,
    )
    outcome = await call.door.storage.write_each(tokens.mint_all, request)
    return outcome if isinstance(outcome, Moved) else _reply(outcome)


async def current(call: Call) -> Reply:
    """`POST /work_current_token`: the live token again, for many hosts that share one. Its fetch is an event."""
    found = tokens.current(call.facts, call.presented.text, call.now)
    call.door.recorder.refuse_if_stalled(call.now)
    call.door.recorder.note("token.fetched", call.facts, "", call.client, call.request.user_agent)
    return _reply(found)


def _reply(minted: Minted) -> Reply:
    body = {
        "access_token": minted.token,
        "token_type": "bearer",
        "expires_in": minted.expires_in,
        "generation": minted.generation,
    }
    return success(orjson.dumps(body))


def _check_grant(parameters: Parameters) -> None:
    grant = parameters.text("grant_type")
    if grant is None:
        raise ParameterBad("The parameter grant_type is required; it must be client_credentials")
    if grant != "client_credentials":
        raise ParameterBad("The parameter grant_type must be client_credentials")


def _expected(parameters: Parameters) -> int | None:
    value = parameters.values.get("expected_generation")
    if value is None:
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or str(int(text)) != text or int(text) > _MOST:
        raise ParameterBad("The parameter expected_generation must be a whole number from 0 to 2^63-1, without leading zeros")
    return int(text)
