"""A row of a table becomes an account, and an account a row."""

import pytest

from admincenter.core.errors import ScimBad
from admincenter.scim.csv_rows import COLUMNS, columns, row, wanted
from admincenter.scim.models import ENTERPRISE, STATUS, TERM


def test_a_row_becomes_an_account() -> None:
    header = ["USERNAME", "workEmail", "department", "active", "startDate", "invited", 'addresses[type eq "home"].country']
    found = wanted(columns(header), [" ada ", "a@b", "d", "FALSE", "1700000000", "false", "UK"])
    assert found.attributes == {
        "userName": "ada",
        "active": False,
        "emails": [{"value": "a@b", "type": "work"}],
        "addresses": [{"country": "UK", "type": "home"}],
        ENTERPRISE: {"department": "d"},
        TERM: {"startDate": 1_700_000_000},
    }
    assert found.invited is False


def test_an_empty_cell_says_nothing() -> None:
    found = wanted(columns(["userName", "title", "invited"]), ["ada", "", ""])
    assert (found.attributes, found.invited) == ({"userName": "ada", "active": True}, None)


def test_a_short_row_lacks_its_last_cells() -> None:
    assert wanted(columns(["userName", "title"]), ["ada"]).attributes == {"userName": "ada", "active": True}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["title"], "no column userName"),
        (["userName", "colour"], "column 'colour'"),
        (["userName", "id"], "column 'id'"),
        (["userName", "username"], "twice"),
        (["userName", "department", f"{ENTERPRISE}:department"], "twice"),
        (["userName", ""], "Column 2 has no heading"),
    ],
)
def test_a_heading_that_is_wrong_is_refused(header: list[str], said: str) -> None:
    with pytest.raises(ScimBad, match=said):
        columns(header)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["", "true", "", ""], "userName is required"),
        (["", "", "", ""], "empty"),
        (["a", "maybe", "", ""], "active must be"),
        (["a", "", "soon", ""], "startDate must be"),
        (["a", "", "", "magic"], "one of password, sso"),
        (["a", "", "", "", "more"], "5 cells"),
    ],
)
def test_a_row_that_is_wrong_says_why(cells: list[str], said: str) -> None:
    with pytest.raises(ScimBad, match=said):
        wanted(columns(["userName", "active", "startDate", "authMethod"]), cells)


def test_what_is_written_out_is_read_back() -> None:
    cells = dict.fromkeys(COLUMNS, "")
    cells |= {"userName": "ada", "active": "true", "givenName": "Ada", "workPhone": "+1", "mobilePhone": "+2", "manager": "5"}
    cells |= {"startDate": "0", "authMethod": "sso", "workEmail": "a@b"}
    account = wanted(columns(list(COLUMNS)), list(cells.values()))
    document = {**account.attributes, STATUS: {"invited": True}}
    assert row(document) == list((cells | {"invited": "true"}).values())
