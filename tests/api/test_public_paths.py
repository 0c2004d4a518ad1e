"""The paths that ask nobody who they are: `/`, health, figures."""

import pytest

from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.wire import Wire


def test_the_front_page_leads_to_the_panel(wire: Wire) -> None:
    for path in ("/", "//", "/?access_token=x"):
        reply = wire.get(path)
        assert (reply.status, reply.header("location"), reply.body) == (302, "/admin/", b"")


@pytest.mark.parametrize(("path", "says"), [("/healthz", {"status": "ok"}), ("/readyz", {"status": "ready"})])
def test_health_is_told_to_everybody(wire: Wire, path: str, says: dict[str, str]) -> None:
    reply = wire.get(path, "nonsense", [("Origin", "https://example.com")])
    assert (reply.status, reply.json, reply.header("cache-control")) == (200, says, "no-store")


@pytest.mark.parametrize("path", ["/v23.0/healthz", "/v23.0/metrics", "/v23.0/"])
def test_public_paths_have_no_versions(wire: Wire, path: str) -> None:
    assert_graph_error(wire.get(path), 404, 2500)


def test_figures_count_answers_by_path_and_status_without_a_strangers_text(wire: Wire, token: str) -> None:
    wire.get("/me", token)
    wire.get("/stranger?access_token=x")
    reply = wire.get("/metrics")
    assert (reply.status, reply.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    lines = reply.body.decode().splitlines()
    assert any(line.startswith('admincenter_requests_total{path="/me",status="200",worker="0"}') for line in lines)
    assert 'path="(unknown)",status="404"' in reply.body.decode()
    assert b"stranger" not in reply.body


def test_figures_are_not_for_those_who_come_through_a_proxy_that_nobody_declared(wire: Wire) -> None:
    assert wire.get("/metrics").status == 200
    assert_graph_error(wire.get("/metrics", headers=[("X-Forwarded-For", "192.0.2.1")]), 404, 2500)


@pytest.mark.parametrize("who", ["on", "loopback", "off"])
def test_figures_are_for_those_who_may_see_them(
    tmp_path_factory: pytest.TempPathFactory, who: str, new_database: NewDatabase
) -> None:
    data = tmp_path_factory.mktemp("figures") / "data"
    with InProcess(data, SettableClock(), metrics=who, trusted_proxies="127.0.0.1", **new_database()) as running:
        local, remote, unknown = (
            running.wire.get("/metrics", headers=[("X-Forwarded-For", each)] if each else [])
            for each in ("127.0.0.2", "192.0.2.1", "")
        )
    assert local.status == (404 if who == "off" else 200)
    for reply in (remote, unknown):
        if who == "on":
            assert reply.status == 200
        else:
            assert_graph_error(reply, 404, 2500)
