"""What Entra, Okta and Meta's clients send becomes the account that they mean, in each dialect they are for."""

from collections.abc import Mapping
from typing import Any

import pytest

from admincenter.scim import filtering, patching, reading
from admincenter.scim.dialect import DIALECTS, Dialect
from admincenter.scim.models import STATUS
from tests.vendors.sequences import Flow, Request, missing, present, sequences

_CASES = [(flow, dialect) for flow in sequences() for dialect in DIALECTS if dialect.name in flow.dialects]


_NAMES = [f"{flow.vendor}: {flow.name} ({dialect.name})" for flow, dialect in _CASES]


@pytest.mark.parametrize(("flow", "dialect"), _CASES, ids=_NAMES)
def test_a_vendors_requests_are_understood(flow: Flow, dialect: Dialect) -> None:
    account: Mapping[str, Any] = {}
    for request in flow.requests:
        if request.method in ("POST", "PUT", "PATCH") and request.expected.status_in(dialect.name) < 400:
            account = _carried_out(request, dialect, account)
            expected = {name: value for name, value in (request.expected.includes or {}).items() if name not in _OURS}
            assert list(missing(expected, account)) == []
            assert list(present(request.expected.lacks, account)) == []


@pytest.mark.parametrize("flow", list(sequences()), ids=lambda flow: f"{flow.vendor}: {flow.name}")
def test_a_vendors_filters_are_understood(flow: Flow) -> None:
    for request in flow.requests:
        _path, _, query = request.path.partition("filter=")
        if query:
            assert filtering.compiled(query.partition("&")[0]).where is not None


_OURS = ("schemas", "id", "meta", STATUS)


def _carried_out(request: Request, dialect: Dialect, account: Mapping[str, Any]) -> Mapping[str, Any]:
    body = request.body or {}
    if request.method == "POST":
        return reading.created(body, dialect).attributes
    if request.method == "PUT":
        return reading.replaced(body, dialect, account).attributes
    return patching.patched(body, dialect, account).attributes
