"""A20: everything may be out. One command kills every token, whatever hammers the server meanwhile."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.engines import NewDatabase
from tests.serving import Served, until
from tests.tenant import Tenant, counted
from tests.wire import HANG, Wire

INTEGRATIONS = 6


class _Hammer:
    """Uses a token and buys new ones, as fast as it goes."""

    def __init__(self, wire: Wire, tenant: Tenant, mints: bool) -> None:
        self._wire, self._tenant, self._mints = wire, tenant, mints
        self.token = wire.token(tenant.credential).json["access_token"]
        self.calls = 0
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def _go_on(self) -> None:
        while not self._enough.is_set():
            reply = self._wire.token(self._tenant.credential) if self._mints else self._wire.get("/me", self.token)
            assert reply.status in (200, 400, 429)
            self.calls += 1

    def __enter__(self) -> "_Hammer":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self._thread.join(HANG)


@pytest.mark.slow
def test_one_command_ends_every_token_of_an_instance_while_two_workers_are_hammered(
    tmp_path: Path, new_database: NewDatabase
) -> None:
    with Served(tmp_path / "data", workers="2", **new_database()) as served:
        first = Tenant(served.store)
        tenants = [first, *(first.sibling() for _ in range(INTEGRATIONS - 1))]
        other = Tenant(served.store)
        others_token = served.wire.token(other.credential).json["access_token"]
        with _Hammer(served.wire, first, True) as minting, _Hammer(served.wire, tenants[1], False) as using:
            held = [served.wire.token(each.credential).json["access_token"] for each in tenants[2:]]
            until(lambda: minting.calls > 20 and using.calls > 20, "the hammering")
            command = ["instance", "revoke-all-tokens", "--instance", first.instance, *served.place]
            subprocess.run([sys.executable, "-m", "admincenter", *command], check=True, timeout=HANG, capture_output=True)
            for _ in range(10):  # both workers
                after = [served.wire.get("/me", each) for each in [*held, using.token]]
                assert {(each.status, each.json["error"]["error_subcode"]) for each in after} == {(400, 460)}
        assert served.wire.get("/me", others_token).status == 200
        assert served.wire.token(first.credential).status in (200, 429)
        assert counted(first.log())["instance.tokens_revoked"] == INTEGRATIONS
