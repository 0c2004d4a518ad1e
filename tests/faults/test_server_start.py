"""What a server refuses to start on: one clear line, exit code 2, and nothing made or changed."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tests.certificates import Certificate, self_signed
from tests.faults.load import Load, fill, kill_all
from tests.faults.standing import Standing, raise_up
from tests.serving import Served, until
from tests.wire import HANG
from tests.within import opened


def _refused(data: Path, *flags: str) -> str:
    """The one line with which it refuses."""
    command = [sys.executable, "-m", "admincenter", "serve", "--data", str(data), *flags]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANG, env=environment, check=False)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    [line] = ended.stderr.splitlines()
    assert line.startswith("admincenter: ")
    return line


def test_a_second_server_on_the_same_port_is_refused_and_the_first_goes_on(standing: Standing, tmp_path: Path) -> None:
    with Served(standing.data) as served:
        other = tmp_path / "other"
        assert f"127.0.0.1:{served.port} cannot be listened on" in _refused(other, "--port", str(served.port))
        assert served.wire.get("/readyz").status == 200


def test_a_port_that_another_program_holds_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        assert "choose another with --port" in _refused(tmp_path / "data", "--port", str(holder.getsockname()[1]))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_others_reach_needs_tls_or_a_proxy(tmp_path: Path, host: str) -> None:
    assert "is not loopback" in _refused(tmp_path / "data", "--host", host)
    assert "--public-url" in _refused(tmp_path / "data", "--host", host, "--trusted-proxy", "192.0.2.7")
    assert not (tmp_path / "data").exists()


def test_a_certificate_that_cannot_be_used_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """Found out by a worker, it would be found out by every worker that replaces it."""
    one, other = self_signed(tmp_path / "one"), self_signed(tmp_path / "other")
    torn = Certificate(tmp_path / "torn.pem", one.key)
    torn.chain.write_text("-----BEGIN CERTIFICATE-----\n")
    for certificate in (Certificate(one.chain, other.key), torn, Certificate(one.key, one.key)):
        flags = ["--port", "0", "--tls-cert", str(certificate.chain), "--tls-key", str(certificate.key)]
        assert "cannot be used for TLS" in _refused(tmp_path / "data", *flags)
    assert not (tmp_path / "data").exists()


def test_a_backup_that_was_taken_under_load_is_whole_and_no_server_starts_on_it(standing: Standing, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "admincenter.db"
    copy.parent.mkdir()
    with Served(standing.data) as served, Load(served.wire, standing) as load:
        until(lambda: len(load.acknowledged) > 20, "the load")
        before = max(load.acknowledged)
        command = [sys.executable, "-m", "admincenter", "database", "backup", str(copy), "--data", str(standing.data)]
        subprocess.run(command, check=True, timeout=HANG, capture_output=True)
    with opened(copy, served.store.clock) as backup:
        assert backup.sql.all("PRAGMA integrity_check") == [("ok",)]
        [[generation]] = backup.sql.all("SELECT generation FROM integrations WHERE app_id = ?", (standing.app_id,))
        assert before <= generation
    (copy.parent / "server.key").write_bytes((standing.data / "server.key").read_bytes())
    (copy.parent / "server.key").chmod(0o600)
    assert "database restore" in _refused(copy.parent, "--port", "0")


def _damage(data: Path) -> None:
    """Overwrites a page of the audit log."""
    connection = apsw.Connection(str(data / "admincenter.db"))
    connection.execute("SELECT count(*) FROM audit_events").fetchall()  # before its first read it knows of no log
    assert connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE) == (0, 0)
    statement = "SELECT pgoffset FROM dbstat WHERE name = 'audit_events' AND pagetype = 'leaf' ORDER BY 1 LIMIT 1 OFFSET 2"
    [(offset,)] = connection.execute(statement).fetchall()
    assert isinstance(offset, int)
    connection.close()
    with (data / "admincenter.db").open("r+b") as stream:
        stream.seek(offset)
        stream.write(bytes(4_096))


def test_damage_that_a_crash_left_behind_is_never_served_as_ready_and_never_forgotten(tmp_path: Path) -> None:
    """F08: the check after an unclean stop finds it, and a clean stop afterwards does not make it sound."""
    standing = raise_up(tmp_path / "data")
    served = Served(standing.data).start()
    fill(served, standing.app_id, 100)
    served.store.close()
    kill_all(served)
    _damage(standing.data)
    for _ in ("after the kill", "after a clean stop"):
        _is_found(Served(standing.data).begin())


def _is_found(served: Served) -> None:
    until(lambda: "damaged" in str(served.wire.get("/readyz").json), "the end of the check")
    assert served.wire.get("/readyz").status == 503
    assert "restore a backup" in served.log.read_text()
    served.process.terminate()
    assert served.process.wait(HANG) == 0
