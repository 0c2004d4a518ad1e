"""What each path opens, and how a path is read."""

import pytest

from admincenter.core import surface
from admincenter.core.permissions import Permission
from admincenter.core.surface import SURFACE, Opener, Opening, Speech


def test_only_the_front_page_and_health_are_public() -> None:
    assert {each.path for each in SURFACE if each.opened_by is Opener.PUBLIC} == {"/", "/healthz", "/readyz", "/metrics"}


def test_secrets_open_the_two_token_endpoints_and_nothing_else() -> None:
    assert {each.path for each in SURFACE if each.takes_secret} == {"/work_get_token", "/work_current_token"}


def test_the_log_needs_its_permission_and_me_needs_none() -> None:
    assert surface.at("/security_audit_logs")["GET"].permission is Permission.READ_SECURITY_AUDIT_LOGS
    assert surface.at("/me")["GET"].permission is None


def test_no_opening_is_said_twice() -> None:
    assert len({(each.method, each.path) for each in SURFACE}) == len(SURFACE)


@pytest.mark.parametrize("opening", SURFACE, ids=lambda each: each.path)
def test_every_opening_is_found_at_its_normal_path(opening: Opening) -> None:
    assert surface.normal_path(opening.path) == opening.path
    assert surface.at(opening.path)[opening.method] is opening


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("//work_get_token", "/work_get_token"),
        ("/me/", "/me"),
        ("///me///", "/me"),
        ("/v23.0/security_audit_logs", "/security_audit_logs"),
        ("/v1.0//me/", "/me"),
        ("", "/"),
        ("//", "/"),
        ("/v23.0", "/v23.0"),
        ("/v23.0/", "/v23.0"),
        ("/v23.0/healthz", "/v23.0/healthz"),
        ("/v23.0/nothing", "/v23.0/nothing"),
        ("/v23.0/v23.0/me", "/v23.0/v23.0/me"),
        ("/v23/me", "/v23/me"),
        ("/v.0/me", "/v.0/me"),
        ("/v1./me", "/v1./me"),
        ("/v1.0.0/me", "/v1.0.0/me"),
        ("/V1.0/me", "/V1.0/me"),
        ("/v١.0/me", "/v١.0/me"),
        ("/x1.0/me", "/x1.0/me"),
        ("/ME", "/ME"),
        ("/me;x", "/me;x"),
        ("/%6de", "/%6de"),
        ("/./me", "/./me"),
        ("/a/../me", "/a/../me"),
    ],
)
def test_slashes_and_a_version_segment_are_ignored_and_nothing_else_is(path: str, normal: str) -> None:
    assert surface.normal_path(path) == normal


def test_an_unknown_path_opens_nothing() -> None:
    assert surface.at("/v23.0/me") == {}
    assert surface.at("/admin") == {}


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("/Users/12", "/Users/{id}"),
        ("/scim/v2/Users/12", "/scim/v2/Users/{id}"),
        ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "/Schemas/{id}"),
        ("/Users/.search", "/Users/.search"),
        ("/Users/{id}", "/Users/{id}"),
        ("/Users", "/Users"),
        ("/Users/", "/Users/"),
        ("/Users/12/x", "/Users/12/x"),
        ("/Users/{id}/x", "/Users/{id}/x"),
        ("/me/12", "/me/12"),
        ("/12", "/12"),
        ("/", "/"),
    ],
)
def test_a_path_that_names_a_thing_stands_at_the_row_of_all_such_things(path: str, row: str) -> None:
    assert surface.template(path) == row


def test_one_of_many_is_opened_as_all_are() -> None:
    assert surface.at("/Users/12") is surface.at("/Users/{id}")
    assert surface.at("/Users/12")["PATCH"].permission is Permission.MANAGE_ACCOUNTS
    assert surface.at("/Users/.search").keys() == {"POST"}


@pytest.mark.parametrize(
    ("path", "speech"),
    [
        ("/me", Speech.GRAPH),
        ("/nothing", Speech.GRAPH),
        ("", Speech.GRAPH),
        ("/", Speech.GRAPH),
        ("/scim/v2/Users/1", Speech.SCIM),
        ("//scim/nothing", Speech.SCIM),
        ("/scim", Speech.SCIM),
        ("/Users", Speech.BOTH),
        ("//Users//1", Speech.BOTH),
        ("/ServiceProviderConfigs", Speech.BOTH),
        ("/users", Speech.GRAPH),
        ("/v23.0/Users", Speech.GRAPH),
    ],
)
def test_the_first_part_of_a_path_says_how_its_refusals_are_told(path: str, speech: Speech) -> None:
    assert surface.speech_of(path) is speech


def test_what_accounts_need_is_their_permission_and_their_bodies_are_their_own() -> None:
    for each in SURFACE:
        assert each.keeps_body == (each.permission is Permission.MANAGE_ACCOUNTS) == (each.speech is not Speech.GRAPH)
