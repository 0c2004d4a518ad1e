"""`scim2-tester` judges a running server, whole: every check that it has, over HTTP, with a real token."""

from pathlib import Path

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.directory import STATUS
from tests.serving import Served
from tests.tenant import Tenant

FINE = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}
NOT_JUDGED = ("check_replace_attribute", STATUS)
"""Replacing that whole extension: the tester expects its read-only attributes to be replaced too."""


def test_the_tester_finds_nothing(tmp_path: Path, place: dict[str, str]) -> None:
    with Served(tmp_path / "data", **place) as served:
        tenant = Tenant(served.store)
        token = served.wire.token(tenant.credential).json["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with Client(base_url=f"http://127.0.0.1:{served.port}/scim/v2", headers=headers) as client:
            results = check_server(SyncSCIMClient(client))
    assert len(results) > 100
    judged = [each for each in results if not (each.title == NOT_JUDGED[0] and f"'{NOT_JUDGED[1]}'" in (each.reason or ""))]
    assert len(results) - len(judged) <= 1
    assert [f"{each.title}: {each.reason}" for each in judged if each.status not in FINE] == []
