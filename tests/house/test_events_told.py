"""Whoever records an event gives every detail that its sentence names, and none that its kind does not know."""

import ast
import string
from pathlib import Path

import pytest

from admincenter.core.events import CATALOGUE
from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, modules

FIXED = {"key", "instance", "by", "target", "weight"}


def events_told_wrongly(package: Path) -> list[str]:
    """Each call of `event("a.key", …)` whose key is unknown, or whose details do not fit its kind."""
    found = []
    for module in modules(package):
        for call, name in module.calls():
            if name.rpartition(".")[2] == "event" and call.args and isinstance(call.args[0], ast.Constant):
                found += [f"{module.name}:{call.lineno} {fault}" for fault in _faults(str(call.args[0].value), call)]
    return found


def _faults(key: str, call: ast.Call) -> list[str]:
    kind = CATALOGUE.get(key)
    if kind is None:
        return [f"{key} is not in the catalogue"]
    given = {each.arg for each in call.keywords if each.arg}
    spread = any(each.arg is None for each in call.keywords)
    named = {name for _, name, _, _ in string.Formatter().parse(kind.summary) if name}
    unknown, missing = given - FIXED - set(kind.details), named - given
    return [f"{key} has no detail {each}" for each in sorted(unknown)] + [
        f"{key} lacks {each}, which its summary names" for each in sorted(missing) if not spread
    ]


def test_every_event_is_told_with_what_its_sentence_names() -> None:
    assert events_told_wrongly(PACKAGE) == []


def test_every_kind_is_recorded_somewhere() -> None:
    """A kind that nothing records is a promise that nothing keeps."""
    texts = "\n".join(module.text for module in modules(PACKAGE) if module.name != "core/events.py")
    assert [key for key in CATALOGUE if f'"{key}"' not in texts] == []


@pytest.mark.parametrize(
    "call",
    [
        'event("integration.painted", i, by)',
        'event("instance.created", i, by)',
        'event("instance.created", i, by, name="n", colour="red")',
        'audit.event("integration.enabled", i, by, "t")',
    ],
)
def test_a_planted_wrong_event_is_found(plant: Plant, call: str) -> None:
    assert len(events_told_wrongly(plant({"core/a.py": f"x = {call}\n"}))) == 1


def test_a_whole_event_is_fine(plant: Plant) -> None:
    assert events_told_wrongly(plant({"a.py": 'x = event("instance.created", i, by, t, weight=3, name="n")\n'})) == []
