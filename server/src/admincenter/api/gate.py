"""The only way to a handler: numbered steps that none can skip (design, *The life of a request*).

    1 client address · 2 well-formed credential · 3 facts read · 4 decide · 5 handler · 6 answer and record

The decision itself is `core/decision.py`, the same for every door and for `explain`.
"""

import logging
from typing import Protocol

from admincenter.api import answers, credential
from admincenter.api.call import Call, Door, Visit
from admincenter.api.credential import Presented
from admincenter.api.reply import Reply, app_usage
from admincenter.api.request import Disconnected, Request
from admincenter.api.routes import PublicRoute, Route, find
from admincenter.core import credentials
from admincenter.core.audit import SECOND
from admincenter.core.credentials import SECRET_PREFIX
from admincenter.core.decision import Question, decide
from admincenter.core.errors import (
    CallRefused,
    ClientSideUse,
    CredentialWrong,
    ParameterBad,
    RateLimited,
    StorageUnavailable,
    Unexpected,
)
from admincenter.core.limits import Allowance, Taken
from admincenter.core.network import Client, Network, resolve_client
from admincenter.core.ports import Facts
from admincenter.core.tokens import Moved

log = logging.getLogger(__name__)

IN_URL = (
    "A credential in the URL or a token in the body is refused, since URLs end up in logs: "
    "send the secret in the request body, the token in the Authorization header"
)


class Rules(Protocol):
    """The settings that the gate goes by."""

    @property
    def trusted_proxies(self) -> tuple[Network, ...]: ...
    @property
    def allow_credentials_in_url(self) -> bool: ...
    @property
    def mint_rate(self) -> int: ...
    @property
    def mint_burst(self) -> int: ...
    @property
    def api_rate(self) -> int: ...
    @property
    def api_burst(self) -> int: ...
    @property
    def wrong_secret_burst(self) -> int: ...
    @property
    def wrong_secret_seconds(self) -> int: ...


class Gate:
    """The gate of the machine door, for one process."""

    def __init__(self, door: Door, rules: Rules) -> None:
        self._door, self._rules = door, rules
        self._mints = Allowance(rules.mint_burst, SECOND // rules.mint_rate)
        self._calls = Allowance(rules.api_burst, SECOND // rules.api_rate)
        self._wrong = Allowance(rules.wrong_secret_burst, rules.wrong_secret_seconds * SECOND)

    async def answer(self, request: Request) -> Reply:
        """Takes a request through the steps. Always answers; raises only Disconnected."""
        try:
            route = find(request.method, request.raw_path)
            client = resolve_client(request.peer, request.forwarded, self._rules.trusted_proxies)  # 1
            if isinstance(route, PublicRoute):
                return await route.handler(Visit(self._door, request, client))
            if route.opening.takes_secret:
                presented = await credential.secret(request)  # 2
            elif request.has_body or request.query:
                presented = await credential.token(request, route.opening.keeps_body)  # 2
            else:
                presented = credential.token_of(request)  # 2
            return await self._admitted(route, request, client, presented)
        except CallRefused as refusal:
            return answers.refused(refusal, request)
        except Disconnected:
            raise
        except Exception:
            log.exception("unexpected error", extra={"request_id": request.id})
            return answers.refused(Unexpected(), request)

    async def _admitted(
        self, route: Route, request: Request, client: Client, presented: Presented, once_more: bool = False
    ) -> Reply:
        door, secret = self._door, route.opening.takes_secret
        if secret:
            digests = credentials.digests(SECRET_PREFIX, door.keyring.keys, presented.text)
            facts = await door.storage.facts_by_app_id(presented.app_id)  # 3
        else:
            digests = credentials.token_digests(door.keyring.keys, presented.text)
            facts = await door.storage.facts_by_token(digests)  # 3
        now = door.clock()  # not before the facts: with them may come a look at the clock of the database
        decision = decide(facts, Question(route.opening, digests, client, now))  # 4
        proved = facts is not None and decision.passed > 0
        refusal = decision.refusal
        if request.from_browser or presented.exposed:
            refusal = self._exposure(facts if proved else None, request, presented, client, secret) or refusal
        if isinstance(refusal, CredentialWrong):
            refusal = self._slow_down(presented.app_id, client, now) or refusal
        if facts is None:
            if secret:
                door.recorder.refused_nobody(type(refusal).__name__, client, request.user_agent)
            raise refusal or Unexpected()
        request.app_id = facts.app_id
        try:
            if refusal is not None:
                raise refusal
            taken = self._within_limits(facts, secret, now)
            reply = await route.handler(Call(door, request, facts, presented, client, now))  # 5
        except CallRefused as refused:
            door.recorder.refused(facts, refused, secret, proved, client, request.user_agent)  # 6
            raise
        if isinstance(reply, Moved):
            if once_more:
                raise StorageUnavailable("The integration was changed at the same moment; nothing was done. Try again")
            return await self._admitted(route, request, client, presented, once_more=True)  # D8
        if not secret:
            door.recorder.used(facts.instance, facts.app_id, route.used_as, str(client), now)  # 6
        if taken.percent > 1:
            return reply._replace(headers=reply.headers + app_usage(taken.percent))
        return reply

    def _exposure(
        self, proved: Facts | None, request: Request, presented: Presented, client: Client, secret: bool
    ) -> CallRefused | None:
        """The tripwire and credentials in URLs. The answer is the same whether or not the credential is genuine; a genuine
        one leaves a finding."""
        if request.from_browser:
            self._finding(proved, "credential.used_client_side", "ClientSideUse", request, client)
            return ClientSideUse()
        switched_on = self._rules.allow_credentials_in_url and (proved is None or bool(proved.url_credentials))
        reason = "accepted" if switched_on else "ParameterBad"
        self._finding(proved, "secret.seen_in_url" if secret else "token.seen_in_url", reason, request, client)
        return None if switched_on else ParameterBad(IN_URL)

    def _finding(self, proved: Facts | None, kind: str, reason: str, request: Request, client: Client) -> None:
        if proved is not None:
            self._door.recorder.note(kind, proved, reason, client, request.user_agent)

    def _slow_down(self, app_id: str, client: Client, now: int) -> CallRefused | None:
        """Wrong secrets are limited only after they proved wrong: nobody can slow down the owner of the right one (A01)."""
        taken = self._wrong.take((app_id, client.network), now)
        if taken.allowed:
            return None
        return RateLimited("Too many wrong App Secrets from your network for this App ID", taken.retry_after)

    def _within_limits(self, facts: Facts, secret: bool, now: int) -> Taken:
        if not secret:
            self._door.recorder.refuse_if_stalled(now)
        taken = (self._mints if secret else self._calls).take(facts.app_id, now)
        if not taken.allowed:
            what = "Application request limit reached: too many " + ("token requests" if secret else "calls")
            raise RateLimited(what, taken.retry_after, taken.percent)
        return taken
