"""The commands on accounts: what the API does, from a shell; each one recorded, each refusal one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import ME, Shell

pytestmark = pytest.mark.usefixtures("on_each_engine")


@pytest.fixture
def ada(shell: Shell) -> dict[str, Any]:
    """An account, as `create --json` answered."""
    found: dict[str, Any] = shell.json(
        "account", "create", "Ada@example.com", "--email", "ada@x.org", "--set", "title=Countess"
    )
    return found


def kinds(shell: Shell) -> list[str]:
    """What was recorded of accounts, checked to be by this user."""
    [instance] = shell.json("instance", "list")
    told = [each for each in shell.events(instance["instance"]) if each["extra_data"]["kind"].startswith("account.")]
    assert {each["actor_username"] for each in told} <= {ME}
    return [each["extra_data"]["kind"].removeprefix("account.") for each in told]


def test_create_answers_with_the_access_code_and_show_shows_it_again(shell: Shell, ada: dict[str, Any]) -> None:
    assert (ada["user_name"], ada["active"], ada["state"], len(ada["access_code"])) == ("Ada@example.com", True, "invited", 10)
    seen = shell.json("account", "show", "ADA@example.com")
    assert seen["access_code"] == ada["access_code"]
    assert seen["resource"]["title"] == "Countess"
    assert seen["resource"]["emails"][0]["value"] == "ada@x.org"
    assert "Countess" in shell.ok("account", "show", ada["account_id"]).out
    assert "its access code is" in shell.ok("account", "create", "b").out
    assert kinds(shell)[:2] == ["created", "invited"]


def test_an_account_need_not_be_invited(shell: Shell) -> None:
    made = shell.json("account", "create", "a", "--no-invitation", "--external-id", "7")
    assert (made["state"], made["access_code"], made["external_id"]) == ("new", None, "7")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--set", "title"), "--set title names no value"),
        (("--set", "=x"), "--set =x names no value"),
        (("--set", "salary=9"), "salary"),
        (("--set", "active=perhaps"), "active"),
    ],
)
def test_an_attribute_that_makes_no_sense_is_refused(shell: Shell, more: tuple[str, ...], said: str) -> None:
    assert said in shell.refused("account", "create", "a", *more)
    assert shell.json("account", "list")["total"] == 0


def test_an_account_has_a_user_name(shell: Shell) -> None:
    assert "user name may not be empty" in shell.refused("account", "create", " ")


def test_a_path_with_an_equals_sign_or_of_an_extension_can_be_set(shell: Shell) -> None:
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    shell.ok("account", "create", "a", "--set", f"{urn}=Engines", "--set", 'emails[type eq "home"].value=a@b')
    resource = shell.json("account", "show", "a")["resource"]
    assert resource["emails"] == [{"type": "home", "value": "a@b"}] or resource["emails"][0]["value"] == "a@b"
    assert "Engines" in json.dumps(resource)


def test_each_step_of_a_life_is_recorded_and_twice_is_once(shell: Shell, ada: dict[str, Any]) -> None:
    for step, active, state in (
        ("deactivate", False, "invited"),
        ("reactivate", True, "invited"),
        ("claim", True, "claimed"),
    ):
        after = shell.json("account", step, ada["account_id"])
        assert (after["active"], after["state"]) == (active, state)
        assert "nothing was changed" in shell.ok("account", step, ada["account_id"]).out
    assert kinds(shell)[2:] == ["deactivated", "reactivated", "claimed"]
    assert [each["version"] for each in shell.json("account", "show", ada["account_id"])["history"]] == [1, 2, 3]


def test_a_claimed_account_is_protected_where_the_instance_says_so(shell: Shell, ada: dict[str, Any]) -> None:
    assert shell.json("instance", "set", "protect-claimed", "on")["value"] == "on"
    assert "nothing was changed" in shell.ok("instance", "set", "protect-claimed", "on").out
    shell.ok("account", "claim", ada["account_id"])
    assert "deactivate it instead" in shell.refused("account", "delete", ada["account_id"], "--yes")
    shell.ok("instance", "set", "protect-claimed", "off")
    assert shell.json("account", "delete", ada["account_id"], "--yes")["deleted"] is True
    assert shell.json("account", "list")["total"] == 0


def test_a_deletion_asks_first(shell: Shell, ada: dict[str, Any]) -> None:
    assert "Confirm with --yes" in shell.refused("account", "delete", "ada@example.com")
    assert "There is no account nobody here" in shell.refused("account", "delete", "nobody", "--yes")


def test_a_list_has_pages_and_takes_a_filter(shell: Shell) -> None:
    for name in ("a", "b", "c"):
        shell.ok("account", "create", name, "--set", f"title={name.upper()}")
    shell.ok("account", "deactivate", "b")
    assert "1 to 2 of 3; --start 3 shows more" in shell.ok("account", "list", "--count", "2").out
    assert [each["user_name"] for each in shell.json("account", "list", "--start", "3")["accounts"]] == ["c"]
    assert shell.json("account", "list", "--filter", "active eq false")["accounts"][0]["user_name"] == "b"
    assert shell.json("account", "list", "--filter", 'title co "c"')["total"] == 1
    assert "There is no such account" in shell.ok("account", "list", "--filter", 'userName eq "x"').out
    assert "in double quotes" in shell.refused("account", "list", "--filter", "userName eq ada")


def test_a_list_says_how_many_there_are(shell: Shell) -> None:
    for name in ("a", "b"):
        shell.ok("account", "create", name)
    assert shell.ok("account", "list").out.endswith("\n1 to 2 of 2\n")
    assert shell.ok("account", "list", "--start", "9").out.endswith("how many there are: 2\n")


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_an_import_stores_what_is_good_and_says_what_is_bad(shell: Shell, tmp_path: Path) -> None:
    """Each with its line, on standard error; the exit code says that something was."""
    file = write(
        tmp_path / "people.csv",
        "userName,displayName,active,workEmail",
        "a,Ada,true,a@x.org",
        "b,Bob,perhaps,",
        "A,Again,,",
        ",,,",
        "c,Cleo,false,,too many",
        "d,Dora,false,",
    )
    answer = shell("account", "import", file, "--json")
    report = answer.json
    assert answer.code == 1
    assert (report["read"], report["created"], report["bad"], report["present"]) == (5, 2, 3, 0)
    assert sorted(each["line"] for each in report["bad_rows"]) == [3, 4, 6]
    assert "line 4: The userName 'A' is taken" in answer.err
    assert [each["active"] for each in shell.json("account", "list")["accounts"]] in ([True, False], [False, True])
    assert kinds(shell).count("created") == 2


def test_an_import_that_was_broken_off_is_repeated(shell: Shell, tmp_path: Path) -> None:
    """What is there already is no fault then. A spreadsheet's semicolons and its mark at the beginning are fine."""
    file = write(tmp_path / "people.csv", "\ufeffuserName;title", "a;x", "b;'=y")
    assert "2 accounts are created of 2 rows" in shell.ok("account", "import", file).out
    assert "--skip-present passes over" in shell("account", "import", file).out
    report = shell.json("account", "import", file, "--skip-present")
    assert (report["created"], report["present"], report["bad"]) == (0, 2, 0)
    assert shell.json("account", "show", "b")["resource"]["title"] == "=y"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"name,title\n", "userName"),
        (b"", "userName"),
        (b"userName,salary\na,1\n", "salary"),
        (b"userName\n\xff\n", "not UTF-8 text"),
        (b'userName\n"a"b\n', "not CSV"),
    ],
)
def test_a_file_that_is_no_table_of_accounts_is_refused(shell: Shell, tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    assert said in shell.refused("account", "import", str(tmp_path / "x.csv"))
    assert shell.json("account", "list")["total"] == 0


def test_an_export_can_be_imported_again(shell: Shell, tmp_path: Path) -> None:
    """Every column, a formula too; and no access code leaves."""
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    shell.ok("account", "create", "a", "--set", f"{urn}==1+1", "--email", "a@x.org", "--set", "mobilePhone=+44 1")
    code = shell.json("account", "create", "b", "--set", "active=false")["access_code"]
    out = tmp_path / "out.csv"
    assert shell.json("account", "export", "-o", str(out))["count"] == 2
    before = {name: shell.json("account", "show", name)["resource"] for name in ("a", "b")}
    assert code not in out.read_text()
    for name in before:
        shell.ok("account", "delete", name, "--yes")
    assert shell.json("account", "import", str(out))["created"] == 2
    for name, was in before.items():
        now = shell.json("account", "show", name)["resource"]
        assert {key: value for key, value in now.items() if key not in ("id", "meta") and "facebook" not in key} == {
            key: value for key, value in was.items() if key not in ("id", "meta") and "facebook" not in key
        }
    assert kinds(shell).count("exported") == 1


def test_an_export_of_resources_has_one_a_line(shell: Shell, ada: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    shell.ok("account", "export", "--format", "ndjson", "-o", str(out))
    [line] = out.read_text().splitlines()
    assert json.loads(line)["userName"] == "Ada@example.com"
    assert "accessCode" not in line
