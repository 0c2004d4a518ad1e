"""Every permission × every route × every method, from the table itself (A12); and what is in no table."""

from collections.abc import Mapping
from itertools import combinations

import pytest

from admincenter.api import answers
from admincenter.api.routes import ROUTES, PublicRoute, Route, find
from admincenter.core import errors
from admincenter.core.errors import CallRefused, MethodUnknown
from admincenter.core.permissions import Permission
from admincenter.core.surface import Opener, Speech, speech_of
from tests.graph import assert_graph_error
from tests.scim_error import assert_scim_error
from tests.serving import InProcess
from tests.tenant import Tenant, counted
from tests.wire import Reply, Wire

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "MERGE", "LINK")
GUARDED = [row for row in ROUTES if isinstance(row, Route)]
WITH_TOKEN = [row for row in GUARDED if not row.opening.takes_secret]
PATHS = sorted({row.path for row in ROUTES})
GRANTS = [grant for size in range(len(Permission) + 1) for grant in combinations(Permission, size)]

OPENED = [(row, method) for row in ROUTES for method in METHODS if method == row.method]
CLOSED = [(path, method) for path in PATHS for method in METHODS if (path, method) not in {(r.path, m) for r, m in OPENED}]


def _named(row: Route) -> str:
    return f"{row.method} {row.path}"


def _path(row: Route) -> str:
    """A path that the row answers; nothing stands there where it names a thing."""
    return row.path.replace("{id}", "1234567890123")


def assert_refused(
    reply: Reply, path: str, graph: tuple[int, int], scim: int, says: str = "", subcode: int | None = None
) -> None:
    """Refused in the dialect of the path."""
    speech = speech_of(path)
    if speech is Speech.GRAPH:
        assert_graph_error(reply, *graph, subcode, says=says)
    else:
        assert_scim_error(reply, scim, says=says, beside=speech is Speech.BOTH)


@pytest.mark.parametrize("row", GUARDED, ids=_named)
def test_no_guarded_route_opens_without_a_credential(wire: Wire, row: Route) -> None:
    assert_refused(wire.call(row.method, _path(row)), row.path, (400, 104), 401)


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: "+".join(each.value for each in grant) or "nothing")
@pytest.mark.parametrize("row", WITH_TOKEN, ids=_named)
def test_a_route_opens_exactly_to_those_who_hold_its_permission(
    server: InProcess, row: Route, grant: tuple[Permission, ...]
) -> None:
    tenant = Tenant(server.store, permissions=grant)
    token = server.wire.token(tenant.credential).json["access_token"]
    tenant.news()
    reply = server.wire.call(row.method, _path(row), [("Authorization", f"Bearer {token}")])
    server.settle()
    needed = row.opening.permission
    if needed is not None and needed not in grant:
        assert_refused(reply, row.path, (403, 10), 403, says=needed.value)
        assert (counted(tenant.news()), tenant.usage()) == ({"call.refused PermissionMissing": 1}, [])
    elif reply.status == 200:
        assert tenant.news() == []
        assert [(each.permission, each.address, each.times) for each in tenant.usage()] == [(row.used_as, "127.0.0.1", 1)]
    else:
        assert reply.status in (400, 404, 415, 501), "only what its handler refuses"
        assert row.opening.keeps_body


@pytest.mark.parametrize("row", [row for row in GUARDED if row.opening.takes_secret], ids=lambda row: row.path)
def test_a_token_opens_no_route_of_secrets_and_a_secret_none_of_tokens(
    wire: Wire, tenant: Tenant, token: str, row: Route
) -> None:
    assert_graph_error(wire.call(row.method, row.path, [("Authorization", f"Bearer {token}")]), 400, 104)
    assert_graph_error(wire.form(row.path, {"access_token": token}), 400, 190)
    for other in WITH_TOKEN:
        own = [("Authorization", f"Bearer {tenant.credential}")]
        assert_refused(wire.call(other.method, _path(other), own), other.path, (400, 190), 401)


@pytest.mark.parametrize(("path", "method"), CLOSED)
def test_every_other_method_is_405_even_with_the_right_token(
    server: InProcess, tenant: Tenant, token: str, path: str, method: str
) -> None:
    own = [
        ("Authorization", f"Bearer {token}"),
        ("X-HTTP-Method-Override", "GET"),
        ("X-HTTP-Method", "POST"),
        ("X-Method", "GET"),
    ]
    before = tenant.head
    reply = server.wire.call(method, path.replace("{id}", "1"), own)
    allowed = sorted(row.method for row in ROUTES if row.path == path)
    assert (reply.status, reply.header("allow")) == (405, ", ".join(allowed))
    if method != "HEAD":
        assert_refused(reply, path, (405, 100), 405, allowed[0], 33)
    assert (tenant.head, tenant.facts.generation) == (before, 1)


def test_a_method_override_changes_nothing(wire: Wire, token: str) -> None:
    own = [(name, "DELETE") for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")]
    assert wire.get("/me?method=delete&_method=delete", token, own).json["generation"] == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path", ["/nothing", "/me/x", "/admin", "/users", "/v23.0/Users", "/..", "/%2e%2e/me", "/me%00", "/*", "/me;a", "/v1.0"]
)
def test_an_unknown_path_is_a_json_error_for_every_method(wire: Wire, token: str, path: str, method: str) -> None:
    reply = wire.call(method, path, [("Authorization", f"Bearer {token}")])
    assert reply.status == 404
    if method != "HEAD":
        assert_graph_error(reply, 404, 2500)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    ["/scim", "/scim/v2", "/scim/v2/users", "/scim/v2/Groups", "/scim/v2/Users/1/x", "/scim/v2/Users//1/x", "/scim/v1/Users"],
)
def test_an_unknown_path_below_scim_is_a_scim_error(wire: Wire, token: str, path: str, method: str) -> None:
    reply = wire.call(method, path, [("Authorization", f"Bearer {token}")])
    assert reply.status == 404
    if method != "HEAD":
        assert_scim_error(reply, 404)


@pytest.mark.parametrize("path", ["/Users/1/x", "/Schemas/a/b", "/ServiceProviderConfigs/x"])
def test_an_unknown_path_below_users_has_graphs_error_beside(wire: Wire, token: str, path: str) -> None:
    assert_scim_error(wire.get(path, token), 404, beside=True)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_answer_to_head_or_anything_else_leaves_the_connection_in_step(wire: Wire, token: str, method: str) -> None:
    with wire.open() as line:
        for each in ("HEAD", method):
            line.send(wire.raw(each, "/me", [("Authorization", f"Bearer {token}")]))
            assert line.read(each).status == (200 if each == "GET" else 405)


def test_two_requests_in_one_packet_are_both_answered_in_order(wire: Wire, token: str) -> None:
    with wire.open() as line:
        line.send(wire.raw("GET", "/me", [("Authorization", f"Bearer {token}")]) + wire.raw("GET", "/nothing"))
        assert (line.read().status, line.read().status) == (200, 404)


def test_a_route_that_nobody_named_an_opener_for_cannot_be_built() -> None:
    me = next(row for row in GUARDED if row.path == "/me")
    health = next(row for row in ROUTES if isinstance(row, PublicRoute) and row.path == "/healthz")
    for method, path, opener in [
        ("GET", "/nothing", Opener.TOKEN), ("POST", "/me", Opener.TOKEN), ("GET", "/me", Opener.SECRET),
        ("GET", "/me", Permission.MANAGE_ACCOUNTS), ("GET", "/security_audit_logs", Opener.TOKEN),
        ("GET", "/healthz", Opener.PUBLIC), ("GET", "/me", None),
    ]:  # fmt: skip
        with pytest.raises(TypeError):
            Route(method, path, opener, me.handler)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        PublicRoute("GET", "/me", Opener.TOKEN, health.handler)
    with pytest.raises(TypeError):
        Route("GET", "/me", me.handler)  # type: ignore[call-arg]


def test_a_method_that_http_does_not_know_is_not_found_either() -> None:
    with pytest.raises(MethodUnknown, match="GET"):
        find("BREW", "/me")


def _leaves(kind: type[CallRefused]) -> set[type[CallRefused]]:
    below = kind.__subclasses__()
    return {kind} if not below else {leaf for each in below for leaf in _leaves(each)}


@pytest.mark.parametrize("table", [answers.GRAPH, answers.SCIM], ids=["Graph", "SCIM"])
def test_every_refusal_of_a_call_has_exactly_one_answer(table: Mapping[type[CallRefused], object]) -> None:
    assert set(table) == _leaves(errors.CallRefused)
