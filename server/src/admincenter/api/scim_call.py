"""What every handler of SCIM begins and ends with, in either dialect: what was asked, the body, the proof of a write, the answer."""

from collections.abc import Callable, Sequence
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
from admincenter.scim import projection
from admincenter.scim.dialect import Dialect

T = TypeVar("T")

VIEW = ("attributes", "excludedAttributes", "fields")
JSON_TYPES = ("application/scim+json", "application/json")


class ScimCall:
    """An admitted call in a dialect. Raises UserAgentMissing where one is asked for, ParameterBad where a parameter is twice."""

    def __init__(self, call: Call, dialect: Dialect, names: Sequence[str] = ()) -> None:
        if dialect.needs_user_agent and not call.request.user_agent.strip():
            raise UserAgentMissing
        self.call, self.dialect = call, dialect
        self.instance = call.facts.instance
        self.given = parameters.from_query(call.request.query, (*VIEW, *names))

    @property
    def id(self) -> str:
        """What the path names: its last part, which `{id}` stands for."""
        return unquote(self.call.request.raw_path.rstrip("/").rpartition("/")[2])

    @property
    def base(self) -> str:
        """The address under which this dialect is served."""
        return self.call.door.base(self.call.request) + self.dialect.prefix

    @property
    def writer(self) -> Writer:
        """The integration, as the one who writes."""
        call = self.call
        agent = values.visible(credentials.masked(call.request.user_agent), 256)
        by = Origin(f"integration:{call.facts.app_id}", str(call.client), agent)
        return Writer(by, call.door.entropy, call.door.base(call.request))

    @property
    def expected(self) -> list[int] | None:
        """The versions that `If-Match` names."""
        return preconditions.expected(self.call.request.if_match)

    async def body(self) -> bytes:
        """The whole body. Raises ContentTypeWrong, BodyTooLarge."""
        kind = self.call.request.content_type.partition(";")[0].strip().lower()
        if kind not in JSON_TYPES and not self.dialect.any_content_type:
            raise ContentTypeWrong(" or ".join(JSON_TYPES))
        return await self.call.request.body(LARGEST_BODY)

    async def write(self, deed: Callable[[Tx], Change[T]]) -> T | Moved:
        """What was done, if the call is still allowed where it takes effect (D8)."""
        return await self.call.door.storage.write_under(proof.of(self.call.facts), deed)

    def document(self, account: Account) -> bytes:
        """The account as this call sees it."""
        whole = account_document.located(
            account_document.as_read(account, self.call.now), f"{self.base}/Users/{account.account_id}"
        )
        return self.view(whole)

    def view(self, whole: bytes) -> bytes:
        """What of a document was asked for."""
        attributes, excluded = self.given.get("attributes", self.given.get("fields")), self.given.get("excludedAttributes")
        return whole if attributes is None and excluded is None else projection.projected(whole, attributes, excluded)

    def account(self, account: Account, status: int = 200) -> Reply:
        """The answer that is one account."""
        headers = SCIM_JSON + line("etag", preconditions.tag(account.version))
        if status == 201:
            headers += line("location", f"{self.base}/Users/{account.account_id}")
        return Reply(status, headers, self.document(account))
