"""What a filter may say, what of it is looked up, and what is refused before it costs anything."""

import time

import pytest

from admincenter.core.account_search import Both, Either, Field, Is, Not
from admincenter.core.errors import ScimBad
from admincenter.scim.filtering import compiled
from admincenter.scim.models import CORE, ENTERPRISE

DAY = 1_795_737_600_000_000


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('userName eq "Ada"', Is(Field.USER_NAME, "eq", "Ada")),
        ('USERNAME Eq "Ada"', Is(Field.USER_NAME, "eq", "Ada")),
        (f'{CORE}:userName sw "a"', Is(Field.USER_NAME, "sw", "a")),
        ('userName ne "ada"', Not(Is(Field.USER_NAME, "eq", "ada"))),
        ('id eq "5"', Is(Field.ID, "eq", "5")),
        ('externalId eq "e\\u00e9"', Is(Field.EXTERNAL_ID, "eq", "eé")),
        ("externalId pr", Is(Field.EXTERNAL_ID, "pr")),
        ('emails eq "a@b"', Is(Field.EMAIL, "eq", "a@b")),
        ('emails.value eq "a@b"', Is(Field.EMAIL, "eq", "a@b")),
        ("active eq true", Is(Field.ACTIVE, "eq", 1)),
        ('active eq "True"', Is(Field.ACTIVE, "eq", 1)),
        ("active ne true", Not(Is(Field.ACTIVE, "eq", 1))),
        ('meta.lastModified gt "2026-11-27T00:00:00Z"', Is(Field.MODIFIED, "gt", DAY)),
        ('meta.created le "2026-11-27T01:00:00+01:00"', Is(Field.CREATED, "le", DAY)),
        (
            'userName sw "a" and not (active eq true or externalId pr)',
            Both((Is(Field.USER_NAME, "sw", "a"), Not(Either((Is(Field.ACTIVE, "eq", 1), Is(Field.EXTERNAL_ID, "pr")))))),
        ),
    ],
)
def test_a_statement_answers_it_whole(text: str, where: object) -> None:
    assert compiled(text) == (where, None)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('emails[type eq "work" and value eq "a"]', Both((Is(Field.EMAIL, "eq", "a"),))),
        ('emails[type eq "work"].value eq "a"', Both((Is(Field.EMAIL, "eq", "a"),))),
        ('title pr and userName eq "a"', Both((Is(Field.USER_NAME, "eq", "a"),))),
        ("active eq false", Is(Field.ACTIVE, "eq", 0)),
    ],
)
def test_a_statement_narrows_it_and_the_documents_decide(text: str, where: object) -> None:
    found = compiled(text)
    assert (found.where, found.also is None) == (where, False)


@pytest.mark.parametrize(
    "text",
    [
        'title eq "x"',
        'userName co "x"',
        "emails pr",
        'title pr or userName eq "a"',
        "userName eq null",
        'not (emails[value eq "a"])',
        'emails[value ne "a"]',
        f'{ENTERPRISE}:department eq "x"',
        'schemas[value eq "x"]',
        'meta.created gt "1960-01-01T00:00:00Z"',
    ],
)
def test_the_documents_decide_alone(text: str) -> None:
    found = compiled(text)
    assert (found.where, found.also is None) == (None, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("userName", "cannot be read"),
        ('userName eq "a', "cannot be read"),
        ("userName eq 'a'", "cannot be read"),
        ("userName is 5", "cannot be read"),
        ('userName eq "\\x"', "cannot be read"),
        ("userName eq 1e999", "cannot be read"),
        ("emails[emails[value pr]]", "cannot be read"),
        ('colour eq "red"', "no attribute colour"),
        ('name.colour eq "red"', "no attribute name.colour"),
        ('urn:example:User:userName eq "a"', "no attribute"),
        ('name eq "a"', "compare one of its parts"),
        ('addresses eq "a"', "compare one of its parts"),
        ("emails[colour pr]", "has no colour"),
        (f'emails[{CORE}:value eq "x"]', "does not name a part"),
        ("name[givenName pr]", "holds one value"),
        ("active gt true", "does not apply"),
        ('active co "t"', "does not apply"),
        ('password sw "a"', "does not apply"),
        ("userName eq 5", "no value of userName"),
        ('active eq "maybe"', "no value of active"),
        ('meta.created gt "yesterday"', "no value of created"),
        ("meta.created gt 5", "no value of created"),
        ('x509Certificates eq "!"', "no value of value"),
        (f"{ENTERPRISE.replace('enterprise', 'facebook:starttermdates')}:startDate eq 1.5", "no value of startDate"),
    ],
)
def test_a_filter_without_meaning_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScimBad, match=said) as refused:
        compiled(text)
    assert refused.value.scim_type == "invalidFilter"


_BOMBS = {
    "4 kB and one": ('userName eq "' + "x" * 4_090 + '"', "longer"),
    "4 kB in other letters": ('userName eq "' + "é" * 2_100 + '"', "longer"),
    "10,000 terms": (" or ".join(["id pr"] * 10_000), "longer"),
    "51 terms": (" or ".join(["id pr"] * 51), "more than 50"),
    "21 deep": ("(" * 21 + "id pr" + ")" * 21, "deeper than 20"),
    "4,000 parentheses": ("(" * 4_000, "deeper than 20"),
    "brackets": ("emails[" * 30, "deeper than 20"),
    "negations": ("not(" * 21 + "id pr" + ")" * 21, "deeper than 20"),
    "quotes": ('"' * 4_000, "cannot be read"),
    "backslashes": ('userName eq "' + "\\" * 4_001, "cannot be read"),
    "blanks": (" " * 4_096, "cannot be read"),
    "half a surrogate pair": ("userName eq \ud800", "cannot be read"),
}


@pytest.mark.parametrize(("text", "said"), list(_BOMBS.values()), ids=list(_BOMBS))
def test_a_bomb_is_refused_at_once(text: str, said: str) -> None:
    """Generous for a busy machine: what is meant is milliseconds."""
    begin = time.perf_counter()
    with pytest.raises(ScimBad, match=said):
        compiled(text)
    assert time.perf_counter() - begin < 1


def test_50_terms_20_deep_are_taken() -> None:
    assert compiled(" or ".join(["id pr"] * 50)).also is not None
    assert compiled("(" * 20 + "id pr" + ")" * 20).also is not None
