"""`GET /security_audit_logs`, parameter by parameter (contract, section 4)."""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from admincenter.core.permissions import Permission
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant, counted
from tests.wire import Reply, Wire

PATH = "/security_audit_logs"
FIELDS = ["id", "event", "event_id", "timestamp", "actor_username", "target_username", "ip_address", "useragent", "extra_data"]


@pytest.fixture(scope="module")
def log(server: InProcess) -> Tenant:
    """An organisation with 1,203 events: two of its making, 1,200 that happened, one token."""
    tenant = Tenant(server.store, permissions=[Permission.READ_SECURITY_AUDIT_LOGS])
    tenant.happen(1_200)
    return tenant


@pytest.fixture(scope="module")
def reader(server: InProcess, log: Tenant) -> str:
    """The token that reads it."""
    return str(server.wire.token(log.credential).json["access_token"])


@pytest.fixture(scope="module")
def prober(server: InProcess) -> str:
    """A token for requests that are refused; their refusals are in another log."""
    tenant = Tenant(server.store)
    tenant.happen(20)
    return str(server.wire.token(tenant.credential).json["access_token"])


def _ids(reply: Reply) -> list[int]:
    assert reply.status == 200, reply.body
    return [int(row["id"]) for row in reply.json["data"]]


def _page(wire: Wire, reader: str, parameters: str) -> Any:
    reply = wire.get(f"{PATH}?{parameters}", reader)
    assert reply.status == 200, reply.body
    return reply.json


def test_without_parameters_the_newest_hundred_come_newest_first(wire: Wire, reader: str) -> None:
    assert _ids(wire.get(PATH, reader)) == list(range(1_203, 1_103, -1))
    assert _ids(wire.get("/v23.0/security_audit_logs/", reader)) == list(range(1_203, 1_103, -1))


@pytest.mark.parametrize(
    ("limit", "rows"),
    [("1", 1), ("7", 7), ("007", 7), ("999", 999), ("1000", 1_000), ("1001", 1_000), ("9" * 30, 1_000)]
    + [(each, 100) for each in ("", "0", "-1", "-1000", "1.5", "1e3", "abc", "+5", " 5", "５", "0x10", "null", "%00", "5,5")],
)
def test_a_limit_is_lowered_to_a_thousand_and_nonsense_is_a_hundred(wire: Wire, reader: str, limit: str, rows: int) -> None:
    assert len(_ids(wire.get(f"{PATH}?limit={quote(limit, safe='%+')}", reader))) == rows


def test_the_order_may_be_asked_for(wire: Wire, reader: str) -> None:
    assert _ids(wire.get(f"{PATH}?order=asc&limit=3", reader)) == [1, 2, 3]
    assert _ids(wire.get(f"{PATH}?order=desc&limit=3", reader)) == [1_203, 1_202, 1_201]


@pytest.mark.parametrize("order", ["", "ASC", "up", "asc,desc"])
def test_another_order_is_refused(wire: Wire, prober: str, order: str) -> None:
    assert_graph_error(wire.get(f"{PATH}?order={order}", prober), 400, 100, says="order")


@pytest.mark.parametrize("name", ["limit", "after", "before", "start_time", "end_time", "since", "until", "fields", "order"])
def test_a_parameter_given_twice_is_refused(wire: Wire, prober: str, name: str) -> None:
    assert_graph_error(wire.get(f"{PATH}?{name}=1&{name}=1", prober), 400, 100, says=f"{name} is given twice")


def test_unknown_parameters_are_ignored_and_do_not_travel_on(wire: Wire, reader: str) -> None:
    page = _page(wire, reader, "limit=2&x=1&x=2&__proto__=a")
    assert parse_qs(urlsplit(page["paging"]["next"]).query).keys() == {"limit", "after"}


def test_an_event_has_the_fields_of_the_contract_and_none_without_a_value(wire: Wire, log: Tenant, reader: str) -> None:
    rows = _page(wire, reader, "order=asc&limit=1000")["data"]
    assert [list(row) for row in rows] == [[name for name in FIELDS if name in row] for row in rows]
    assert all(value not in (None, "") for row in rows for value in row.values())
    assert all({"summary", "kind"} <= row["extra_data"].keys() for row in rows)
    assert len({row["event_id"] for row in rows}) == 1_000
    assert rows[2] == {
        "id": "3",
        "event": "Permission granted",
        "event_id": rows[2]["event_id"],
        "timestamp": "2026-11-23T10:00:00+0000",
        "actor_username": "somebody@example.com",
        "ip_address": "192.0.2.1",
        "useragent": "a browser",
        "extra_data": {
            "summary": f"Integration {log.app_id} may now use 0",
            "kind": "permission.granted",
            "app_id": log.app_id,
            "permission": "0",
        },
    }


def test_a_token_issue_names_who_from_where_with_what(server: InProcess, tenant: Tenant) -> None:
    token = server.wire.token(tenant.credential, [("User-Agent", "curl/8 \x85\t\xe9")]).json["access_token"]
    [row] = server.wire.get(f"{PATH}?limit=1", token).json["data"]
    assert (row["event"], row["extra_data"]["kind"]) == ("Access token issued", "token.issued")
    assert (row["actor_username"], row["target_username"]) == (f"integration:{tenant.app_id}",) * 2
    assert (row["ip_address"], row["useragent"]) == ("127.0.0.1", "curl/8 \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}é")
    assert row["extra_data"]["generation"] == 1


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("id", ["id"]),
        ("event", ["id", "event"]),
        ("timestamp,id", ["id", "timestamp"]),
        ("extra_data, ip_address", ["id", "ip_address", "extra_data"]),
        ("", ["id"]),
        ("target_username", ["id"]),
        ("event,event,", ["id", "event"]),
        (",".join(reversed(FIELDS)), [name for name in FIELDS if name != "target_username"]),
    ],
)
def test_fields_may_be_chosen_and_the_id_always_comes(wire: Wire, reader: str, fields: str, names: list[str]) -> None:
    page = _page(wire, reader, f"order=asc&after={_cursor(wire, reader, 2)}&limit=1&fields={quote(fields)}")
    assert [list(row) for row in page["data"]] == [names]
    assert page["paging"]["cursors"]["after"]


@pytest.mark.parametrize(
    "fields", ["x", "id,x", "extra_data.kind", "ID", "event{kind}", "*", "id;event", "%00", "a%0d%0ab", "event," * 3 + "x"]
)
def test_an_unknown_field_is_refused(wire: Wire, prober: str, fields: str) -> None:
    assert_graph_error(wire.get(f"{PATH}?fields={quote(fields, safe='%')}", prober), 400, 100)


def test_a_token_where_fields_are_named_is_not_repeated(wire: Wire, prober: str) -> None:
    assert_graph_error(wire.get(f"{PATH}?fields={prober}", prober), 400, 100, says="timestamp")


def _cursor(wire: Wire, reader: str, sequence: int) -> str:
    """The cursor of an event, as a page that ends with it gives it."""
    page = _page(wire, reader, f"order=asc&limit={sequence}")
    assert page["data"][-1]["id"] == str(sequence)
    return str(page["paging"]["cursors"]["after"])


def test_after_continues_and_before_gives_the_rows_next_to_it_in_the_pages_order(wire: Wire, reader: str) -> None:
    at = _cursor(wire, reader, 10)
    for parameters, expected in {
        f"order=asc&after={at}&limit=2": [11, 12],
        f"order=asc&before={at}&limit=2": [8, 9],
        f"order=desc&after={at}&limit=2": [9, 8],
        f"order=desc&before={at}&limit=2": [12, 11],
        f"order=asc&before={at}&limit=100": list(range(1, 10)),
    }.items():
        assert _ids(wire.get(f"{PATH}?{parameters}", reader)) == expected


def test_both_cursors_at_once_are_refused(wire: Wire, prober: str) -> None:
    at = _cursor(wire, prober, 10)
    assert_graph_error(wire.get(f"{PATH}?after={at}&before={at}", prober), 400, 100, says="after and before")


def test_a_cursor_needs_no_escaping_and_is_23_characters(wire: Wire, reader: str) -> None:
    cursors = _page(wire, reader, "limit=1")["paging"]["cursors"]
    assert {quote(each, safe="") for each in cursors.values()} == set(cursors.values())
    assert {len(each) for each in cursors.values()} == {23}


def test_a_cursor_edited_at_any_character_is_refused(wire: Wire, prober: str) -> None:
    at = _cursor(wire, prober, 3)
    for position in range(len(at)):
        edited = at[:position] + ("A" if at[position] != "A" else "B") + at[position + 1 :]
        assert_graph_error(wire.get(f"{PATH}?after={edited}", prober), 400, 2642)


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "x",
        "MTIz",
        "-1",
        "null",
        "%00",
        "%ff%fe",
        "é",
        "A" * 23,
        "A" * 5_000,
        "{at}=",
        "{at}A",
        "={at}",
        "{cut}",
        "%0a{at}",
        "{at}%0a",
    ],
)
def test_what_is_no_cursor_of_ours_is_refused(wire: Wire, prober: str, name: str, text: str) -> None:
    at = _cursor(wire, prober, 3)
    reply = wire.get(f"{PATH}?{name}={quote(text.format(at=at, cut=at[:-1]), safe='%=')}", prober)
    assert_graph_error(reply, 400, 100 if text == "%ff%fe" else 2642)


def test_the_cursor_of_another_instance_is_refused(server: InProcess, prober: str) -> None:
    other = Tenant(server.store)
    token = server.wire.token(other.credential).json["access_token"]
    foreign = server.wire.get(f"{PATH}?limit=1", token).json["paging"]["cursors"]["after"]
    assert_graph_error(server.wire.get(f"{PATH}?after={foreign}", prober), 400, 2642)


def test_a_refused_parameter_is_recorded(server: InProcess, tenant: Tenant, token: str) -> None:
    assert_graph_error(server.wire.get(f"{PATH}?after=x", token), 400, 2642)
    assert_graph_error(server.wire.get(f"{PATH}?fields=x", token), 400, 100)
    server.settle()
    assert counted(tenant.news()) == {"call.refused CursorBad": 1, "call.refused ParameterBad": 1}


def test_a_page_without_rows_has_no_paging_member_at_all(wire: Wire, reader: str) -> None:
    oldest = _page(wire, reader, "order=asc&limit=1")["paging"]["cursors"]["after"]
    for parameters in (f"after={oldest}", f"order=asc&before={oldest}", "start_time=99999999999", "end_time=0"):
        assert _page(wire, reader, parameters) == {"data": []}


def test_next_is_there_only_where_more_rows_are(wire: Wire, reader: str) -> None:
    at = _cursor(wire, reader, 2)
    assert _page(wire, reader, f"after={at}&limit=1")["paging"].keys() == {"cursors"}
    assert _page(wire, reader, f"order=asc&before={at}&limit=1")["paging"].keys() == {"cursors", "next"}
    assert "next" not in _page(wire, reader, "order=asc&limit=1000&after=" + _cursor(wire, reader, 203))["paging"]
    assert "next" in _page(wire, reader, "order=asc&limit=1000&after=" + _cursor(wire, reader, 202))["paging"]


def test_next_is_a_whole_address_without_a_token_that_keeps_every_parameter(server: InProcess, reader: str) -> None:
    asked = "limit=2&order=asc&since=1&fields=event%2Cid&end_time=2100-01-01T00:00:00%2B0000"
    page = server.wire.get(f"/v23.0{PATH}?{asked}", reader, [("Host", f"LocalHost:{server.port}")]).json
    following = page["paging"]["next"]
    assert following.startswith(f"http://localhost:{server.port}{PATH}?")
    assert "act_" not in following
    assert "access_token" not in following
    given = parse_qs(urlsplit(following).query)
    assert given == {
        "limit": ["2"], "order": ["asc"], "since": ["1"], "fields": ["event,id"], "end_time": ["2100-01-01T00:00:00+0000"],
        "after": [page["paging"]["cursors"]["after"]],
    }  # fmt: skip
    assert _ids(server.wire.get(following.partition(str(server.port))[2], reader)) == [3, 4]
