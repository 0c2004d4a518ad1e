"""The catalogue of audit events."""

import re
import string

import pytest

from admincenter.core.events import CATALOGUE, EventKind

KINDS = list(CATALOGUE.values())
PARTICIPLE = r"([a-z]+_)*([a-z]+ed|seen|cut|reset|withdrawn)(_[a-z]+)*"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_key_is_a_noun_and_a_past_participle(kind: EventKind) -> None:
    assert re.fullmatch(rf"[a-z]+s?\.{PARTICIPLE}", kind.key)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_summary_names_only_details_that_exist(kind: EventKind) -> None:
    named = {name for _, name, _, _ in string.Formatter().parse(kind.summary) if name is not None}
    assert named <= set(kind.details)
    assert kind.summary.format_map(dict.fromkeys(kind.details, "x"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_names_and_details_are_written_for_people(kind: EventKind) -> None:
    assert kind.name[0].isupper()
    assert not kind.summary.endswith(".")
    for name, meaning in kind.details.items():
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert name not in ("summary", "kind", "finding"), "these stand in every event's extra_data"
        assert meaning


def test_no_two_kinds_share_a_key_or_a_name() -> None:
    assert [each.key for each in KINDS] == list(CATALOGUE)
    assert len({each.name for each in KINDS}) == len(KINDS)


def test_what_a_person_must_look_at_is_a_finding() -> None:
    assert {each.key for each in KINDS if each.finding} >= {
        "address.refused",
        "secret.guessed",
        "secret.seen_in_url",
        "token.seen_in_url",
        "credential.used_client_side",
        "instance.restored",
    }
