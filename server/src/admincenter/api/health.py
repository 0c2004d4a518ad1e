"""The public paths: the front page's redirect, whether the process lives, whether it can serve, and its figures."""

import orjson

from admincenter.api.call import Visit
from admincenter.api.reply import NO_STORE, Reply, success
from admincenter.core.errors import PathUnknown
from admincenter.core.network import Address


async def front(_visit: Visit) -> Reply:
    """`/` leads to the admin panel."""
    return Reply(302, b"location: /admin/\r\n" + NO_STORE, b"")


async def live(_visit: Visit) -> Reply:
    """The process answers; nothing else is said."""
    return success(b'{"status":"ok"}')


async def ready(visit: Visit) -> Reply:
    """Whether it can read and write. 503 says why not."""
    reason = await visit.door.ready()
    body = {"status": "ready"} if not reason else {"status": "not ready", "reason": reason}
    return success(orjson.dumps(body))._replace(status=503 if reason else 200)


async def metrics(visit: Visit) -> Reply:
    """The figures for Prometheus, for clients on loopback unless told otherwise; for others the path does not exist."""
    allowed = visit.door.metrics_for
    on_loopback = isinstance(visit.client, Address) and visit.client.is_loopback
    if visit.request.forwarded and visit.request.peer == str(visit.client):
        on_loopback = False  # a proxy on this machine that nobody declared: who stands behind it is not known
    if allowed == "off" or (allowed == "loopback" and not on_loopback):
        raise PathUnknown
    return Reply(200, b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n" + NO_STORE, visit.door.metrics())
