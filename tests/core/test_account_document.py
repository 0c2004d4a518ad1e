"""The bytes of an account's document: canonical, and made so that an address can be put in without reading them."""

import json

from admincenter.core.account_document import CORE, STATUS, attributes_of, located, moment, opened, rendered
from admincenter.core.account_search import exact, fold
from admincenter.core.ports import Account

URN = "urn:example:more"
ROW = Account(
    "1000000000000001",
    "4000000000000007",
    "Ada",
    "e",
    1,
    3,
    1_795_428_000_123_456,
    1_795_428_001_000_000,
    None,
    None,
    None,
    b"",
)
ATTRIBUTES = {URN: {"a": 1}, "title": "Ærø ☃", "userName": "Ada", "externalId": "e"}


def test_a_document_is_written_in_one_order() -> None:
    """`meta` comes last, extensions before it, texts as they are."""
    assert rendered(ROW, ATTRIBUTES, None).decode() == (
        f'{{"schemas":["{CORE}","{URN}","{STATUS}"],"id":"4000000000000007","externalId":"e","userName":"Ada","title":"Ærø ☃",'
        f'"{URN}":{{"a":1}},"{STATUS}":{{"invited":false,"claimed":false,"canDelete":true}},"meta":{{"resourceType":"User",'
        '"created":"2026-11-23T10:00:00.123Z","lastModified":"2026-11-23T10:00:01.000Z","version":"W/\\"3\\""}}'
    )


def test_an_address_goes_into_meta() -> None:
    """Whatever stands in it."""
    document = rendered(ROW, ATTRIBUTES, None)
    body = json.loads(located(document, 'https://a/"\\'))
    assert body.pop("meta") == json.loads(document)["meta"] | {"location": 'https://a/"\\'}


def test_what_clients_wrote_comes_back() -> None:
    row = ROW._replace(document=rendered(ROW, ATTRIBUTES, None))
    assert attributes_of(row) == ATTRIBUTES
    assert opened(row).code is None


def test_a_moment_is_written_to_the_millisecond() -> None:
    assert [moment(each) for each in (0, 999, 1_000, 1_795_428_000_999_999)] == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.001Z",
        "2026-11-23T10:00:00.999Z",
    ]


def test_texts_are_folded_as_scim_compares_them() -> None:
    """Composed, in lower case; what was composed otherwise is the same."""
    assert fold("ADA") == b"ada"
    assert fold("ZOE\u0308") == fold("zoë") == "zoë".encode()
    assert exact("ZOE\u0308") == "ZOË"
