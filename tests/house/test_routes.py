"""A route that does not say what opens it cannot be built (promise 4)."""

import typing
from typing import Any

import pytest

from admincenter.api.call import Call
from admincenter.api.routes import ROUTES, PublicRoute, Route, find
from admincenter.core.errors import MethodUnknown, PathUnknown
from admincenter.core.permissions import Permission
from admincenter.core.surface import SURFACE, OpenedBy, Opener, Opening

READ, MANAGE = Permission.READ_SECURITY_AUDIT_LOGS, Permission.MANAGE_ACCOUNTS


async def nothing(_: Any) -> Any:
    """A handler."""


def test_the_table_and_the_surface_say_the_same() -> None:
    assert {(each.method, each.path, each.opened_by) for each in ROUTES} == {
        (each.method, each.path, each.opened_by) for each in SURFACE
    }
    assert len(ROUTES) == len(SURFACE)


@pytest.mark.parametrize("kind", [Route, PublicRoute])
@pytest.mark.parametrize(
    ("method", "path", "opened_by"),
    [
        ("GET", "/secret_door", READ),
        ("GET", "/secret_door", Opener.PUBLIC),
        ("POST", "/me", Opener.TOKEN),
        ("GET", "/me/", Opener.TOKEN),
        ("GET", "/security_audit_logs", Opener.PUBLIC),
        ("GET", "/security_audit_logs", Opener.TOKEN),
        ("GET", "/security_audit_logs", MANAGE),
        ("GET", "/Users/12", MANAGE),
        ("GET", "/Users/{id}", READ),
        ("POST", "/work_get_token", Opener.TOKEN),
        ("GET", "/security_audit_logs", None),
        ("GET", "/security_audit_logs", "read_security_audit_logs"),
    ],
)
def test_a_route_that_the_surface_does_not_know_exactly_so_cannot_be_built(
    kind: type[Route | PublicRoute], method: str, path: str, opened_by: OpenedBy
) -> None:
    with pytest.raises(TypeError):
        kind(method, path, opened_by, nothing)


@pytest.mark.parametrize("kind", [Route, PublicRoute])
def test_a_route_without_a_word_on_what_opens_it_cannot_be_built(kind: Any) -> None:
    with pytest.raises(TypeError):
        kind("GET", "/security_audit_logs", handler=nothing)
    with pytest.raises(TypeError):
        kind("GET", "/security_audit_logs", nothing)


@pytest.mark.parametrize("opening", SURFACE, ids=lambda each: each.path)
def test_guarded_and_public_rows_cannot_be_mistaken_for_one_another(opening: Opening) -> None:
    right, wrong = (PublicRoute, Route) if opening.opened_by is Opener.PUBLIC else (Route, PublicRoute)
    right(opening.method, opening.path, opening.opened_by, nothing)
    with pytest.raises(TypeError):
        wrong(opening.method, opening.path, opening.opened_by, nothing)


def test_only_public_handlers_do_without_the_facts_of_an_integration() -> None:
    for row in ROUTES:
        takes = next(iter(typing.get_type_hints(row.handler).values()))
        assert (takes is Call) == isinstance(row, Route), row.path


@pytest.mark.parametrize(
    "path", ["/", "/admin/", "/security_audit_logs/x", "/SECURITY_AUDIT_LOGS", "/security%5Faudit_logs", "/v1/me", "/..//me"]
)
def test_a_path_that_is_not_in_the_table_leads_nowhere(path: str) -> None:
    with pytest.raises((PathUnknown, MethodUnknown)):
        find("GET" if path != "/" else "DELETE", path)
