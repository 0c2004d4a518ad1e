"""Queries and forms are taken apart as the standard library does it, which is slower."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.api.parameters import MAX_FIELDS, _urlencoded
from admincenter.core.errors import ParameterBad

_PIECES = st.sampled_from(
    ["a", "filter", "é", "=", "&", "&&", "+", "%", "%2", "%20", "%c3%a9", "%C3", "%00", "%zz", ";", "|", " ", "0"]
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_each_text_means_what_it_means_to_the_standard_library(text: str) -> None:
    """What that one refuses is refused."""
    try:
        expected = parse_qsl(text.encode().decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        with pytest.raises(ParameterBad):
            _urlencoded(text.encode())
    else:
        assert _urlencoded(text.encode()) == expected


def test_too_many_fields_are_refused() -> None:
    """However little is in each."""
    assert len(_urlencoded(b"&".join([b"a"] * MAX_FIELDS))) == MAX_FIELDS
    with pytest.raises(ParameterBad):
        _urlencoded(b"&".join([b"a"] * (MAX_FIELDS + 1)))
