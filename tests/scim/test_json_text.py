"""A body is JSON of one meaning, or it is refused with a sentence, whatever it holds."""

import json
import time
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admincenter.core.errors import ScimBad
from admincenter.scim import patching, reading
from admincenter.scim.dialect import DIALECTS, Dialect
from admincenter.scim.json_text import read_object

_BAD = {
    "a key twice": (b'{"userName":"a","userName":"b"}', "twice"),
    "a key twice, deep inside": (b'{"name":{"x":[{"a":1,"a":1}]}}', "twice"),
    "NaN": (b'{"a":NaN}', "NaN"),
    "infinity": (b'{"a":-Infinity}', "Infinity"),
    "a float that is infinite": (b'{"a":1e999}', "range"),
    "a number of a thousand digits": (b'{"a":' + b"9" * 1_000 + b"}", "64 bits"),
    "a number just beyond 64 bits": (b'{"a":9223372036854775808}', "64 bits"),
    "too deep": (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "deeper"),
    "deeper than any parser likes": (b"[" * 200_000, "arrays"),
    "deep enough to exhaust a stack": (b'{"a":' * 19_000, "deeper"),
    "half a surrogate pair": (rb'{"a":["\ud800"]}', "surrogate"),
    "half a surrogate pair in a key": (rb'{"\udc00":1}', "surrogate"),
    "NUL": (rb'{"a":"x\u0000"}', r"U\+0000"),
    "not UTF-8": (b'{"a":"\xff"}', "UTF-8"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "UTF-8"),
    "a control character": (b'{"a":"\n"}', "well-formed"),
    "an array": (b"[]", "object"),
    "a text": (b'"a"', "object"),
    "nothing": (b"", "well-formed"),
    "something behind it": (b"{}{}", "well-formed"),
    "single quotes": (b"{'a':1}", "well-formed"),
}


@pytest.mark.parametrize(("body", "said"), list(_BAD.values()), ids=list(_BAD))
def test_a_body_of_no_clear_meaning_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(ScimBad, match=said) as refused:
        read_object(body)
    assert refused.value.scim_type == "invalidSyntax"


_LARGE = [b"[]," * 340_000, b'{"a":[' + b"{}," * 29_000 + b"{}]}", b"{" + b'"a":1,' * 150_000 + b'"a":1}']
_LARGE += [b'{"a":[' + b"1," * 500_000 + b"1]}", b'{"a":["\\ud83d\\ude00",' + '"\u0436",'.encode() * 200_000 + b"1]}"]
_LARGE += [json.dumps(dict.fromkeys(map(str, range(60_000)), 1)).encode()]


@pytest.mark.parametrize("body", [body for body, _said in _BAD.values()] + _LARGE)
def test_a_bad_body_of_a_megabyte_is_refused_at_once(body: bytes) -> None:
    """Generous for a busy machine: what is meant is milliseconds, on the event loop that everybody shares."""
    begin = time.perf_counter()
    with pytest.raises(ScimBad):
        reading.created(body, DIALECTS[0])
    assert time.perf_counter() - begin < 0.1


def test_a_byte_order_mark_is_no_harm() -> None:
    assert read_object(b'\xef\xbb\xbf{"a":"\\u00e9\\ud83d\\ude00"}') == {"a": "é😀"}


_NAMES = ["schemas", "userName", "name", "emails", "value", "op", "path", "Operations", "active", "type", "primary", "manager"]
_NAMES += ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "email", "replace", "familyName", "password"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_NAMES) | st.text(), inner),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(_NAMES), json_values), st.sampled_from(DIALECTS))
def test_whatever_json_comes_it_is_read_or_refused(value: object, dialect: Dialect) -> None:
    """No other exception, ever."""
    body, now = json.dumps(value).encode(), {"userName": "a"}
    for read in (reading.created, partial(reading.replaced, now=now), partial(patching.patched, document=now)):
        with suppress(ScimBad):
            read(body, dialect)


@settings(max_examples=300)
@given(
    st.sampled_from(["add", "Replace", "remove"]),
    st.sampled_from(['emails[type eq "work"].value', "emails", "name.givenName", "schemas", "id", "emails[", "active", "x", ""])
    | st.text(max_size=12),
    json_values,
    st.sampled_from(DIALECTS),
)
def test_whatever_operation_comes_it_is_carried_out_or_refused(op: str, path: str, value: object, dialect: Dialect) -> None:
    body = json.dumps({"Operations": [{"op": op, "path": path, "value": value}], "schemas": [patching.MESSAGE]}).encode()
    with suppress(ScimBad):
        patching.patched(body, dialect, {"userName": "a", "emails": [{"value": "b", "type": "work"}]})
