"""What Entra, Okta and Meta's clients send, over HTTP, in the order in which they send it."""

from urllib.parse import quote

import pytest

from tests.directory import COMPATIBLE, RFC, Directory
from tests.vendors.sequences import Flow, missing, present, sequences
from tests.wire import Reply, Wire

PREFIXES = {"rfc": RFC, "compatible": COMPATIBLE}
FLOWS = [(flow, dialect) for flow in sequences() for dialect in flow.dialects]


@pytest.mark.parametrize(("flow", "dialect"), FLOWS, ids=[f"{flow.vendor}-{dialect}-{flow.name}" for flow, dialect in FLOWS])
def test_each_request_of_a_flow_is_answered_as_the_vendor_expects(wire: Wire, token: str, flow: Flow, dialect: str) -> None:
    directory, made = Directory(wire, token, PREFIXES[dialect]), ""
    for number, request in enumerate(flow.requests):
        path = quote(request.path.replace("{id}", made), safe="/?=&:%+")
        reply = directory.call(request.method, path, dict(request.body) if request.body is not None else None)
        where = f"{number + 1}. {request.method} {path}"
        assert reply.status == request.expected.status_in(dialect), (where, reply.body)
        found = reply.json if reply.body else {}
        assert list(missing(request.expected.includes or {}, found)) == [], where
        assert list(present(request.expected.lacks, found)) == [], where
        if request.method == "POST":
            made = _made(reply, made)


def _made(reply: Reply, before: str) -> str:
    """The account that a POST created, where it did."""
    return str(reply.json["id"]) if reply.status == 201 else before
