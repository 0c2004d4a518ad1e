"""`admincenter instance …`."""

from typing import Any

import pytest

from tests.cli.shell import ME, Shell

pytestmark = pytest.mark.usefixtures("on_each_engine")


def test_the_first_instance_is_listed_for_people_and_for_programs(shell: Shell) -> None:
    """One document with stable keys, or a table with the same values."""
    [row] = shell.json("instance", "list")
    assert set(row) == {"instance", "name", "created_at"}
    assert row["created_at"].endswith("Z")
    seen = shell.ok("instance", "list").out
    assert row["instance"] in seen
    assert row["name"] in seen


def test_a_new_instance_has_its_own_log_which_names_who_made_it(shell: Shell) -> None:
    """The creation is the first event of the new instance's own log."""
    made = shell.json("instance", "create", "Example Ltd")
    assert [row["name"] for row in shell.json("instance", "list")] == ["Main", "Example Ltd"]
    [event] = shell.events(made["instance"])
    assert (event["extra_data"]["kind"], event["actor_username"]) == ("instance.created", ME)


def test_create_tells_a_person_the_id(shell: Shell) -> None:
    """The id is in the sentence."""
    said = shell.ok("instance", "create", "Example Ltd").out
    assert said == f"Instance Example Ltd is created; its id is {shell.json('instance', 'list')[1]['instance']}\n"


def test_an_instance_is_renamed_by_its_name_or_its_id(shell: Shell) -> None:
    """`--instance` takes either, and the event stands in the renamed instance's log."""
    shell.ok("instance", "create", "Other")
    made = shell.json("instance", "rename", "Second", "--instance", "Other")
    assert made["name"] == "Second"
    assert shell.json("instance", "rename", "Third", "--instance", made["instance"])["name"] == "Third"
    assert [each["extra_data"]["kind"] for each in shell.events(made["instance"])][1:] == ["instance.renamed"] * 2


def test_where_more_than_one_exists_one_must_be_chosen(shell: Shell) -> None:
    """A command that would have to guess refuses and names the option."""
    shell.ok("instance", "create", "Other")
    for command in (("integration", "list"), ("instance", "revoke-all-tokens"), ("instance", "rename", "X")):
        assert "--instance" in shell.refused(*command)


def test_a_name_that_two_instances_share_does_not_choose(shell: Shell) -> None:
    """Two of one name: only the id chooses."""
    shell.ok("instance", "create", "Main")
    assert "More than one" in shell.refused("integration", "list", "--instance", "Main")


def test_an_unknown_instance_is_refused_by_name(shell: Shell) -> None:
    """The sentence repeats what was asked for and says where to look."""
    said = shell.refused("integration", "list", "--instance", "Nowhere")
    assert "'Nowhere'" in said
    assert "instance list" in said


def test_break_glass_kills_every_live_token_and_says_how_many(shell: Shell, made: dict[str, Any]) -> None:
    """It asks nothing, counts the dead, and is a finding in the log."""
    shell.mint(made)
    shell.mint(shell.create(name="Second"))
    shell.create(name="Without a token")
    assert shell.ok("instance", "revoke-all-tokens").out == "Live tokens revoked: 2\n"
    assert shell.json("instance", "revoke-all-tokens") == {"revoked": 0}
    assert shell.json("integration", "show", made["app_id"])["token"] == "none"
    events = [each for each in shell.events(made["instance"]) if each["extra_data"]["kind"] == "instance.tokens_revoked"]
    assert [each["extra_data"]["count"] for each in events] == [2, 0]
    assert {each["actor_username"] for each in events} == {ME}


def test_break_glass_leaves_other_instances_alone(shell: Shell, made: dict[str, Any]) -> None:
    """Only the chosen instance's tokens die."""
    shell.ok("instance", "create", "Other")
    shell.mint(made)
    assert shell.json("instance", "revoke-all-tokens", "--instance", "Other") == {"revoked": 0}
    assert shell.json("integration", "show", made["app_id"], "--instance", "Main")["token"] == "live"


def test_an_instance_without_a_name_is_refused(shell: Shell) -> None:
    """An empty name, and one that would deceive a terminal."""
    assert "empty" in shell.refused("instance", "create", "  ")
    assert "control characters" in shell.refused("instance", "create", "Main\x1b[2J")
