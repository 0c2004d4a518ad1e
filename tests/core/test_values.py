"""Texts that admins give, and texts of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.core import values
from admincenter.core.errors import ValueBad

DECEIVING = [
    "\0",
    "\n",
    "\r",
    "\t",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u061c",
    "\ud800",
]


@pytest.mark.parametrize(
    "given_text", ["Payroll", "  Payroll ", "Löhne & Gehälter", "'; DROP TABLE integrations; --", "{name}", "=1+1", "🧾"]
)
def test_a_readable_text_is_kept_as_it_is_without_surrounding_spaces(given_text: str) -> None:
    assert values.text(given_text, "name") == given_text.strip()


@pytest.mark.parametrize("sign", DECEIVING, ids=ascii)
def test_what_would_deceive_a_terminal_is_refused_from_admins_and_replaced_from_strangers(sign: str) -> None:
    with pytest.raises(ValueBad, match="control characters"):
        values.text(f"Pay{sign}roll", "name")
    assert values.visible(f"a{sign[0]}b", 10) == "a\N{REPLACEMENT CHARACTER}b"


def test_a_text_has_a_length() -> None:
    assert values.text("x" * 200, "name") == "x" * 200
    with pytest.raises(ValueBad, match="The name is longer than 200 characters"):
        values.text("x" * 201, "name")


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
def test_an_empty_text_is_refused_where_one_is_due(nothing: str) -> None:
    with pytest.raises(ValueBad, match="The owner is empty"):
        values.text(nothing, "owner")
    assert values.text(nothing, "owner", may_be_empty=True) == ""


@given(st.text(), st.integers(0, 50))
def test_a_strangers_text_becomes_short_and_harmless_and_stays_so(text: str, limit: int) -> None:
    shown = values.visible(text, limit)
    assert len(shown) == min(len(text), limit)
    assert values.visible(shown, limit) == shown
    shown.encode()
    values.text("x" + shown + "x", "text")
