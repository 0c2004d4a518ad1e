"""A07 and A10: a credential where it does not belong. It opens nothing, and no log of ours repeats it."""

import re
from collections.abc import Iterator

import pytest

from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.tenant import Tenant, counted
from tests.wire import Header

SECRET_LIKE = re.compile(r"ac[st]_[0-9A-Za-z]{10}")


@pytest.fixture(scope="module", params=["console", "json"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Served]:
    """A server process that writes its access log."""
    with Served(tmp_path_factory.mktemp("served") / "data", log_format=request.param, **new_database()) as running:
        yield running


@pytest.fixture
def owner(served: Served) -> Tenant:
    """An integration of that server."""
    return Tenant(served.store)


def _settled(served: Served, owner: Tenant, kind: str) -> None:
    until(lambda: counted(owner.log())[kind], f"the finding {kind}")
    assert SECRET_LIKE.search(served.log.read_text()) is None
    assert SECRET_LIKE.search(repr(owner.log())) is None


def test_a_secret_in_the_url_buys_nothing_and_is_a_finding_and_in_no_log(served: Served, owner: Tenant) -> None:
    query = f"?access_token={owner.app_id}%7C{owner.secret}&grant_type=client_credentials"
    for path in ("/work_get_token", "//work_get_token/", "/v23.0/work_get_token", "/work_current_token"):
        assert_graph_error(served.wire.call("POST", path + query), 400, 100)
    _settled(served, owner, "secret.seen_in_url ParameterBad")
    assert owner.facts.generation == 0


@pytest.mark.parametrize("path", ["/work_get_token", "/work_current_token", "/%77ork_get_token", "/nowhere", "/healthz"])
def test_a_secret_in_the_url_of_any_request_is_in_no_log(served: Served, owner: Tenant, path: str) -> None:
    reply = served.wire.get(f"{path}?access_token={owner.credential.replace('|', '%7C')}")
    until(lambda: reply.header("x-request-id") in served.log.read_text(), "the line of the access log")
    assert reply.status in (404, 405, 200)
    assert SECRET_LIKE.search(served.log.read_text()) is None


def test_a_token_in_the_url_or_the_body_opens_nothing_and_is_a_finding(served: Served, owner: Tenant) -> None:
    token = served.wire.token(owner.credential).json["access_token"]
    assert_graph_error(served.wire.get(f"/me?access_token={token}"), 400, 100)
    assert_graph_error(served.wire.get(f"/security_audit_logs?limit=1&access_token={token}"), 400, 100)
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    assert_graph_error(served.wire.call("GET", "/me", form, f"access_token={token}".encode()), 400, 100)
    _settled(served, owner, "token.seen_in_url ParameterBad")


def test_a_secret_as_bearer_is_refused_unread(served: Served, owner: Tenant) -> None:
    assert_graph_error(served.wire.get("/me", owner.secret), 400, 190, says="App Secret")
    assert_graph_error(served.wire.get("/me", owner.credential), 400, 190)


def test_a_token_as_secret_is_refused_unread(served: Served, owner: Tenant) -> None:
    token = served.wire.token(owner.credential).json["access_token"]
    assert_graph_error(served.wire.token(f"{owner.app_id}|{token}"), 400, 190)


@pytest.mark.parametrize("name", ["Cookie", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization", "Access-Token"])
def test_a_token_in_another_header_is_no_token(served: Served, owner: Tenant, name: str) -> None:
    token = served.wire.token(owner.credential).json["access_token"]
    for value in (token, f"Bearer {token}", f"access_token={token}"):
        assert_graph_error(served.wire.get("/me", headers=[(name, value)]), 400, 104)


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Token", "Bearer:", "Bearer,", "", "bearer\xa0"])
def test_a_token_under_another_scheme_is_refused(served: Served, owner: Tenant, scheme: str) -> None:
    token = served.wire.token(owner.credential).json["access_token"]
    header: Header = ("Authorization", f"{scheme} {token}")
    assert_graph_error(served.wire.get("/me", headers=[header]), 400, 190)


def test_the_token_of_another_instance_shows_only_its_own_log(served: Served, owner: Tenant) -> None:
    other = Tenant(served.store)
    token = served.wire.token(other.credential).json["access_token"]
    page = served.wire.get("/security_audit_logs?limit=1000", token).json["data"]
    assert {each["id"] for each in page} <= {each["id"] for each in other.log()}
    assert owner.app_id not in repr(page)
