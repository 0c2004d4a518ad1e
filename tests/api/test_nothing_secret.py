"""Promise 7: no secret and no token at rest or in a log, wherever a client put it (A07, A19)."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from admincenter.store.opening import Store
from tests.engines import NewDatabase
from tests.serving import Served
from tests.tenant import Tenant
from tests.wire import JSON, Wire, multipart

TOKEN, CURRENT = "/work_get_token", "/work_current_token"


def _use_everywhere(wire: Wire, credential: str, token: str) -> None:
    """Sends both wherever a client may put them by mistake, and the token where it belongs."""
    app_id, _bar, secret = credential.partition("|")
    assert wire.current(credential).json["access_token"] == token
    assert wire.get("/security_audit_logs?limit=1000", token).status == 200
    for text in (secret, token, credential, quote(credential)):
        for path in (
            f"/{text}",
            f"/me/{text}",
            f"{TOKEN}/{text}",
            f"/x?access_token={text}",
            f"/me?access_token={text}",
            f"/v1.0/{text}",
        ):
            wire.get(path)
            wire.call("POST", path)
        for name in ("limit", "after", "before", "since", "until", "fields", "order", "whatever"):
            wire.get(f"/security_audit_logs?{name}={text}", token)
        for headers in (
            [("Origin", text)],
            [("User-Agent", text)],
            [("Referer", text)],
            [("Host", text)],
            [("X-Forwarded-For", text)],
        ):
            wire.get("/me", token, headers)
            wire.token(credential, headers)
        wire.call("GET", "/me", [("Authorization", f"Basic {b64encode(text.encode()).decode()}")])
        wire.get("/me", text)
        wire.token(text)
        wire.token(f"{app_id}|{text}")
        wire.token(credential, grant_type=text)
        wire.token(credential, expected_generation=text)
        wire.call("POST", TOKEN, [("Content-Type", text)], text.encode())
        wire.call("POST", TOKEN, [JSON], text.encode())
        wire.call("POST", TOKEN, [multipart([])[0]], text.encode())
        wire.call(text, "/me")
        wire.exchange(text.encode() + b"\r\n\r\n")


@pytest.fixture(scope="module", params=["console", "json"])
def remains(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> tuple[Path, list[bytes]]:
    """The folder of a server that was used and stopped, its log in it, and every secret and token that it ever saw."""
    folder, canaries = tmp_path_factory.mktemp("remains"), []
    with Served(folder / "data", log_format=request.param, workers="2", **new_database()) as running:
        tenant = Tenant(running.store)
        for _each in range(2):
            token = running.wire.token(tenant.credential).json["access_token"]
            canaries += [tenant.secret.encode(), token.encode()]
            _use_everywhere(running.wire, tenant.credential, token)
            tenant.reset()
        running.wire.token(tenant.credential)
        canaries.append(tenant.secret.encode())
        live = running.wire.current(tenant.credential).json["access_token"]
        canaries.append(live.encode())
        (folder / "stored").write_bytes(stored(running.store))
    return folder, canaries


def stored(store: Store) -> bytes:
    """Every value of every table: on PostgreSQL the files of the database are out of reach."""
    with store.connected() as database:
        rows = [row for table in sorted(database.tables()) for row in database.sql.all(f"SELECT * FROM {table}")]
    return b"\n".join(each if isinstance(each, bytes) else str(each).encode() for row in rows for each in row)


def _search(folder: Path, canaries: list[bytes]) -> list[str]:
    """Where any of them is found, its characteristic middle alone included."""
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found += [
                f"{file.name}: {text[:4]!r}" for text in canaries if text[8:40] in content or b64encode(text[3:51]) in content
            ]
    return found


def test_no_secret_and_no_token_is_in_the_data_directory_or_the_log(remains: tuple[Path, list[bytes]]) -> None:
    folder, canaries = remains
    assert len(canaries) == 6
    names = {file.name for file in folder.rglob("*")}
    assert {"stored", "server.key", "data.log", "data.out"} <= names
    assert (folder / "stored").stat().st_size > 10_000
    assert _search(folder, canaries) == []


def test_the_search_would_find_one(remains: tuple[Path, list[bytes]], tmp_path: Path) -> None:
    _folder, canaries = remains
    (tmp_path / "log").write_bytes(b"x" * 1_000 + canaries[1] + b"\n")
    assert _search(tmp_path, canaries) == ["log: b'act_'"]


def test_the_log_holds_each_request_without_its_query_string(remains: tuple[Path, list[bytes]]) -> None:
    log = (remains[0] / "data.log").read_text()
    assert log.count("/security_audit_logs") > 50
    assert "limit=" not in log
    assert "?" not in log
