"""Lists of accounts by the front door: paging, cursors, filters, order, and what of an account is shown."""

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.directory import CORE, ENTERPRISE, FACEBOOK, STATUS, Directory
from tests.serving import InProcess
from tests.settable_clock import SettableClock
from tests.tenant import Tenant
from tests.wire import Wire

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def people(rfc: Directory, hands: SettableClock) -> list[dict[str, Any]]:
    """Nine accounts: user00 to user08, created in this order."""
    return [_person(rfc, hands, number) for number in range(9)]


def _person(rfc: Directory, hands: SettableClock, number: int) -> dict[str, Any]:
    hands.advance(0.01)
    return rfc.create(
        f"user{number:02}",
        externalId=f"X{number}",
        active=number % 3 != 0,
        title="Chief" if number % 2 else "Clerk",
        name={"familyName": "abc"[number % 3]},
        emails=[{"value": f"User{number}@example.com", "type": "work"}, {"value": "all@example.com", "type": "home"}],
        **{ENTERPRISE: {"department": f"D{number // 3}"}},
    )


def test_a_search_for_one_account_has_one_page(directory: Directory, people: list[dict[str, Any]]) -> None:
    """However it is paged, and a cursor of another search leads nowhere."""
    one = 'userName eq "USER01"'
    for how in ({}, {"cursor": ""}, {"startIndex": 1, "count": 1}):
        page = directory.page(filter=one, **how).json
        assert (page["totalResults"], page["itemsPerPage"], page.get("nextCursor")) == (1, 1, None)
    for how in ({"startIndex": 2}, {"count": 0}):
        page = directory.page(filter=one, **how).json
        assert (page["totalResults"], page["itemsPerPage"], page["Resources"]) == (1, 0, [])
    elsewhere = directory.page(count=2, cursor="").json["nextCursor"]
    directory.refused(directory.page(filter=one, cursor=elsewhere), 400, "invalidCursor")


@pytest.mark.parametrize(
    ("start", "count", "names"),
    [
        (1, 3, [0, 1, 2]),
        (4, 3, [3, 4, 5]),
        (9, 3, [8]),
        (10, 3, []),
        (10**9, 3, []),
        (0, 2, [0, 1]),
        (-5, 2, [0, 1]),
        (1, 0, []),
        (1, -3, []),
        (1, 5_000, list(range(9))),
    ],
)
def test_a_page_is_where_and_as_long_as_asked(
    directory: Directory, people: list[dict[str, Any]], start: int, count: int, names: list[int]
) -> None:
    page = directory.page(startIndex=start, count=count).json
    assert [each["userName"] for each in page["Resources"]] == [f"user{number:02}" for number in names]
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (9, len(names), max(start, 1))


@pytest.mark.parametrize("given", [{"startIndex": "x"}, {"count": "1.5"}, {"count": "１"}])
def test_a_page_that_is_no_number_is_refused(directory: Directory, given: dict[str, str]) -> None:
    directory.refused(directory.page("", **given), 400, "invalidValue", next(iter(given)))


def test_a_reader_of_cursors_sees_every_account_once(directory: Directory, people: list[dict[str, Any]]) -> None:
    page, seen = directory.page(count=4, cursor="").json, []
    while True:
        seen += [each["userName"] for each in page["Resources"]]
        if "nextCursor" not in page:
            break
        assert page["totalResults"] == 9
        page = directory.page(count=4, cursor=page["nextCursor"]).json
    assert seen == [each["userName"] for each in people]


def test_a_cursor_stays_valid_when_its_account_is_gone(directory: Directory, people: list[dict[str, Any]]) -> None:
    cursor = directory.page(count=2, cursor="").json["nextCursor"]
    for each in people[:3]:
        directory.delete(each["id"])
    page = directory.page(count=2, cursor=cursor).json
    assert [each["userName"] for each in page["Resources"]] == ["user03", "user04"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "é", "<edited>", "<other>", "A" * 3_000])
def test_a_cursor_that_is_not_ours_is_refused(
    server: InProcess, directory: Directory, people: list[dict[str, Any]], cursor: str
) -> None:
    ours = directory.page(count=2, cursor="").json["nextCursor"]
    if cursor == "<edited>":
        cursor = ("B" if ours[5] == "A" else "A").join([ours[:5], ours[6:]])
    if cursor == "<other>":
        cursor = _cursor_of_another(server, directory)
    directory.refused(directory.page(count=2, cursor=cursor), 400, "invalidCursor")


def _cursor_of_another(server: InProcess, directory: Directory) -> str:
    other = Tenant(server.store)
    theirs = directory._replace(token=server.wire.token(other.credential).json["access_token"])
    for name in ("a", "b", "c"):
        theirs.create(name)
    return str(theirs.page(count=2, cursor="").json["nextCursor"])


FILTERS = {
    'userName eq "USER03"': [3],
    'userName EQ "user03"': [3],
    'externalId eq "X3"': [3],
    'externalId eq "x3"': [],
    'emails.value eq "user3@EXAMPLE.com"': [3],
    'emails eq "user3@example.com"': [3],
    'emails[type eq "work" and value co "user4@"]': [4],
    'emails[type eq "home" and value co "user4@"]': [],
    "active eq false": [0, 3, 6],
    "active ne true": [0, 3, 6],
    'userName sw "user0" and active eq true': [1, 2, 4, 5, 7, 8],
    'userName ew "7" or userName ew "8"': [7, 8],
    'title eq "chief"': [1, 3, 5, 7],
    'not (title eq "chief")': [0, 2, 4, 6, 8],
    'name.familyName gt "b"': [2, 5, 8],
    'name.familyName ge "b" and name.familyName le "b"': [1, 4, 7],
    "nickName pr": [],
    "externalId pr and not (nickName pr)": list(range(9)),
    ENTERPRISE + ':department eq "D1"': [3, 4, 5],
    CORE + ':userName eq "user05"': [5],
    'meta.resourceType eq "User"': list(range(9)),
    'meta.lastModified gt "2020-01-01T00:00:00Z"': list(range(9)),
    'meta.created lt "2020-01-01T00:00:00Z"': [],
    STATUS + ":invited eq true": list(range(9)),
    'id eq "<id of 4>"': [4],
}


@pytest.mark.parametrize("filter", FILTERS)
def test_a_filter_finds_what_it_describes(directory: Directory, people: list[dict[str, Any]], filter: str) -> None:
    expected = [f"user{number:02}" for number in FILTERS[filter]]
    text = filter.replace("<id of 4>", people[4]["id"])
    assert directory.named(text) == expected
    page = directory.page(text, count=1).json
    assert page["totalResults"] == len(expected)
    asked = directory.call("POST", "/Users/.search", {"schemas": [SEARCH], "filter": text}).json
    assert [each["userName"] for each in asked["Resources"]] == expected


@pytest.mark.parametrize("more", ["", " and userName pr"])
def test_an_external_id_is_found_however_its_accents_are_written(directory: Directory, more: str) -> None:
    decomposed, composed = "zo\u0065\u0308", "zo\u00eb"
    assert directory.create("zoe", externalId=decomposed)["externalId"] == decomposed
    assert directory.named(f'externalId eq "{composed}"{more}') == ["zoe"]
    assert directory.named(f'externalId eq "{decomposed}"{more}') == ["zoe"]


def test_a_filter_is_read_however_its_blanks_are_sent(compatible: Directory, people: list[dict[str, Any]]) -> None:
    for sent in ("userName%20eq%20%22user03%22", "userName+eq+%22user03%22", "userName%2Beq%2B%22user03%22"):
        reply = compatible.call("GET", f"/Users?filter={sent}")
        assert [each["userName"] for each in reply.json["Resources"]] == ["user03"], sent


def test_no_match_is_an_empty_list_and_no_error(directory: Directory, people: list[dict[str, Any]]) -> None:
    reply = directory.page('userName eq "nobody"')
    assert (reply.status, reply.json["totalResults"], reply.json["Resources"]) == (200, 0, [])


@pytest.mark.parametrize(
    ("by", "order", "first"),
    [
        ("userName", "", 0),
        ("userName", "ascending", 0),
        ("userName", "descending", 8),
        ("meta.created", "descending", 8),
        ("externalId", "descending", 8),
        ("emails.value", "ascending", 0),
        (ENTERPRISE + ":department", "descending", 6),
    ],
)
def test_a_list_comes_in_the_order_that_is_asked_for(
    directory: Directory, people: list[dict[str, Any]], by: str, order: str, first: int
) -> None:
    given = {"sortBy": by} | ({"sortOrder": order} if order else {})
    names = directory.named("", **given)
    assert (names[0], sorted(names)) == (f"user{first:02}", [each["userName"] for each in people])
    paged = [name for start in range(1, 10, 3) for name in directory.named("", startIndex=start, count=3, **given)]
    assert paged == names


def test_a_sorted_list_is_read_by_cursor_too(directory: Directory, people: list[dict[str, Any]]) -> None:
    given: dict[str, str | int] = {"sortBy": "title", "sortOrder": "descending", "count": 4}
    page, seen = directory.page("", cursor="", **given).json, []
    while True:
        seen += [each["title"] for each in page["Resources"]]
        if "nextCursor" not in page:
            break
        page = directory.page("", cursor=page["nextCursor"], **given).json
    assert seen == ["Clerk"] * 5 + ["Chief"] * 4


@pytest.mark.parametrize("given", [{"sortBy": "nothing"}, {"sortBy": "userName", "sortOrder": "up"}])
def test_an_order_that_is_none_is_refused(directory: Directory, given: dict[str, str]) -> None:
    reply = directory.page("", **given)
    assert (reply.status, reply.json["scimType"]) in ((400, "invalidValue"), (400, "invalidPath"))


def test_what_is_asked_for_is_shown_and_its_id(directory: Directory, people: list[dict[str, Any]]) -> None:
    account_id = people[3]["id"]
    for one in _shown(directory, account_id, "userName,emails.type"):
        assert set(one) == {"schemas", "id", "userName", "emails"}
        assert one["emails"] == [{"type": "work"}, {"type": "home"}]
    shown = directory.get(account_id, f"?attributes={ENTERPRISE}:department").json
    assert (shown[ENTERPRISE], "userName" in shown) == ({"department": "D1"}, False)


def _shown(directory: Directory, account_id: str, attributes: str) -> list[dict[str, Any]]:
    """The account by itself and on a page."""
    alone = directory.get(account_id, f"?attributes={attributes}").json
    return [alone, *directory.page(f'id eq "{account_id}"', attributes=attributes).json["Resources"]]


def test_what_is_excluded_is_not_shown_but_its_id_is(directory: Directory, people: list[dict[str, Any]]) -> None:
    one = directory.get(people[3]["id"], "?excludedAttributes=id,emails,name.familyName," + STATUS).json
    assert one["id"] == people[3]["id"]
    assert {"emails", STATUS}.isdisjoint(one)


def test_asking_for_some_and_excluding_others_at_once_is_refused(directory: Directory, people: list[dict[str, Any]]) -> None:
    query = "?attributes=userName&excludedAttributes=emails"
    for reply in (directory.get(people[0]["id"], query), directory.call("GET", "/Users" + query)):
        directory.refused(reply, 400, "invalidValue")


def test_fields_is_another_name_for_attributes(compatible: Directory, people: list[dict[str, Any]]) -> None:
    one = compatible.get(people[3]["id"], "?fields=name,userName,profileUrl,emails,id").json
    assert set(one) == {"schemas", "id", "name", "userName", "emails"}


def test_what_is_written_is_answered_as_it_is_asked_for(directory: Directory) -> None:
    reply = directory.call("POST", "/Users?attributes=userName", {"schemas": [CORE], "userName": "bob", "title": "Sir"})
    assert (reply.status, set(reply.json)) == (201, {"schemas", "id", "userName"})


def test_everything_of_a_search_may_stand_in_its_body(directory: Directory, people: list[dict[str, Any]]) -> None:
    body = {
        "schemas": [SEARCH],
        "filter": "active eq true",
        "sortBy": "userName",
        "sortOrder": "descending",
        "startIndex": 2,
        "count": 2,
        "attributes": ["userName"],
    }
    page = directory.call("POST", "/Users/.search", body).json
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (6, 2, 2)
    assert [(each["userName"], set(each)) for each in page["Resources"]] == [
        ("user07", {"schemas", "id", "userName"}),
        ("user05", {"schemas", "id", "userName"}),
    ]


def test_a_search_from_the_root_finds_users(rfc: Directory, people: list[dict[str, Any]]) -> None:
    page = rfc.call("POST", "/.search", {"schemas": [SEARCH], "filter": 'userName eq "user03"'}).json
    assert [each["meta"]["location"].rpartition("/Users/")[2] for each in page["Resources"]] == [people[3]["id"]]


def test_a_parameter_given_twice_is_refused(directory: Directory) -> None:
    directory.refused(directory.call("GET", "/Users?count=1&count=2"), 400, "invalidValue", "count")


def test_an_unknown_parameter_is_ignored(directory: Directory) -> None:
    assert directory.call("GET", "/Users?nothing=1&domain=x").status == 200


@pytest.mark.parametrize("unused", [FACEBOOK + "frontline:2.0:User"])
def test_what_no_account_has_is_not_published(rfc: Directory, unused: str) -> None:
    assert unused not in rfc.call("GET", "/Schemas").body.decode()


def test_a_cursor_of_the_log_is_no_cursor_of_accounts(wire: Wire, directory: Directory, tenant: Tenant) -> None:
    raw = urlsafe_b64encode(b"\x01" + bytes(24)).decode().rstrip("=")
    directory.refused(directory.page(cursor=raw), 400, "invalidCursor")


def test_searches_that_come_together_are_all_answered(directory: Directory, people: list[dict[str, Any]]) -> None:
    """One after the other, where no index answers them."""
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda _: directory.named("title pr or not (title pr)"), range(24)))
    assert found == [[each["userName"] for each in people]] * 24
