"""Stub."""

from admincenter.api.call import Call
from admincenter.api.reply import Reply
from admincenter.core.errors import FeatureMissing


async def me(call: Call) -> Reply:
    raise FeatureMissing("x")


class D:
    async def schemas(self, call: Call) -> Reply:
        raise FeatureMissing("x")

    schema = resource_types = resource_type = configuration = schemas


RFC, COMPATIBLE = D(), D()
