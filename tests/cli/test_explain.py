"""`admincenter explain`: the decision, step by step, and nothing changed by asking."""

from typing import Any

import pytest

from admincenter.core.decision import STEPS
from tests.cli.shell import Answer, Shell

pytestmark = pytest.mark.usefixtures("on_each_engine")

READ = "read_security_audit_logs"
INSIDE, OUTSIDE = "192.0.2.7", "192.0.2.8"


def explain(shell: Shell, made: dict[str, Any], address: str, *call: str) -> Answer:
    return shell("explain", "--app-id", made["app_id"], "--from", address, *call, "--json")


def outcomes(answer: Answer) -> dict[str, str]:
    """Each step's outcome, in order."""
    return {each["step"]: each["outcome"] for each in answer.json["steps"]}


def refusal(answer: Answer) -> tuple[str, str]:
    """The one step that refused, and its sentence."""
    [found] = [(each["step"], each["reason"]) for each in answer.json["steps"] if each["outcome"] == "refused"]
    return found


def test_an_allowed_call_passes_every_step(shell: Shell, made: dict[str, Any]) -> None:
    """With a live token, from an allowed address, with the permission: exit code 0."""
    shell.mint(made)
    answer = explain(shell, made, INSIDE, "GET", "/security_audit_logs")
    assert (answer.code, answer.json["allowed"]) == (0, True)
    assert list(outcomes(answer)) == ["route", *STEPS]
    assert set(outcomes(answer).values()) == {"passed"}


def test_the_first_step_that_refuses_ends_it(shell: Shell, made: dict[str, Any]) -> None:
    """A wrong address: the steps before it passed, the step behind it is not reached, exit code 1."""
    answer = explain(shell, made, OUTSIDE, "POST", "/work_get_token")
    assert (answer.code, answer.json["allowed"]) == (1, False)
    assert list(outcomes(answer).values()) == ["passed", "passed", "passed", "passed", "refused", "not reached"]
    step, reason = refusal(answer)
    assert step == "address"
    assert reason.endswith(f"(seen as {OUTSIDE})")


def test_a_missing_permission_is_named(shell: Shell) -> None:
    """The last step refuses, with the sentence that the client gets."""
    made = shell.create()
    shell.mint(made)
    step, reason = refusal(explain(shell, made, INSIDE, "GET", "/security_audit_logs"))
    assert step == "permission"
    assert READ in reason


def test_a_switched_off_integration_is_refused_first(shell: Shell, made: dict[str, Any]) -> None:
    """Whatever else is wrong."""
    shell.ok("integration", "disable", made["app_id"])
    step, reason = refusal(explain(shell, made, OUTSIDE, "POST", "/work_get_token"))
    assert step == "integration"
    assert "switched off" in reason


def test_a_deleted_integration_is_still_explained(shell: Shell, made: dict[str, Any]) -> None:
    """Its tombstone answers."""
    shell.ok("integration", "delete", made["app_id"], "--yes")
    step, reason = refusal(explain(shell, made, INSIDE, "POST", "/work_get_token"))
    assert step == "integration"
    assert "deleted" in reason


def test_without_a_live_token_the_last_one_says_why_it_died(shell: Shell, made: dict[str, Any]) -> None:
    """What the holder of that token is told."""
    never = explain(shell, made, INSIDE, "GET", "/me")
    assert "never had one" in never.json["assumed"]
    assert refusal(never)[0] == "token"
    shell.mint(made)
    shell.ok("integration", "revoke-token", made["app_id"])
    after = explain(shell, made, INSIDE, "GET", "/me")
    assert "has none now" in after.json["assumed"]
    assert refusal(after) == ("token", "Error validating access token: an admin revoked this token.")


def test_what_is_presented_is_said(shell: Shell, made: dict[str, Any]) -> None:
    """The App Secret where the path takes it, the token elsewhere, taken to be genuine."""
    shell.mint(made)
    assert "App Secret, taken to be genuine" in explain(shell, made, INSIDE, "POST", "/work_get_token").json["assumed"]
    assert "token, taken to be genuine" in explain(shell, made, INSIDE, "GET", "/me").json["assumed"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (("GET", "/nowhere"), "Unknown path components"),
        (("GET", "/work_get_token"), "Unsupported request method; this path takes POST"),
        (("DELETE", "/v23.0/me"), "Unsupported request method; this path takes GET"),
        (("GET", "/v23.0/healthz"), "Unknown path components"),
    ],
)
def test_an_unknown_path_or_method_is_refused_at_the_route(
    shell: Shell, made: dict[str, Any], call: tuple[str, str], sentence: str
) -> None:
    """No step of the decision is reached."""
    answer = explain(shell, made, INSIDE, *call)
    assert answer.code == 1
    assert refusal(answer) == ("route", sentence)
    assert list(outcomes(answer).values()) == ["refused"] + ["not reached"] * 5


@pytest.mark.parametrize("path", ["//security_audit_logs/", "/v23.0/security_audit_logs", "/security_audit_logs?limit=1"])
def test_a_path_is_read_as_the_server_reads_it(shell: Shell, made: dict[str, Any], path: str) -> None:
    """Repeated and trailing slashes, a version, a query; the method in any case."""
    shell.mint(made)
    assert explain(shell, made, INSIDE, "get", path).code == 0


def test_a_public_path_asks_nothing(shell: Shell, made: dict[str, Any]) -> None:
    """From anywhere."""
    answer = explain(shell, made, OUTSIDE, "GET", "/healthz")
    assert answer.code == 0
    assert list(outcomes(answer).values()) == ["passed"] + ["not asked"] * 5


def test_a_mapped_address_is_the_address_inside(shell: Shell, made: dict[str, Any]) -> None:
    """As at the server's edge."""
    assert explain(shell, made, f"::ffff:{INSIDE}", "POST", "/work_get_token").code == 0


def test_people_see_the_same_steps(shell: Shell, made: dict[str, Any]) -> None:
    """A table, what was presented, and the outcome in words."""
    answer = shell("explain", "--app-id", made["app_id"], "--from", OUTSIDE, "POST", "/work_get_token")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines[2:8]] == ["route", *STEPS]
    assert lines[-1] == "The call is refused."
    assert "Presented: the integration's own App Secret" in answer.out


def test_explaining_changes_nothing(shell: Shell, made: dict[str, Any]) -> None:
    """No event, no usage, no waiting address."""
    before = (shell.events(made["instance"]), shell.json("integration", "show", made["app_id"]))
    explain(shell, made, OUTSIDE, "POST", "/work_get_token")
    explain(shell, made, INSIDE, "GET", "/security_audit_logs")
    assert (shell.events(made["instance"]), shell.json("integration", "show", made["app_id"])) == before


def test_an_unknown_app_id_is_refused(shell: Shell) -> None:
    """There is nothing to explain."""
    said = shell.refused("explain", "--app-id", "1000000000000000", "--from", INSIDE, "GET", "/me")
    assert "There is no integration 1000000000000000" in said


def test_an_address_that_is_none_is_refused(shell: Shell, made: dict[str, Any]) -> None:
    """A name, a network, an escape sequence."""
    for address in ("localhost", "192.0.2.0/24", "\x1b[2J"):
        said = shell.refused("explain", "--app-id", made["app_id"], "--from", address, "GET", "/me")
        assert "is not an IPv4 or IPv6 address" in said
        assert "\x1b" not in said


def test_the_app_id_alone_finds_its_instance_and_a_wrong_instance_does_not(shell: Shell, made: dict[str, Any]) -> None:
    """App IDs are unique over all instances."""
    shell.ok("instance", "create", "Other")
    assert explain(shell, made, INSIDE, "POST", "/work_get_token").code == 0
    assert explain(shell, made, INSIDE, "POST", "/work_get_token", "--instance", "Main").code == 0
    said = shell.refused(
        "explain", "--app-id", made["app_id"], "--from", INSIDE, "POST", "/work_get_token", "--instance", "Other"
    )
    assert "There is no integration" in said
