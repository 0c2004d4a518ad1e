"""The import rule: who may see whom (design, section 4)."""

import sys
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, Module, modules

SEES = {
    "core": {"core"},
    "scim": {"core", "scim"},
    "store": {"core", "store"},
    "api": {"core", "scim", "api"},
    "panel": {"core", "scim", "panel"},
    "cli": {"core", "scim", "cli"},
}
"""Which rooms a room sees. Modules that stand in no room (`settings.py`) are open to all but core and store."""

SEE_THE_STORE = {"app.py", "cli/__init__.py", "sandbox/app.py"}
PARTS_OF_APP = {"duties.py", "supervisor.py"}
"""The composition root's own parts. May only shrink."""

CORE_USES = set(sys.stdlib_module_names) | {"cryptography", "admincenter"}
NOT_FOR_CORE = {
    "asyncio",
    "http",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}


def against_the_import_rule(package: Path) -> list[str]:
    """Each import that the rule forbids."""
    found = []
    for module in modules(package):
        for line, name in module.imports():
            if not _allowed(module, name):
                found.append(f"{module.name}:{line} imports {name}")
    return found


def _allowed(module: Module, name: str) -> bool:
    first, _, rest = name.partition(".")
    if name.startswith("."):
        return False
    if module.room == "core" and (first not in CORE_USES or first in NOT_FOR_CORE):
        return False
    if first != "admincenter" or not rest:
        return True
    return _room_allowed(module, rest.partition(".")[0])


def _room_allowed(module: Module, target: str) -> bool:
    if target == "store" and module.room != "store":
        return module.name in SEE_THE_STORE | PARTS_OF_APP
    if target in SEES:
        return module.room not in SEES or target in SEES[module.room]
    return module.room not in ("core", "scim", "store")


def test_every_room_sees_only_what_it_may() -> None:
    assert against_the_import_rule(PACKAGE) == []


def test_every_part_of_the_composition_root_still_needs_to_be_one() -> None:
    seen = {
        module.name for module in modules(PACKAGE) if any(name.startswith("admincenter.store") for _, name in module.imports())
    }
    assert seen >= PARTS_OF_APP


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("core/tokens.py", "import os"),
        ("core/tokens.py", "from time import time"),
        ("core/tokens.py", "import apsw"),
        ("core/tokens.py", "from admincenter.store import sql"),
        ("core/tokens.py", "from admincenter import settings"),
        ("core/tokens.py", "from . import audit"),
        ("core/tokens.py", "def late() -> None:\n    import logging"),
        ("store/audit.py", "from admincenter.api import routes"),
        ("api/me.py", "from admincenter.store.opening import Store"),
        ("api/me.py", "from admincenter import store"),
        ("api/me.py", "from admincenter.cli import tree"),
        ("cli/serve.py", "from admincenter.api import gate"),
        ("cli/serve.py", "import admincenter.store"),
        ("panel/gate.py", "from admincenter.api import gate"),
        ("scim/patch.py", "from admincenter.store import sql"),
        ("settings.py", "from admincenter.store import sql"),
    ],
)
def test_a_planted_import_is_found(plant: Plant, file: str, text: str) -> None:
    assert against_the_import_rule(plant({file: text}))


def test_allowed_imports_are_allowed(plant: Plant) -> None:
    tree = plant(
        {
            "core/tokens.py": "import json\nfrom cryptography.exceptions import InvalidTag\nfrom admincenter.core import audit",
            "store/audit.py": "import apsw\nfrom admincenter.core.audit import Head",
            "api/me.py": "import orjson\nfrom admincenter.core import audit\nfrom admincenter.settings import Settings",
            "app.py": "from admincenter.store.opening import Store\nfrom admincenter.api.gate import Gate",
            "cli/__init__.py": "from admincenter.store.opening import Store",
        }
    )
    assert against_the_import_rule(tree) == []
