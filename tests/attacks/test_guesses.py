"""A09 and A11: secrets and tokens that are almost right, or only look right."""

import os
import zlib

import pytest

from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, base62, mint_text
from tests.graph import assert_graph_error
from tests.serving import InProcess
from tests.tenant import Tenant, counted

TWISTS = {
    "a space after": lambda text: text + " ",
    "a space before": lambda text: " " + text,
    "a line end after": lambda text: text + "\n",
    "a NUL after": lambda text: text + "\0",
    "a NUL within": lambda text: text[:20] + "\0" + text[21:],
    "everything after the 72nd byte": lambda text: text + "x" * 30,
    "the last character changed": lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
    "the first random character changed": lambda text: text[:6] + ("a" if text[6] != "a" else "b") + text[7:],
    "case flipped": lambda text: text.swapcase(),
    "upper case": lambda text: text.upper(),
    "full-width digits": lambda text: text.translate({ord(each): ord(each) + 0xFEE0 for each in "0123456789"}),
    "cut by one": lambda text: text[:-1],
    "twice": lambda text: text * 2,
    "empty": lambda _text: "",
    "a zero-width space": lambda text: text[:9] + "\u200b" + text[9:],
    "a percent sign": lambda text: text[:-1] + "%",
}


@pytest.mark.parametrize("twist", TWISTS.values(), ids=TWISTS)
def test_a_secret_that_is_almost_right_is_wrong(server: InProcess, tenant: Tenant, twist: object) -> None:
    assert callable(twist)
    assert_graph_error(server.wire.token(f"{tenant.app_id}|{twist(tenant.secret)}"), 400, 190)
    assert tenant.facts.generation == 0


@pytest.mark.parametrize("twist", [" {0}", "{0} ", "{0}\0", "0{0}", "+{0}", "{0}.0"])
def test_an_app_id_that_is_almost_right_is_wrong(server: InProcess, tenant: Tenant, twist: str) -> None:
    assert_graph_error(server.wire.token(f"{twist.format(tenant.app_id)}|{tenant.secret}"), 400, 190)
    assert tenant.facts.generation == 0


def test_a_megabyte_of_secret_is_refused_before_it_is_looked_at(server: InProcess, tenant: Tenant) -> None:
    assert_graph_error(server.wire.token(tenant.credential + "x" * 1_000_000), 413, 100)


def test_a_wrong_checksum_is_told_so_and_a_right_one_finds_nothing(server: InProcess) -> None:
    """The first needs no look-up, so it costs nobody anything; the second costs one by index."""
    forged = mint_text(TOKEN_PREFIX, os.urandom)
    wrong = forged[:-1] + ("a" if forged[-1] != "a" else "b")
    assert_graph_error(server.wire.get("/me", wrong), 400, 190, says="checksum")
    assert_graph_error(server.wire.get("/me", forged), 400, 190, 467)


def test_thousands_of_well_formed_guesses_open_nothing_and_leave_no_event(server: InProcess, tenant: Tenant) -> None:
    """They belong to no instance, so they fill no log."""
    with server.wire.open() as line:
        for _ in range(2_000):
            line.send(server.wire.raw("GET", "/me", [("Authorization", "Bearer " + mint_text(TOKEN_PREFIX, os.urandom))]))
            assert_graph_error(line.read(), 400, 190, 467)
    server.settle()
    assert tenant.news() == []


def test_guessed_secrets_are_slowed_down_and_counted_and_the_right_one_is_not(server: InProcess, tenant: Tenant) -> None:
    answers = [server.wire.token(f"{tenant.app_id}|{mint_text(SECRET_PREFIX, os.urandom)}").status for _ in range(30)]
    assert answers == [400] * 10 + [429] * 20
    assert server.wire.token(tenant.credential).status == 200
    server.settle()
    found = counted(tenant.news())
    assert (found["token.refused CredentialWrong"], found["secret.guessed RateLimited"]) == (10, 20)


def test_a_checksum_is_no_secret_and_proves_nothing(server: InProcess, tenant: Tenant, token: str) -> None:
    """Whoever changes a token can compute the checksum again; the digest is what counts."""
    body = token[:6] + ("a" if token[6] != "a" else "b") + token[7:-6]
    assert_graph_error(server.wire.get("/me", body + base62(zlib.crc32(body.encode()), 6)), 400, 190, 467)
    assert server.wire.get("/me", token).status == 200
