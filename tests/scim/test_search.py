"""Which stretch of which accounts a client asks for, in which order, and how the page looks."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models.path import Path

from admincenter.core.account_search import Field, Is
from admincenter.core.errors import ScimBad
from admincenter.scim import listing, paging, search, sorting
from admincenter.scim.dialect import COMPATIBLE, DIALECTS, RFC
from admincenter.scim.models import CORE, ENTERPRISE, AccountModel
from admincenter.scim.paging import Window
from tests.scim.generated import documents


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((None, None, None), Window(1, 100)),
        (("1", "2", None), Window(1, 2)),
        (("0", "-5", None), Window(1, 0)),
        (("-7", "0", None), Window(1, 0)),
        (("5", "1001", None), Window(5, 1_000)),
        (("+3", " 4 ", None), Window(3, 4)),
        (("007", "9" * 400, None), Window(7, 1_000)),
        (("9" * 400, "1", None), Window(2**53, 1)),
        ((None, "10", ""), Window(1, 10, None, by_cursor=True)),
        ((None, None, "abc"), Window(1, 100, "abc", by_cursor=True)),
    ],
)
def test_a_stretch_is_kept_within_bounds(given: tuple[str | None, str | None, str | None], expected: Window) -> None:
    assert paging.window(*given) == expected


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (("one", None, None), "invalidValue"),
        (("1.5", None, None), "invalidValue"),
        ((None, "", None), "invalidValue"),
        ((None, "ten", ""), "invalidCount"),
        (("1", None, "abc"), "invalidCursor"),
    ],
)
def test_a_stretch_that_is_none_is_refused(given: tuple[str | None, str | None, str | None], kind: str) -> None:
    with pytest.raises(ScimBad) as refused:
        paging.window(*given)
    assert refused.value.scim_type == kind


def test_an_order_that_an_index_has_is_a_field() -> None:
    assert sorting.sort("USERNAME", None) == (Field.USER_NAME, False)
    assert sorting.sort("meta.lastModified", "Descending") == (Field.MODIFIED, True)
    assert sorting.sort(None, "descending") is None
    assert sorting.sort("", None) is None


_PEOPLE: list[dict[str, Any]] = [
    {"userName": "1", "name": {"familyName": "b"}, "emails": [{"value": "z"}, {"value": "a", "primary": True}]},
    {"userName": "2", "name": {"familyName": "A"}, "emails": [{"value": "M"}], ENTERPRISE: {"department": "x"}},
    {"userName": "3", "active": True, "schemas": ["b", "A"]},
]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("name.familyName", ["b", "a", None]),
        ("emails", ["a", "m", None]),
        ("emails.value", ["a", "m", None]),
        (f"{ENTERPRISE}:department", [None, "x", None]),
        ("active", [None, None, True]),
        ("schemas", [None, None, "a"]),
    ],
)
def test_any_other_order_is_a_key_of_documents(by: str, keys: list[Any]) -> None:
    order = sorting.sort(by, "ascending")
    assert order is not None
    assert callable(order.by)
    assert [order.by(each) for each in _PEOPLE] == keys


@settings(max_examples=100)
@given(
    st.lists(documents(), min_size=2, max_size=4), st.sampled_from(["title", "name.familyName", "addresses.locality", "locale"])
)
def test_documents_come_in_the_order_of_the_library(found: list[dict[str, Any]], by: str) -> None:
    order, binding = sorting.sort(by, None), Path[AccountModel](by).resolve()
    assert order is not None
    assert callable(order.by)
    assert binding is not None
    for document in found:
        key = order.by(document)
        assert key is None or key == binding.comparable(key)


@pytest.mark.parametrize(
    ("by", "order"), [("name", None), ("colour", None), ("emails[", None), ("x" * 600, None), ("title", "up")]
)
def test_an_order_without_meaning_is_refused(by: str, order: str | None) -> None:
    with pytest.raises(ScimBad):
        sorting.sort(by, order)


def test_a_query_and_a_body_ask_for_the_same() -> None:
    query = {
        "filter": 'userName eq "a"',
        "sortBy": "userName",
        "startIndex": "2",
        "count": "3",
        "attributes": "id,title",
        "x": "y",
    }
    body = {**query, "schemas": [search.MESSAGE], "startIndex": 2, "count": 3, "attributes": ["id", "title"], "filter": None}
    body["Filter"] = query["filter"]
    del body["filter"]
    asked = search.of_query(query, RFC)
    assert asked == search.of_body(json.dumps(body).encode(), RFC)
    assert (asked.search.where, asked.search.start, asked.search.count) == (Is(Field.USER_NAME, "eq", "a"), 2, 3)


def test_nothing_asked_for_is_the_first_hundred() -> None:
    for dialect in DIALECTS:
        asked = search.of_query({}, dialect)
        assert (asked.search.where, asked.search.also, asked.search.sort, asked.projection) == (None, None, None, None)
        assert asked.window == Window(1, 100)


def test_fields_are_attributes_where_metas_clients_come() -> None:
    assert search.of_query({"fields": "title"}, COMPATIBLE).projection is not None
    assert search.of_query({"fields": "title"}, RFC).projection is None


@pytest.mark.parametrize(
    "body",
    [{"schemas": [CORE]}, {"schemas": "x"}, {"startIndex": "1.0"}, {"count": True}, {"attributes": [5]}, {"filter": ["x"]}],
)
def test_a_body_that_is_no_search_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ScimBad):
        search.of_body(json.dumps({"schemas": [search.MESSAGE], **body}).encode(), RFC)


def test_a_page_holds_the_documents_as_they_are() -> None:
    page = json.loads(listing.list_response(7, 3, [b'{"id":"1"}', b'{"id":"2"}']))
    assert page == {
        "schemas": [listing.MESSAGE],
        "totalResults": 7,
        "itemsPerPage": 2,
        "startIndex": 3,
        "Resources": [{"id": "1"}, {"id": "2"}],
    }
    by_cursor = json.loads(listing.list_response(0, None, [], 'a"b'))
    assert by_cursor == {
        "schemas": [listing.MESSAGE],
        "totalResults": 0,
        "itemsPerPage": 0,
        "nextCursor": 'a"b',
        "Resources": [],
    }
