"""What every SCIM handler begins and ends with, in either dialect: what was asked, the body, the write, the answer."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import unquote

from admincenter.api import parameters, preconditions
from admincenter.api.call import Call
from admincenter.api.reply import SCIM_JSON, Reply, line
from admincenter.api.request import LARGEST_BODY
from admincenter.core import account_document, credentials, proof, values
from admincenter.core.accounts import Writer
from admincenter.core.audit import Origin
from admincenter.core.errors import ContentTypeWrong, UserAgentMissing
from admincenter.core.ports import Account, Change, Tx
from admincenter.core.tokens import Moved
from admincenter.scim import projection, search
from admincenter.scim.dialect import Dialect
from admincenter.scim.projection import Projection

T = TypeVar("T")

NAMES = (*search.NAMES, "fields")
LONG = 65_536
"""Bytes of a body that the event loop reads at once; every other request waits meanwhile."""
JSON_TYPES = ("application/scim+json", "application/json")


class ScimCall:
    """An admitted call in a dialect. Raises UserAgentMissing where one must be sent, ParameterBad."""

    def __init__(self, call: Call, dialect: Dialect) -> None:
        if dialect.needs_user_agent and not call.request.user_agent.strip():
            raise UserAgentMissing
        self.call, self.dialect = call, dialect
        self.instance = call.facts.instance
        self.host = call.door.base(call.request)
        self.base = self.host + dialect.prefix
        self.given = parameters.from_query(call.request, NAMES)

    @property
    def id(self) -> str:
        """What the path names: its last part, which `{id}` stands for."""
        return unquote(self.call.request.raw_path.rstrip("/").rpartition("/")[2])

    @property
    def writer(self) -> Writer:
        """The integration, as the one who writes."""
        call = self.call
        agent = values.visible(credentials.masked(call.request.user_agent), 256)
        by = Origin(f"integration:{call.facts.app_id}", str(call.client), agent)
        return Writer(by, call.door.entropy, self.host)

    @property
    def expected(self) -> list[int] | None:
        """The versions that `If-Match` names."""
        return preconditions.expected(self.call.request.if_match)

    async def body(self, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the whole body, of a long one on a thread. Raises ContentTypeWrong, BodyTooLarge."""
        raw = await self._whole_body()
        return read(raw) if len(raw) <= LONG else await asyncio.to_thread(read, raw)

    async def _whole_body(self) -> bytes:
        kind = self.call.request.content_type.partition(";")[0].strip().lower()
        if kind not in JSON_TYPES and not self.dialect.any_content_type:
            raise ContentTypeWrong(" or ".join(JSON_TYPES))
        return await self.call.request.body(LARGEST_BODY)

    async def write(self, deed: Callable[[Tx], Change[T]]) -> T | Moved:
        """What was done, if the call is still allowed where it takes effect (D8)."""
        return await self.call.door.storage.write_under(proof.of(self.call.facts), deed)

    def view(self) -> Projection | None:
        """What of an account is to be shown; None: all of it."""
        if not self.given:
            return None
        wanted = self.given.get("attributes", self.given.get("fields") if self.dialect.lenient else None)
        return projection.projection(wanted, self.given.get("excludedAttributes"))

    def document(self, account: Account, view: Projection | None) -> bytes:
        """The account as it is shown here."""
        stored = account_document.as_read(account, self.call.now)
        whole = account_document.located(stored, f"{self.base}/Users/{account.account_id}")
        return whole if view is None else view.of(whole)

    def answer(self, account: Account, view: Projection | None, status: int = 200) -> Reply:
        """The answer that is one account."""
        headers = SCIM_JSON + line("etag", preconditions.tag(account.version))
        if status == 201:
            headers += line("location", f"{self.base}/Users/{account.account_id}")
        return Reply(status, headers, self.document(account, view))
