"""`GET /me`: what a token stands for at this moment (contract, section 3)."""

import orjson

from admincenter.api.call import Call
from admincenter.api.reply import Reply, success
from admincenter.core import tokens
from admincenter.core.network import read_access
from admincenter.core.permissions import keys_of


async def show(call: Call) -> Reply:
    """The integration, its permissions and the life that its token has left."""
    facts = call.facts
    body = {
        "id": facts.app_id,
        "name": facts.name,
        "instance": facts.instance,
        "permissions": keys_of(read_access(facts.access).bits),
        "expires_in": tokens.expires_in(facts, call.now),
        "generation": facts.generation,
        "seen_address": str(call.client),
    }
    return success(orjson.dumps(body))
