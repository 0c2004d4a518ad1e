"""`admincenter integration list` and `show`: what people and programs see, and that nothing deceives a terminal."""

from typing import Any

import pytest

from admincenter.core.ports import Change, Tx, UsageCount, WaitingAddress
from tests.cli.shell import Shell, opened

pytestmark = pytest.mark.usefixtures("on_each_engine")

READ = "read_security_audit_logs"


def rename_past_every_check(shell: Shell, app_id: str, name: str) -> None:
    """Writes a name that no command would take, as somebody could who can write the database."""
    _by_hand(shell, "UPDATE integrations SET name = ? WHERE app_id = ?", name, app_id)


def _by_hand(shell: Shell, statement: str, *values: str) -> None:
    store = opened(shell.data)
    with store.connected() as database:
        database.sql.run(statement, values)
    store.close()


def test_an_empty_list_is_a_sentence_for_people_and_a_list_for_programs(shell: Shell) -> None:
    """The sentence says what to do next."""
    assert "integration create" in shell.ok("integration", "list").out
    assert shell.json("integration", "list") == []


def test_the_list_shows_each_integration_with_stable_keys(shell: Shell, made: dict[str, Any]) -> None:
    """The same body as `create` answered, without what is shown once."""
    [row] = shell.json("integration", "list")
    once = {"app_secret", "curl", "curl_with_token"}
    assert row == {name: value for name, value in made.items() if name not in once}


def test_the_table_shows_the_same_facts(shell: Shell, made: dict[str, Any]) -> None:
    """One line of heads, one of rule, one a row; no colour where no terminal is."""
    head, rule, row = shell.ok("integration", "list").out.splitlines()
    assert head.split()[:2] == ["App", "ID"]
    assert set(rule) == {"─"}
    for value in (made["app_id"], "Log reader", "security", READ, "192.0.2.7", "yes", "none"):
        assert value in row
    assert "\x1b" not in head + row


def test_names_are_never_read_as_markup(shell: Shell) -> None:
    """Square brackets stay what they are, in the table and in the record."""
    made = shell.create(name="[bold red]Reader[/] :smiley:")
    assert "[bold red]Reader[/] :smiley:" in shell.ok("integration", "list").out
    assert "[bold red]Reader[/] :smiley:" in shell.ok("integration", "show", made["app_id"]).out


def test_stored_control_characters_never_reach_a_terminal(shell: Shell, made: dict[str, Any]) -> None:
    """Escape sequences, bells, line breaks, C1 controls and direction marks are replaced; JSON is pure ASCII."""
    rename_past_every_check(shell, made["app_id"], "a\x1b]0;owned\x07b\nc\x9b2Jd\u202ee")
    for command in ("list",), ("show", made["app_id"]):
        seen = shell.ok("integration", *command).out
        assert "a\ufffd]0;owned\ufffdb\ufffdc\ufffd2Jd\ufffde" in seen
        assert not set(seen) & set("\x1b\x07\x9b\u202e")
        assert shell.ok("integration", *command, "--json").out.isascii()
    [row] = shell.json("integration", "list")
    assert row["name"] == "a\x1b]0;owned\x07b\nc\x9b2Jd\u202ee"


def test_a_deceiving_name_cannot_speak_through_a_question_or_a_sentence(shell: Shell, made: dict[str, Any]) -> None:
    """Also where the name is part of a sentence."""
    rename_past_every_check(shell, made["app_id"], "x\x1b[2J")
    assert "\x1b" not in shell.refused("integration", "delete", made["app_id"])
    assert "\x1b" not in shell.ok("integration", "reset-secret", made["app_id"]).out
    assert "\x1b" not in shell.ok("integration", "delete", made["app_id"], "--yes").out


def test_show_tells_the_size_of_each_entry(shell: Shell) -> None:
    """How many addresses an entry really opens."""
    made = shell.create("--allow-ip", "10.0.0.0/16", "--allow-ip", "2001:db8::/64")
    allowlist = shell.json("integration", "show", made["app_id"])["allowlist"]
    assert allowlist == [
        {"network": "192.0.2.7", "addresses": 1},
        {"network": "10.0.0.0/16", "addresses": 65_536},
        {"network": "2001:db8::/64", "addresses": 2**64},
    ]
    assert "65,536" in shell.ok("integration", "show", made["app_id"]).out


def test_show_tells_the_state_of_the_token_and_never_a_token(shell: Shell, made: dict[str, Any]) -> None:
    """None before the first, live after it, and no text of it anywhere."""
    before = shell.json("integration", "show", made["app_id"])
    assert (before["token"], before["token_expires_at"], before["generation"]) == ("none", None, 0)
    minted = shell.mint(made)
    after = shell.ok("integration", "show", made["app_id"], "--json")
    assert (after.json["token"], after.json["generation"]) == ("live", 1)
    assert after.json["token_expires_at"].endswith("Z")
    assert minted.token not in after.out
    assert made["app_secret"] not in after.out


def test_show_tells_of_an_expired_token(shell: Shell, made: dict[str, Any]) -> None:
    """Two hours after its issue it is no longer called live."""
    shell.mint(made)
    _by_hand(shell, "UPDATE integrations SET issued_at = issued_at - 7200000000")
    assert shell.json("integration", "show", made["app_id"])["token"] == "expired"


def test_show_tells_waiting_addresses_and_what_was_used_when(shell: Shell, made: dict[str, Any]) -> None:
    """Calls are summed by permission, with the last one and its address."""
    instance, app_id = made["instance"], made["app_id"]

    def remember(tx: Tx) -> Change[None]:
        tx.integrations.add_waiting([WaitingAddress(instance, app_id, "198.51.100.9", 3, 1_000_000, 61_000_000)])
        tx.usage.add(
            [
                UsageCount(instance, app_id, READ, "192.0.2.7", 0, 40, 5_000_000),
                UsageCount(instance, app_id, READ, "192.0.2.8", 1, 2, 86_400_000_000),
                UsageCount(instance, app_id, "/me", "192.0.2.7", 1, 1, 86_401_000_000),
            ]
        )
        return Change(None, [])

    store = opened(shell.data)
    store.write(remember)
    store.close()
    found = shell.json("integration", "show", app_id)
    assert found["waiting_addresses"] == [
        {"address": "198.51.100.9", "times": 3, "first_at": "1970-01-01T00:00:01Z", "last_at": "1970-01-01T00:01:01Z"}
    ]
    assert found["usage"] == [
        {"permission": "/me", "calls": 1, "last_used_at": "1970-01-02T00:00:01Z", "last_address": "192.0.2.7"},
        {"permission": READ, "calls": 42, "last_used_at": "1970-01-02T00:00:00Z", "last_address": "192.0.2.8"},
    ]
    seen = shell.ok("integration", "show", app_id).out
    for value in ("waiting addresses", "198.51.100.9", "usage", "42"):
        assert value in seen
