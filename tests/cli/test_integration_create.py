"""`admincenter integration create` and `reset-secret`: the two commands that print an App Secret."""

import re
import shlex
from typing import Any

import pytest

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX
from tests.cli.shell import ME, Shell

pytestmark = pytest.mark.usefixtures("on_each_engine")

PEOPLE = ("integration", "create", "--purpose", "people", "--name", "Payroll")
READ = "read_security_audit_logs"


def test_create_answers_programs_with_everything_that_they_need(shell: Shell) -> None:
    """App ID, App Secret, what it may do and from where, and the request to send."""
    made = shell.json(
        *PEOPLE,
        *("--description", "Feeds payroll", "--owner", "it@example.com", "--allow-ip", "192.0.2.0/24", "--allow-ip"),
        *("2001:db8::1", "--permission", "manage_accounts", "--permission", READ),
    )
    assert re.fullmatch(r"100\d{13}", made["app_id"])
    assert credentials.read_text(SECRET_PREFIX, made["app_secret"]) == made["app_secret"]
    assert made["permissions"] == ["manage_accounts", READ]
    assert made["allowed_addresses"] == ["192.0.2.0/24", "2001:db8::1"]
    assert (made["name"], made["purpose"], made["description"], made["owner"]) == (
        "Payroll",
        "people",
        "Feeds payroll",
        "it@example.com",
    )
    assert made["instance"] == shell.json("instance", "list")[0]["instance"]


def test_the_printed_request_is_the_one_of_the_contract(shell: Shell, made: dict[str, Any]) -> None:
    """A shell reads it as the multipart form with the App ID and App Secret in one field."""
    assert shlex.split(made["curl"]) == [
        "curl",
        "-F",
        f"access_token={made['app_id']}|{made['app_secret']}",
        "-F",
        "grant_type=client_credentials",
        "http://127.0.0.1:8080/work_get_token",
    ]


def test_the_second_request_is_one_that_it_may_make(shell: Shell) -> None:
    """The audit log or the accounts where it holds that permission, `/me` where it holds none."""
    reader = shell.create("--permission", READ)
    keeper = shell.create("--permission", "manage_accounts", purpose="people")
    nobody = shell.create()
    assert reader["curl_with_token"].endswith(" http://127.0.0.1:8080/security_audit_logs")
    assert keeper["curl_with_token"].endswith(" http://127.0.0.1:8080/scim/v2/Users")
    assert nobody["curl_with_token"].endswith(" http://127.0.0.1:8080/me")
    assert '"Authorization: Bearer $TOKEN"' in reader["curl_with_token"]


def test_create_shows_a_person_the_secret_once_and_says_so(shell: Shell) -> None:
    """No later command, and nothing in the data directory, holds it."""
    said = shell.ok(*PEOPLE, "--allow-ip", "192.0.2.7").out
    secret = re.search(r"App Secret  (acs_\w{51})\n", said)
    app_id = re.search(r"App ID      (\d{16})\n", said)
    assert secret
    assert app_id
    assert "cannot be shown again" in said
    assert f"access_token='{app_id[1]}|{secret[1]}'" in said
    later = shell.ok("integration", "show", app_id[1]).out + shell.ok("integration", "list", "--json").out
    assert secret[1] not in later
    for file in shell.data.iterdir():
        assert secret[1].encode() not in file.read_bytes()


def test_the_base_address_is_the_public_url_or_what_is_asked_for(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option beats the variable; the variable beats loopback and its port."""
    monkeypatch.setenv("ADMINCENTER_PORT", "9000")
    assert "http://127.0.0.1:9000/work_get_token" in shell.create()["curl"]
    monkeypatch.setenv("ADMINCENTER_PUBLIC_URL", "https://Admin.example.com/")
    assert "https://admin.example.com/work_get_token" in shell.create()["curl"]
    assert "https://other.example/work_get_token" in shell.create("--base-url", "https://other.example")["curl"]


def test_a_base_address_cannot_smuggle_a_command_into_the_printed_line(shell: Shell) -> None:
    """What a shell would run is quoted."""
    made = shell.create("--base-url", "http://x$(reboot)")
    assert shlex.split(made["curl"])[-1] == "http://x$(reboot)/work_get_token"
    assert "'http://x$(reboot)/work_get_token'" in made["curl"]


def test_a_base_address_with_a_path_is_refused(shell: Shell) -> None:
    """One line and exit code 2, before anything is made."""
    said = shell.refused(*PEOPLE, "--allow-ip", "192.0.2.7", "--base-url", "https://x.example/path", code=2)
    assert "base address" in said
    assert shell.json("integration", "list") == []


def test_the_creation_is_recorded_with_who_did_it_and_without_the_secret(shell: Shell, made: dict[str, Any]) -> None:
    """The event carries the facts; neither it nor any other holds the secret."""
    events = shell.events(made["instance"])
    assert (events[-1]["extra_data"]["kind"], events[-1]["actor_username"]) == ("integration.created", ME)
    assert events[-1]["extra_data"]["allowed_addresses"] == ["192.0.2.7"]
    assert made["app_secret"] not in str(events)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--purpose", "payroll"), "There is no purpose 'payroll'; the purposes are people, security"),
        (("--permission", "fly"), "There is no permission 'fly'"),
        (("--permission", "manage_accounts"), "purpose security cannot hold manage_accounts"),
        (("--allow-ip", "192.0.2.1/24"), "has host bits; write 192.0.2.0/24"),
        (("--allow-ip", "example.com"), "names are not allowed"),
        (("--allow-ip", "10.0.0.0/7"), "wider than /8"),
        (("--allow-ip", "10.0.0.0/15"), "holds 131,072 addresses. Confirm with --confirm-wide"),
        (("--name", " "), "The name is empty"),
        (("--name", "a\nb"), "control characters"),
        (("--name", "\u202egnp.exe"), "control characters"),
        (("--owner", "x" * 201), "The owner is longer than 200"),
    ],
)
def test_what_cannot_be_created_is_refused_in_one_sentence(shell: Shell, options: tuple[str, ...], expected: str) -> None:
    """Exit code 1, nothing created, nothing recorded."""
    before = shell.events(shell.json("instance", "list")[0]["instance"])
    plain = ("integration", "create", "--purpose", "security", "--name", "Reader", "--allow-ip", "192.0.2.7")
    assert expected in shell.refused(*plain, *options)
    assert shell.json("integration", "list") == []
    assert shell.events(shell.json("instance", "list")[0]["instance"]) == before


def test_an_integration_without_an_address_is_refused(shell: Shell) -> None:
    """No allowlist, no integration."""
    assert "at least one allowed address" in shell.refused(*PEOPLE)


def test_a_wide_network_is_taken_when_it_is_confirmed(shell: Shell) -> None:
    """`--confirm-wide` is the contract's explicit confirmation."""
    assert shell.create("--allow-ip", "10.0.0.0/8", "--confirm-wide")["allowed_addresses"] == ["192.0.2.7", "10.0.0.0/8"]


def test_reset_secret_makes_another_one_and_kills_the_token(shell: Shell, made: dict[str, Any]) -> None:
    """A new secret under the same App ID; the token in use is dead; who did it is recorded."""
    shell.mint(made)
    after = shell.json("integration", "reset-secret", made["app_id"])
    assert after["app_id"] == made["app_id"]
    assert after["app_secret"] != made["app_secret"]
    assert after["app_secret"] in after["curl"]
    assert (after["token"], after["generation"]) == ("none", 1)
    event = shell.events(made["instance"])[-1]
    assert (event["extra_data"]["kind"], event["extra_data"]["token_killed"]) == ("secret.reset", True)
    assert event["actor_username"] == ME


def test_reset_secret_shows_a_person_the_new_secret_and_that_it_is_the_last_time(shell: Shell, made: dict[str, Any]) -> None:
    """The same words as at creation."""
    said = shell.ok("integration", "reset-secret", made["app_id"]).out
    assert re.search(r"App Secret  acs_\w{51}\n", said)
    assert "cannot be shown again" in said


def test_reset_secret_of_an_unknown_integration_is_refused(shell: Shell) -> None:
    """The App ID is named."""
    assert "There is no integration 1000000000000000" in shell.refused("integration", "reset-secret", "1000000000000000")
