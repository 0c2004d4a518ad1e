"""The commands that change an integration: each does one thing, records it by its right name, and refuses in one sentence."""

from typing import Any

import pytest

from tests.cli.shell import ME, Shell

pytestmark = pytest.mark.usefixtures("on_each_engine")

READ = "read_security_audit_logs"


def kinds(shell: Shell, made: dict[str, Any]) -> list[str]:
    """What was recorded after the creation, checked to be by this user."""
    later = shell.events(made["instance"])[2:]
    assert {each["actor_username"] for each in later} <= {ME, "system"}
    return [each["extra_data"]["kind"] for each in later]


def test_rename_gives_another_name(shell: Shell, made: dict[str, Any]) -> None:
    """The App ID stays."""
    after = shell.json("integration", "rename", made["app_id"], "Night reader")
    assert (after["app_id"], after["name"]) == (made["app_id"], "Night reader")
    assert kinds(shell, made) == ["integration.renamed"]


def test_grant_and_withdraw_change_what_it_holds(shell: Shell) -> None:
    """Each permission is an event; the answer shows what is held afterwards."""
    made = shell.create(purpose="people")
    assert shell.json("integration", "grant", made["app_id"], READ, "manage_accounts")["permissions"] == [
        "manage_accounts",
        READ,
    ]
    assert shell.json("integration", "withdraw", made["app_id"], READ)["permissions"] == ["manage_accounts"]
    assert kinds(shell, made) == ["permission.granted", "permission.granted", "permission.withdrawn"]


def test_a_change_that_changes_nothing_says_so_and_records_nothing(shell: Shell, made: dict[str, Any]) -> None:
    """Granting what is held, allowing what is allowed, and the like."""
    app_id = made["app_id"]
    for command in (
        ("grant", app_id, READ),
        ("withdraw", app_id, "manage_accounts"),
        ("allow", app_id, "192.0.2.7"),
        ("enable", app_id),
        ("rename", app_id, "Log reader"),
        ("set", app_id, "--url-credentials", "on"),
    ):
        assert "nothing was changed" in shell.ok("integration", *command).out
    assert kinds(shell, made) == []


def test_a_grant_outside_the_purpose_is_refused_and_nothing_of_the_command_happens(shell: Shell) -> None:
    """Also the permission that stands before it on the line is not granted: all or nothing."""
    made = shell.create()
    said = shell.refused("integration", "grant", made["app_id"], READ, "manage_accounts")
    assert "purpose security cannot hold manage_accounts" in said
    assert shell.json("integration", "show", made["app_id"])["permissions"] == []
    assert kinds(shell, made) == []


def test_allow_and_disallow_change_the_allowlist(shell: Shell, made: dict[str, Any]) -> None:
    """Several at once; mapped addresses are stored as what they are."""
    after = shell.json("integration", "allow", made["app_id"], "::ffff:198.51.100.4", "2001:db8::/48")
    assert after["allowed_addresses"] == ["192.0.2.7", "198.51.100.4", "2001:db8::/48"]
    after = shell.json("integration", "disallow", made["app_id"], "192.0.2.7", "198.51.100.4")
    assert after["allowed_addresses"] == ["2001:db8::/48"]
    assert kinds(shell, made) == ["address.allowed"] * 2 + ["address.disallowed"] * 2


def test_the_last_address_needs_a_confirmation(shell: Shell, made: dict[str, Any]) -> None:
    """Without it the command refuses and names the flag; with it the integration is closed."""
    said = shell.refused("integration", "disallow", made["app_id"], "192.0.2.7")
    assert "last entry" in said
    assert "--confirm-empty" in said
    after = shell.json("integration", "disallow", made["app_id"], "192.0.2.7", "--confirm-empty")
    assert after["allowed_addresses"] == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1/24", "host bits"),
        ("localhost", "names are not allowed"),
        ("10.0.0.0/15", "--confirm-wide"),
        ("2001:db8::/31", "--confirm-wide"),
        ("0.0.0.0/0", "wider than /8"),
        ("\x1b[31m10.0.0.1", "is not an IPv4 or IPv6 address"),
    ],
)
def test_an_entry_that_no_allowlist_takes_is_refused(shell: Shell, made: dict[str, Any], address: str, expected: str) -> None:
    """The list stays as it was, and nothing of a terminal's language is echoed."""
    said = shell.refused("integration", "allow", made["app_id"], address)
    assert expected in said
    assert "\x1b" not in said
    assert shell.json("integration", "show", made["app_id"])["allowed_addresses"] == ["192.0.2.7"]


def test_a_wide_entry_is_allowed_when_it_is_confirmed(shell: Shell, made: dict[str, Any]) -> None:
    """The flag of the contract."""
    after = shell.json("integration", "allow", made["app_id"], "10.0.0.0/15", "--confirm-wide")
    assert "10.0.0.0/15" in after["allowed_addresses"]


def test_an_entry_that_is_not_on_the_list_cannot_be_removed(shell: Shell, made: dict[str, Any]) -> None:
    """The sentence shows what is on it."""
    assert "holds 192.0.2.7" in shell.refused("integration", "disallow", made["app_id"], "192.0.2.8")


def test_disable_kills_the_token_for_ever_and_enable_does_not_bring_it_back(shell: Shell, made: dict[str, Any]) -> None:
    """The switch and the token are two things."""
    shell.mint(made)
    off = shell.json("integration", "disable", made["app_id"])
    assert (off["enabled"], off["token"]) == (False, "none")
    on = shell.json("integration", "enable", made["app_id"])
    assert (on["enabled"], on["token"]) == (True, "none")
    assert kinds(shell, made)[-2:] == ["integration.disabled", "integration.enabled"]


def test_revoke_token_says_whether_there_was_one(shell: Shell, made: dict[str, Any]) -> None:
    """First it dies, then there is none."""
    shell.mint(made)
    assert shell.json("integration", "revoke-token", made["app_id"]) == {"app_id": made["app_id"], "revoked": True}
    assert shell.ok("integration", "revoke-token", made["app_id"]).out == f"Integration {made['app_id']} has no live token\n"


def test_set_switches_credentials_in_urls(shell: Shell, made: dict[str, Any]) -> None:
    """On by default, off on demand."""
    assert made["url_credentials"] is True
    assert shell.json("integration", "set", made["app_id"], "--url-credentials", "off")["url_credentials"] is False
    assert shell.json("integration", "set", made["app_id"], "--url-credentials", "on")["url_credentials"] is True
    assert kinds(shell, made) == ["integration.reconfigured"] * 2


def test_set_takes_on_and_off_only(shell: Shell, made: dict[str, Any]) -> None:
    """Wrong usage, exit code 2."""
    answer = shell("integration", "set", made["app_id"], "--url-credentials", "perhaps")
    assert answer.code == 2
    assert "--url-credentials" in answer.err


def test_delete_needs_yes_where_nobody_can_be_asked(shell: Shell, made: dict[str, Any]) -> None:
    """Standard input is no terminal here."""
    said = shell.refused("integration", "delete", made["app_id"])
    assert "--yes" in said
    assert "Log reader" in said
    assert shell.json("integration", "show", made["app_id"])["enabled"] is True


def test_delete_removes_it_from_every_list(shell: Shell, made: dict[str, Any]) -> None:
    """Afterwards its App ID is unknown to every command, and the log keeps it."""
    assert shell.json("integration", "delete", made["app_id"], "--yes") == {"app_id": made["app_id"], "deleted": True}
    assert shell.json("integration", "list") == []
    assert "There is no integration" in shell.refused("integration", "show", made["app_id"])
    assert kinds(shell, made) == ["integration.deleted"]


@pytest.mark.parametrize(
    "command",
    [
        ("show", "1000000000000000"),
        ("rename", "1000000000000000", "X"),
        ("grant", "1000000000000000", READ),
        ("withdraw", "1000000000000000", READ),
        ("allow", "1000000000000000", "192.0.2.1"),
        ("disallow", "1000000000000000", "192.0.2.1"),
        ("enable", "1000000000000000"),
        ("disable", "1000000000000000"),
        ("delete", "1000000000000000", "--yes"),
        ("delete", "1000000000000000"),
        ("revoke-token", "1000000000000000"),
        ("set", "1000000000000000", "--url-credentials", "off"),
    ],
)
def test_an_unknown_app_id_is_refused_by_every_command(shell: Shell, command: tuple[str, ...]) -> None:
    """One sentence that names it and says where to look."""
    said = shell.refused("integration", *command)
    assert "There is no integration 1000000000000000" in said
    assert "integration list" in said


def test_an_integration_of_another_instance_is_unknown_here(shell: Shell, made: dict[str, Any]) -> None:
    """Nothing leaks between instances, not even that it exists."""
    shell.ok("instance", "create", "Other")
    for command in ("show", "disable", "revoke-token", "reset-secret"):
        said = shell.refused("integration", command, made["app_id"], "--instance", "Other")
        assert f"There is no integration {made['app_id']}" in said
