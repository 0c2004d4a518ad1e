"""The tree of refusals: every class stands in it once, and no sentence is empty."""

import inspect
import re

import pytest

from admincenter.core import errors
from admincenter.core.errors import Refusal

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Refusal)]
ARGUMENTS = {"limit": 8_192, "seconds": 30.0, "generation": 41, "retry_after": 5, "message": "Slower, please"}


def drawn() -> dict[str, str]:
    """Each class of the tree in the module's page, under which class it is drawn."""
    found, above = {"Refusal": "Exception"}, {0: "Refusal"}
    for line in (errors.__doc__ or "").splitlines():
        branch = re.match(r"    (?P<indent>[│ ]*)[├└]── (?P<names>\w+(?:, \w+)*)", line)
        if branch:
            depth = len(branch["indent"]) // 4 + 1
            for name in branch["names"].split(", "):
                found[name] = above[depth - 1]
                above[depth] = name
    return found


def test_the_tree_in_the_documentation_is_the_tree_of_the_classes() -> None:
    assert drawn() == {each.__name__: each.__bases__[0].__name__ for each in CLASSES}


def example(kind: type[Refusal]) -> Refusal:
    """One of the kind, with plausible arguments."""
    if "__init__" not in vars(kind):
        return kind("The number is bad; give a better one")
    parameters = [each for each in inspect.signature(kind).parameters.values() if each.default is inspect.Parameter.empty]
    return kind(*(ARGUMENTS.get(each.name, f"<{each.name}>") for each in parameters))


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_refusal_is_a_sentence_that_names_no_internals(kind: type[Refusal]) -> None:
    sentence = str(example(kind))
    assert len(sentence) > 12
    assert sentence[0].isupper() or sentence.startswith(("<", "expected_generation"))
    assert not re.search(r"Traceback|sqlite|apsw|/home|0x[0-9a-f]{6}", sentence)


def test_what_a_door_must_know_travels_with_the_refusal() -> None:
    assert errors.GenerationMismatch(41).generation == errors.NoLiveToken(41).generation == 41
    assert (errors.RateLimited("Slower", 5).retry_after, errors.RateLimited("Slower", 5).percent) == (5, 100)
    assert errors.MethodUnknown("GET").allowed == "GET"
    assert errors.PermissionMissing("manage_accounts").permission == "manage_accounts"
    assert errors.ConfirmationNeeded("Wide.", "--confirm-wide").flag == "--confirm-wide"


def test_a_token_that_is_merely_malformed_has_no_hint() -> None:
    assert str(errors.TokenMalformed()) == "Invalid OAuth access token - Cannot parse access token"
    assert str(errors.TokenMalformed("why")).endswith(": why")
