"""Secrets, tokens and App IDs as texts; their digests; the sealed copy (D1 to D3)."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admincenter.core import credentials
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, Entropy, SealContext, ServerKey
from admincenter.core.errors import TokenMalformed
from tests.core.known import SECRET, TOKEN
from tests.vector_cases import cases

PREFIXES = {"secret": SECRET_PREFIX, "token": TOKEN_PREFIX}


def fixed(*parts: str) -> Entropy:
    """An entropy that gives these bytes, one part a call."""
    waiting = [bytes.fromhex(part) for part in parts]

    def give(size: int) -> bytes:
        part = waiting.pop(0)
        assert len(part) == size
        return part

    return give


@pytest.mark.parametrize("case", cases("credentials"), ids=lambda case: case["text"])
def test_a_credential_has_the_text_of_the_vector_and_reads_back(case: dict[str, Any]) -> None:
    assert credentials.mint_text(case["prefix"], fixed(case["random"]), case["cell"]) == case["text"]
    assert credentials.read_text(case["prefix"], case["text"]) == case["text"]


@pytest.mark.parametrize("case", cases("not_tokens"), ids=lambda case: case["why"] or case["text"] or "empty")
def test_what_is_not_a_token_is_refused_unread(case: dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        credentials.read_text(TOKEN_PREFIX, case["text"])


def test_a_mixed_up_credential_is_told_what_it_is() -> None:
    with pytest.raises(TokenMalformed, match="App Secret; buy a token"):
        credentials.read_text(TOKEN_PREFIX, SECRET)
    with pytest.raises(TokenMalformed, match="access token where an App Secret is due"):
        credentials.read_text(SECRET_PREFIX, TOKEN)


@given(st.integers(4, 54), st.sampled_from(credentials.ALPHABET))
def test_every_single_mistyped_character_is_found(place: int, typed: str) -> None:
    mistyped = TOKEN[:place] + typed + TOKEN[place + 1 :]
    if mistyped == TOKEN:
        assert credentials.read_text(TOKEN_PREFIX, mistyped) == TOKEN
    else:
        with pytest.raises(TokenMalformed):
            credentials.read_text(TOKEN_PREFIX, mistyped)


@given(st.text(max_size=80))
def test_no_text_makes_the_reader_fail_otherwise_than_by_refusing(text: str) -> None:
    for prefix in PREFIXES.values():
        with pytest.raises(TokenMalformed):
            credentials.read_text(prefix, text)


@given(st.binary(min_size=32, max_size=32), st.sampled_from(list(PREFIXES.values())))
def test_whatever_is_minted_is_url_safe_and_reads_back(random: bytes, prefix: str) -> None:
    text = credentials.mint_text(prefix, fixed(random.hex()))
    assert re.fullmatch(r"ac[st]_[0-9A-Za-z]{51}", text)
    assert credentials.read_text(prefix, text) == text


@pytest.mark.parametrize("case", cases("app_ids"), ids=lambda case: case["app_id"])
def test_an_app_id_has_the_digits_of_the_vector(case: dict[str, Any]) -> None:
    assert credentials.mint_app_id(fixed(case["random"]), case["cell"]) == case["app_id"]


@given(st.binary(min_size=12, max_size=12))
def test_an_app_id_is_exact_in_javascript(random: bytes) -> None:
    app_id = credentials.mint_app_id(fixed(random.hex()))
    assert re.fullmatch(r"100\d{13}", app_id)
    assert int(app_id) < 2**53


@pytest.mark.parametrize("case", cases("digests"))
def test_a_digest_is_that_of_the_vector(case: dict[str, Any]) -> None:
    key, prefix = bytes.fromhex(case["key"]), PREFIXES[case["kind"]]
    assert credentials.digest(prefix, key, case["text"]).hex() == case["digest"]


def test_a_lookup_tries_every_live_key_the_primary_first() -> None:
    keys = [ServerKey("a", b"a" * 32), ServerKey("b", b"b" * 32)]
    assert credentials.digests(TOKEN_PREFIX, keys, TOKEN) == tuple(
        credentials.digest(TOKEN_PREFIX, key.key, TOKEN) for key in keys
    )


def test_equal_digests_are_the_same_and_others_are_not() -> None:
    assert credentials.same(b"a" * 32, b"a" * 32)
    assert not any(credentials.same(b"a" * 32, b"a" * at + b"b" + b"a" * (31 - at)) for at in range(32))
    assert not credentials.same(b"a" * 32, b"a" * 31)


@pytest.mark.parametrize("case", cases("sealed_tokens"), ids=["first", "last"])
def test_a_sealed_token_has_the_bytes_of_the_vector_and_opens_only_with_its_secret(case: dict[str, Any]) -> None:
    context = SealContext(case["instance"], case["app_id"], case["generation"], case["issued_at"])
    sealed = credentials.seal(case["token"], case["secret"], context, fixed(case["salt"], case["nonce"]))
    assert sealed.hex() == case["sealed"]
    assert credentials.unseal(sealed, case["secret"], context) == case["token"]
    assert credentials.unseal(sealed, SECRET, context) is None


@pytest.mark.parametrize("part", ["instance", "app_id", "generation", "issued_at"])
def test_a_sealed_copy_opens_nowhere_but_in_its_own_row_and_mint(part: str) -> None:
    context = SealContext("1000000000000000", "1000000000000001", 7, 1)
    sealed = credentials.seal(TOKEN, SECRET, context, lambda size: bytes(size))
    moved = context._replace(**{part: getattr(context, part) * 2})
    assert credentials.unseal(sealed, SECRET, moved) is None


def test_what_is_drawn_at_once_is_given_out_once_and_has_an_end() -> None:
    """No byte serves twice, and nothing is made of what was not drawn."""
    give = credentials.in_portions(lambda size: bytes(range(size)), 5)
    assert (give(2), give(3)) == (b"\0\1", b"\2\3\4")
    with pytest.raises(IndexError):
        give(1)
