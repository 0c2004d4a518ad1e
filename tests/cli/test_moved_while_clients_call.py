"""From a data directory to PostgreSQL and back, as clients of the server see it: not at all."""

import pytest

from tests.cli.shell import Shell
from tests.serving import Served
from tests.tenant import Tenant


def _ids(page: dict[str, list[dict[str, str]]]) -> list[int]:
    return [int(each["id"]) for each in page["data"]]


@pytest.mark.slow
def test_a_secret_a_live_token_and_a_saved_cursor_work_after_the_move_as_before(shell: Shell, empty_postgres_url: str) -> None:
    """And the directory alone is served no more."""
    with Served(shell.data) as before:
        tenant = Tenant(before.store)
        tenant.happen(20)
        token = before.wire.token(tenant.credential).json["access_token"]
        page = before.wire.get("/security_audit_logs?limit=5&order=asc", token).json
    move = ("database", "move", "--from", f"sqlite:{shell.data}", "--to", empty_postgres_url)
    shell.ok(*move)
    assert "was moved to PostgreSQL" in shell.refused("serve", "--port", "0", code=2)
    with Served(shell.data, database_url=empty_postgres_url) as after:
        assert after.wire.get("/me", token).json["id"] == tenant.app_id
        cursor = page["paging"]["cursors"]["after"]
        more = after.wire.get(f"/security_audit_logs?limit=100&order=asc&after={cursor}", token).json
        last = _ids(page)[-1]
        assert _ids(more) == list(range(last + 1, last + 1 + len(more["data"])))
        assert more["data"][-1]["extra_data"]["kind"] == "database.moved"
        assert after.wire.token(tenant.credential).status == 200
        assert after.wire.get("/me", token).status != 200
    assert "was used since the move" in shell.refused(*move, "--back", code=2)


def test_a_database_that_is_being_moved_into_is_not_served(shell: Shell, empty_postgres_url: str) -> None:
    """Nor worked on by any other command."""
    move = ("database", "move", "--from", f"sqlite:{shell.data}", "--to", empty_postgres_url)
    shell.ok(*move)
    shell.ok(*move, "--back")
    for command in (("serve", "--port", "0"), ("instance", "list"), ("instance", "create", "Another")):
        refusal = shell.refused(*command, "--database-url", empty_postgres_url, code=2)
        assert "The move into the PostgreSQL database" in refusal
        assert "is not complete" in refusal
