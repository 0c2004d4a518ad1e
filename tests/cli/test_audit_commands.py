"""`admincenter audit`: list, tail, export, verify, retain, as an auditor types them."""

import csv
import io
import json
import os
import pty
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from admincenter.cli.new_file import safe
from admincenter.core import checkpoints
from admincenter.core.audit import Origin, Record, event
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.ports import Change
from admincenter.store import keyfile
from tests.cli.shell import ME, Shell, opened
from tests.serving import until
from tests.settable_clock import SettableClock
from tests.tenant import Tenant

pytestmark = pytest.mark.usefixtures("on_each_engine")

COMMAND = str(Path(sys.executable).with_name("admincenter"))
HANG = 60


def kinds(found: dict[str, Any]) -> list[str]:
    return [each["extra_data"]["kind"] for each in found["events"]]


def test_list_shows_the_newest_first_and_a_cursor_for_what_is_older(shell: Shell, made: dict[str, Any]) -> None:
    for number in range(5):
        shell.ok("integration", "allow", made["app_id"], f"198.51.100.{number}")
    first = shell.json("audit", "list", "--limit", "4")
    second = shell.json("audit", "list", "--limit", "4", "--after", first["after"])
    assert [int(each["id"]) for each in (*first["events"], *second["events"])] == [7, 6, 5, 4, 3, 2, 1]
    assert second["after"] is None
    assert f"--after {first['after']}" in shell.ok("audit", "list", "--limit", "4").out
    assert "instance.created" in shell.ok("audit", "list").out


def test_list_by_kind_and_time(shell: Shell, made: dict[str, Any]) -> None:
    shell.ok("integration", "allow", made["app_id"], "198.51.100.1")
    assert kinds(shell.json("audit", "list", "--kind", "integration.created")) == ["integration.created"]
    assert kinds(shell.json("audit", "list", "--kind", "token.issued")) == []
    assert shell.ok("audit", "list", "--kind", "token.issued").out == "No event fits.\n"
    assert len(kinds(shell.json("audit", "list", "--since", "2020-01-01"))) == 3
    assert kinds(shell.json("audit", "list", "--until", "1577836800")) == []
    assert "There is no kind 'token.isued'; the kinds are" in shell.refused("audit", "list", "--kind", "token.isued")
    assert "--since must be Unix seconds or an ISO 8601" in shell.refused("audit", "list", "--since", "yesterday")
    assert "cursor" in shell.refused("audit", "list", "--after", "AAAA")


def test_where_more_than_one_instance_exists_one_must_be_chosen(shell: Shell) -> None:
    shell.ok("instance", "create", "Second")
    assert "--instance" in shell.refused("audit", "list")
    assert kinds(shell.json("audit", "list", "--instance", "Second")) == ["instance.created"]
    assert len(shell.json("audit", "verify")["instances"]) == 2
    assert len(shell.json("audit", "verify", "--instance", "Second")["instances"]) == 1


def test_tail_shows_the_newest_in_the_order_in_which_they_happened(shell: Shell, made: dict[str, Any]) -> None:
    shell.ok("integration", "disable", made["app_id"])
    lines = shell.ok("audit", "tail", "--lines", "2").out.splitlines()
    assert [line.split()[2] for line in lines] == ["integration.created", "integration.disabled"]
    assert shell.ok("audit", "tail", "-n", "0").out == ""
    documents = [json.loads(line) for line in shell.ok("audit", "tail", "--json").out.splitlines()]
    assert [each["id"] for each in documents] == ["1", "2", "3"]


def test_tail_follows_what_happens_in_whole_lines_until_ctrl_c(shell: Shell, data: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with seen.open("wb") as out, (tmp_path / "errors").open("wb") as errors:
        tail = subprocess.Popen([COMMAND, "audit", "tail", "-f", "--data", str(data)], stdout=out, stderr=errors)
    try:
        until(lambda: "instance.created" in seen.read_text(), "the events so far")
        made = shell.create()
        shell.ok("integration", "disable", made["app_id"])
        until(lambda: "integration.disabled" in seen.read_text(), "the new event")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(HANG) == 0
    finally:
        tail.kill()
    assert [line.split("  ")[2] for line in seen.read_text().splitlines()] == [
        "instance.created",
        "integration.created",
        "integration.disabled",
    ]
    assert seen.read_text().endswith("\n")
    assert (tmp_path / "errors").read_text() == ""


def test_no_stored_text_reaches_the_terminal_raw(shell: Shell, made: dict[str, Any], data: Path) -> None:
    """A User-Agent is cleaned before it is stored; whatever was stored all the same is cleaned again."""
    store = opened(data)
    evil = event(
        "integration.renamed", made["instance"], Origin("\x1b[31mroot"), app_id="1", name="[bold]x\n\x1b]0;", before="y"
    )
    store.write(lambda _tx: Change(None, [evil]))
    store.close()
    for command in (("audit", "list"), ("audit", "tail"), ("audit", "tail", "--json"), ("audit", "list", "--json")):
        out = shell.ok(*command).out
        assert "\x1b" not in out
        assert "[bold]x" in out


def test_the_lines_of_an_export_are_the_stored_bytes_and_the_export_is_an_event(
    shell: Shell, made: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "log.ndjson"
    done = shell.json("audit", "export", "--output", str(target))
    assert done == {"file": str(target), "format": "ndjson", "count": 2, "through": 2}
    store = opened(shell.data)
    rows = store.read(lambda tx: [row.payload for row in tx.audit.records(_first(made["instance"], 2))])
    store.close()
    assert target.read_bytes().splitlines() == rows
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    last = shell.events(made["instance"])[-1]
    assert last["actor_username"] == ME
    assert {name: last["extra_data"][name] for name in ("kind", "count", "format", "through")} == {
        "kind": "audit.exported",
        "count": 2,
        "format": "ndjson",
        "through": 2,
    }


def _first(instance: str, count: int) -> Any:
    from admincenter.core.ports import Window

    return Window(instance, 0, count + 1, count, True)


def test_an_export_goes_to_standard_output_where_no_file_is_named(data: Path) -> None:
    ended = subprocess.run([COMMAND, "audit", "export", "--data", str(data)], capture_output=True, timeout=HANG, check=True)
    [line] = ended.stdout.splitlines()
    assert json.loads(line)["extra_data"]["kind"] == "instance.created"
    assert ended.stderr == b""


def test_an_export_overwrites_nothing_and_leaves_nothing_half_done(shell: Shell, made: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    before = len(shell.events(made["instance"]))
    assert "exists already" in shell.refused("audit", "export", "--output", str(tmp_path / "precious"))
    assert "No such file" in shell.refused("audit", "export", "--output", str(tmp_path / "no" / "folder"), code=2)
    assert len(shell.events(made["instance"])) == before
    assert (tmp_path / "precious").read_text() == "precious"
    shell.refused("audit", "export", "--output", str(tmp_path / "new"), "--since", "yesterday")
    assert not [each for each in tmp_path.iterdir() if each.name.startswith("new")]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert safe(cell) == "'" + cell
    assert safe("a" + cell) == "a" + cell


def test_a_csv_export_holds_no_formula_whatever_strangers_sent(shell: Shell, made: dict[str, Any], data: Path) -> None:
    store = opened(data)
    by = [Origin(f"{cell}|actor", "192.0.2.1", f'{cell},"quoted"; and\nmore') for cell in FORMULAS]
    some = [event("integration.enabled", made["instance"], each, "=target", app_id="1") for each in by]
    store.write(lambda _tx: Change(None, some))
    store.close()
    text = shell.ok("audit", "export", "--format", "csv").out
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == [
        *("id", "event", "event_id", "timestamp", "actor_username", "target_username", "ip_address", "useragent"),
        *("kind", "summary", "extra_data"),
    ]
    assert len(rows) == 2 + len(FORMULAS)
    assert not [cell for row in rows for cell in row if cell.startswith(tuple(each[0] for each in FORMULAS))]
    for row, origin in zip(rows[2:], by, strict=True):
        assert (row[4], row[5], row[7]) == ("'" + origin.actor, "'=target", "'" + origin.user_agent)
    assert text.count('","') == 10 * (len(rows) + 1) + text.count('""quoted"",""')
    assert all(json.loads(row[-1])["kind"] == row[8] for row in rows)


def test_a_whole_log_verifies_and_a_changed_event_is_named(shell: Shell, made: dict[str, Any]) -> None:
    [found] = shell.json("audit", "verify")["instances"]
    assert (found["from"], found["through"], found["faults"]) == (1, 2, [])
    [row, _] = _rows(shell.data, made["instance"])
    _by_hand(shell.data, "UPDATE audit_events SET payload = ? WHERE sequence = 1", row.payload.replace(b"Main", b"Evil"))
    answer = shell("audit", "verify")
    assert answer.code == 1
    assert "event 1: " in answer.out
    [found] = shell("audit", "verify", "--json").json["instances"]
    assert [each["event"] for each in found["faults"]] == [1]


def _by_hand(data: Path, statement: str, *values: bytes) -> None:
    store = opened(data)
    with store.connected() as database:
        database.sql.run(statement, values)
    store.close()


def _rows(data: Path, instance: str) -> list[Record]:
    """The first two events as they are stored."""
    store = opened(data)
    rows = store.read(lambda tx: tx.audit.records(_first(instance, 2)))
    store.close()
    return rows


def _kept(shell: Shell, made: dict[str, Any], tmp_path: Path) -> tuple[str, ...]:
    """What an auditor keeps elsewhere: the public key, and a checkpoint of now."""
    store = opened(shell.data)
    head, seed = store.read(lambda tx: tx.audit.head(made["instance"])), store.keyring().seed
    store.close()
    notes, key = tmp_path / "kept.checkpoints", tmp_path / "admincenter.pub"
    notes.write_text(checkpoints.sign(checkpoints.of(made["instance"], head), seed) + "\n")
    key.write_text(shell.ok("key", "status", "--public-key").out)
    return ("--checkpoints", str(notes), "--public-key", str(key))


def test_a_cut_tail_is_shown_by_a_checkpoint_kept_elsewhere(shell: Shell, made: dict[str, Any], tmp_path: Path) -> None:
    kept = _kept(shell, made, tmp_path)
    assert shell.json("audit", "verify", *kept)["instances"][0]["checkpoints"] == 1
    first = "(SELECT digest FROM audit_events WHERE sequence = 1)"
    _by_hand(shell.data, f"UPDATE audit_heads SET sequence = 1, digest = {first}")
    _by_hand(shell.data, "DELETE FROM audit_events WHERE sequence = 2")
    assert shell("audit", "verify").code == 0
    answer = shell("audit", "verify", *kept)
    assert (answer.code, "the data directory was rolled back" in answer.out) == (1, True)


def test_a_checkpoint_of_an_instance_that_is_gone_is_a_fault(shell: Shell, made: dict[str, Any], tmp_path: Path) -> None:
    kept = _kept(shell, made, tmp_path)
    seed = keyfile.load(shell.data / "server.key").seed
    Path(kept[1]).write_text(checkpoints.sign(Checkpoint("1234567890123456", 7, bytes(32), 1), seed))
    answer = shell("audit", "verify", *kept)
    assert (answer.code, "instance 1234567890123456, which does not exist here" in answer.out) == (1, True)


def test_checkpoints_without_their_key_or_with_another_or_edited_are_refused(
    shell: Shell, made: dict[str, Any], tmp_path: Path
) -> None:
    notes, path, key, public = _kept(shell, made, tmp_path)
    assert "--checkpoints needs --public-key" in shell.refused("audit", "verify", notes, path)
    Path(public).write_text(checkpoints.public_key(os.urandom(32)))
    assert "is not of this public key" in shell.refused("audit", "verify", notes, path, key, public)
    Path(public).write_bytes(b"\xff\xfe")
    assert "is not a text file" in shell.refused("audit", "verify", notes, path, key, public)
    assert "No such file" in shell.refused("audit", "verify", notes, path, key, "nowhere", code=2)


@pytest.fixture
def old(tmp_path: Path) -> Tenant:
    """A data directory of long ago with 2,500 events."""
    made = opened(tmp_path / "old", create=True, clock=SettableClock(1_700_000_000_000_000))
    only = made.read(lambda tx: tx.instances.all()[0].instance)
    tenant = Tenant(made, instance=only)
    tenant.happen(2_500 - tenant.head.sequence)
    made.close()
    return tenant


def test_retain_deletes_what_is_older_and_says_so_once(old: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell, here = Shell(tmp_path / "old", capsys), ("--data", str(tmp_path / "old"))
    assert "at least 1 day" in shell.refused("audit", "retain", "--days", "0", *here)
    assert shell.json("audit", "retain", "--days", "400", *here) == {"deleted": 2_500, "through": 2_500}
    assert kinds(shell.json("audit", "list", *here)) == ["audit.cut"]
    assert "nothing is deleted" in shell.ok("audit", "retain", "--days", "400", *here).out
    assert kinds(shell.json("audit", "list", *here)) == ["audit.cut"]
    [found] = shell.json("audit", "verify", *here)["instances"]
    assert (found["from"], found["through"], found["faults"]) == (2_501, 2_501, [])


def test_what_a_broken_off_run_left_is_deleted_by_the_next(
    old: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell, here = Shell(tmp_path / "old", capsys), ("--data", str(tmp_path / "old"))
    row = old._store.read(lambda tx: tx.audit.records(_first(old.instance, 1_500)))[-1]
    shell.ok("audit", "retain", "--days", "400", *here)
    store = opened(tmp_path / "old")
    with store.connected() as database:
        database.sql.run("INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    store.close()
    answer = shell.ok("audit", "retain", "--days", "400", *here)
    assert answer.out == "No event is older than 400 days; 1 that a broken-off run left are deleted\n"


def test_who_watches_at_a_terminal_sees_how_far_it_is(old: Tenant, tmp_path: Path) -> None:
    """On standard error, so that a pipe gets only the answer."""
    keyboard, terminal = pty.openpty()
    ended = subprocess.run(
        [COMMAND, "audit", "verify", "--json", "--data", str(tmp_path / "old")],
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=HANG,
        check=True,
    )
    os.close(terminal)
    assert b"2,000 of 2,500 events are verified" in os.read(keyboard, 10_000)
    os.close(keyboard)
    assert json.loads(ended.stdout)["instances"][0]["faults"] == []
