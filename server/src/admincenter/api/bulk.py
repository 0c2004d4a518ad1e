"""Stub."""

from admincenter.api.call import Call
from admincenter.api.reply import Reply
from admincenter.core.errors import FeatureMissing


async def run(call: Call) -> Reply:
    raise FeatureMissing("x")
