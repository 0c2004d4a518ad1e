"""What every error in the Graph dialect must look like, whoever caused it (contract, section 2)."""

import re

from tests.wire import Reply

_CREDENTIAL = re.compile(rb"ac[ts]_[0-9A-Za-z]{8,}")
_ID = re.compile(r"A[0-9A-Za-z_-]{22}")
_KEYS = {"message", "type", "code", "fbtrace_id"}


def assert_graph_error(reply: Reply, status: int, code: int, subcode: int | None = None, says: str = "") -> str:
    """Checks the whole answer, not only its numbers; the message, for those who want to look closer."""
    assert _CREDENTIAL.search(repr(reply).encode()) is None, "an answer that repeats a credential"
    error = reply.json["error"]
    got = (reply.status, error["code"], error.get("error_subcode"))
    assert got == (status, code, subcode), f"{got}: {error['message']}"
    _check_body(reply, subcode)
    _check_headers(reply, error["message"], code)
    assert says in error["message"]
    return str(error["message"])


def _check_body(reply: Reply, subcode: int | None) -> None:
    error = reply.json["error"]
    expected = _KEYS | ({"error_subcode"} if subcode is not None else set())
    transient = {"is_transient"} if reply.status in (429, 503) else set()
    assert set(error) == expected | transient
    assert all(error[name] is True for name in transient)
    assert error["type"] == "OAuthException"
    assert _ID.fullmatch(error["fbtrace_id"])
    assert set(reply.json) == {"error"} | ({"generation"} if error["code"] in (9001, 9002) else set())


def _check_headers(reply: Reply, message: str, code: int) -> None:
    assert reply.header("x-request-id") == reply.json["error"]["fbtrace_id"]
    assert reply.header("content-type") == "application/json; charset=UTF-8"
    assert reply.header("cache-control") == "no-store"
    assert [name for name, _value in reply.headers if name.startswith("access-control-")] == []
    assert reply.header("server") == ""
    asked = {104: "invalid_request", 190: "invalid_token"}.get(code)
    quoted = message.replace('"', "'")
    assert reply.header("www-authenticate") == (f'OAuth "Facebook Platform" "{asked}" "{quoted}"' if asked else "")
    waits = reply.header("retry-after")
    assert waits.isdecimal() and int(waits) >= 1 if reply.status in (429, 503) else waits == ""
    assert bool(reply.header("x-app-usage")) == (reply.status == 429)
