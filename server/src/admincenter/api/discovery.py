"""What the server says of itself: schemas, resource types, what it can do (RFC 7644, section 4)."""

from admincenter.api.call import Call
from admincenter.api.reply import SCIM_JSON, Reply
from admincenter.api.scim_call import ScimCall
from admincenter.core.errors import FeatureMissing, FilterForbidden, PathUnknown
from admincenter.scim import dialect, discovery
from admincenter.scim.dialect import Dialect


class Discovery:
    """The handlers of one dialect."""

    def __init__(self, spoken: Dialect) -> None:
        self._dialect = spoken

    async def schemas(self, call: Call) -> Reply:
        """`GET /Schemas`."""
        return _answer(discovery.schemas(self._dialect, self._asked(call).host))

    async def schema(self, call: Call) -> Reply:
        """`GET /Schemas/{id}`."""
        asked = self._asked(call)
        return _answer(discovery.schema(asked.id, self._dialect, asked.host))

    async def resource_types(self, call: Call) -> Reply:
        """`GET /ResourceTypes`."""
        return _answer(discovery.resource_types(self._dialect, self._asked(call).host))

    async def resource_type(self, call: Call) -> Reply:
        """`GET /ResourceTypes/{id}`."""
        asked = self._asked(call)
        return _answer(discovery.resource_type(asked.id, self._dialect, asked.host))

    async def configuration(self, call: Call) -> Reply:
        """`GET /ServiceProviderConfig`."""
        return _answer(discovery.service_provider_config(self._dialect, self._asked(call).host))

    def _asked(self, call: Call) -> ScimCall:
        asked = ScimCall(call, self._dialect)
        if "filter" in asked.given:
            raise FilterForbidden
        return asked


RFC, COMPATIBLE = Discovery(dialect.RFC), Discovery(dialect.COMPATIBLE)


def _answer(document: bytes | None) -> Reply:
    if document is None:
        raise PathUnknown
    return Reply(200, SCIM_JSON, document)


async def me(_call: Call) -> Reply:
    """`/Me` would be the account of the one who calls; an integration has none."""
    raise FeatureMissing("An integration is not an account, so there is no /Me; use /Users/{id}")
