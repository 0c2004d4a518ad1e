"""`ETag`, `If-Match` and `If-None-Match`: nobody's change is lost, and nothing is sent twice."""

import time

import pytest

from admincenter.api import preconditions
from tests.directory import CORE, Directory
from tests.wire import Header

MISSES = ['W/"2"', '"2"', 'W/"0"', '"x"', 'W/"01x"', "1", '""', 'W/"' + "9" * 60 + '"', '"2", W/"3"', "W/1", "x"]
HITS = ['W/"1"', '"1"', "*", 'W/"7", W/"1"', ' "1" ', '"a","1"']


def _deeds(directory: Directory, account_id: str, headers: list[Header]) -> list[int]:
    body = {"schemas": [CORE], "userName": "bob", "title": "Sir"}
    replies = [
        directory.put(account_id, body, headers),
        directory.patch(account_id, {"op": "add", "path": "nickName", "value": "Bo"}, headers=headers),
        directory.delete(account_id, headers),
    ]
    for reply in replies:
        if reply.status == 412:
            directory.refused(reply, 412, says="version 1")
    return [reply.status for reply in replies]


@pytest.mark.parametrize("tag", MISSES)
def test_a_write_that_expects_another_version_changes_nothing(directory: Directory, tag: str) -> None:
    made = directory.create("bob")
    assert _deeds(directory, made["id"], [("If-Match", tag)]) == [412] * 3
    assert directory.read(made["id"]) == made


@pytest.mark.parametrize("tag", HITS)
def test_a_write_that_expects_this_version_is_done(directory: Directory, tag: str) -> None:
    for deed in range(3):
        made = directory.create(f"bob{deed}")
        headers = [("If-Match", tag)]
        body = {"schemas": [CORE], "userName": f"bob{deed}", "title": "Sir"}
        reply = (
            directory.put(made["id"], body, headers),
            directory.patch(made["id"], {"op": "add", "path": "title", "value": "Sir"}, headers=[]),
            directory.delete(made["id"], [("If-Match", "*")]),
        )[0]
        assert (reply.status, reply.header("etag"), reply.json["meta"]["version"]) == (200, 'W/"2"', 'W/"2"')


def test_several_lines_of_if_match_are_one_list(directory: Directory) -> None:
    made = directory.create("bob")
    assert directory.delete(made["id"], [("If-Match", '"9"'), ("if-match", '"1"')]).status in (200, 204)


@pytest.mark.parametrize("tag", HITS)
def test_what_a_client_has_already_is_not_sent_again(directory: Directory, tag: str) -> None:
    made = directory.create("bob")
    reply = directory.call("GET", f"/Users/{made['id']}", None, [("If-None-Match", tag)])
    assert (reply.status, reply.body, reply.header("etag")) == (304, b"", 'W/"1"')


@pytest.mark.parametrize("tag", MISSES)
def test_what_a_client_has_not_is_sent(directory: Directory, tag: str) -> None:
    made = directory.create("bob")
    reply = directory.call("GET", f"/Users/{made['id']}", None, [("If-None-Match", tag)])
    assert (reply.status, reply.json, reply.header("etag")) == (200, made, 'W/"1"')


def test_an_account_that_is_not_there_is_404_whatever_is_expected(directory: Directory) -> None:
    for tag in ("*", 'W/"1"'):
        directory.refused(directory.delete("12", [("If-Match", tag)]), 404)
        directory.refused(directory.call("GET", "/Users/12", None, [("If-None-Match", tag)]), 404)


@pytest.mark.parametrize("header", ["x" + " " * 15_000 + "x", '"' * 15_000, "," * 15_000, 'W/"1" ' * 3_000])
def test_a_long_list_of_tags_is_read_at_once(header: str) -> None:
    """Generous for a busy machine: what is meant is a millisecond, on the event loop that everybody shares."""
    begin = time.perf_counter()
    assert preconditions.expected(header) == []
    assert time.perf_counter() - begin < 0.2
