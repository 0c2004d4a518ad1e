"""What every error in the SCIM dialects must look like, whoever caused it (contract, sections 2 and 5)."""

from admincenter.api.answers import GRAPH, SCIM_ERROR
from tests.wire import Reply

TRANSIENT = (429, 503)


def assert_scim_error(reply: Reply, status: int, scim_type: str = "", says: str = "", beside: bool = False) -> str:
    """Checks the whole answer; the detail, to look closer. `beside`: Graph's error object stands there too."""
    body = reply.json
    got = (reply.status, body.get("scimType", ""))
    assert got == (status, scim_type), f"{got}: {body.get('detail')}"
    assert (body["schemas"], body["status"]) == ([SCIM_ERROR], str(status))
    assert set(body) == {"schemas", "status", "detail"} | ({"scimType"} if scim_type else set()) | (
        {"error"} if beside else set()
    )
    _check_headers(reply)
    if beside:
        _check_graph(reply)
    assert says in body["detail"]
    return str(body["detail"])


def _check_headers(reply: Reply) -> None:
    assert reply.header("content-type") == "application/scim+json; charset=UTF-8"
    assert reply.header("cache-control") == "no-store"
    assert reply.header("www-authenticate").startswith("Bearer ") == (reply.status == 401)
    assert bool(reply.header("retry-after")) == (reply.status in TRANSIENT)
    assert [name for name, _value in reply.headers if name.startswith("access-control-")] == []


def _check_graph(reply: Reply) -> None:
    error = reply.json["error"]
    assert error["message"].endswith(reply.json["detail"])
    assert error["code"] in {each.code for each in GRAPH.values()}
    assert error["fbtrace_id"] == reply.header("x-request-id")
