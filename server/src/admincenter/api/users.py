"""Stub."""

from admincenter.api.call import Call
from admincenter.api.reply import Reply
from admincenter.core.errors import FeatureMissing


class Users:
    async def page(self, call: Call) -> Reply:
        raise FeatureMissing("x")

    create = search = show = replace = patch = delete = page


RFC, COMPATIBLE = Users(), Users()
