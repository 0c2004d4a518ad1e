"""The core has no clock, no environment, no randomness and no files of its own: all of it is handed in."""

import re
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, modules

OUTSIDE = re.compile(
    r"time\.(time|time_ns|monotonic|monotonic_ns|perf_counter)|(datetime|date)\.(now|utcnow|today)|os\.\w+|secrets\.\w+|random\.\w+"
    r"|uuid\.\w+|uuid[14]|open|print|input|exec|eval|compile|__import__|\w*\.(read_text|read_bytes|write_text|write_bytes)"
    r"|socket\.(socket|create_connection|getaddrinfo|gethostbyname)"
)


def reaching_outside(core: Path) -> list[str]:
    """Each call that reads or changes the world."""
    return [
        f"{module.name}:{call.lineno} {name}"
        for module in modules(core)
        for call, name in module.calls()
        if OUTSIDE.fullmatch(name)
    ]


def test_the_core_does_not_reach_outside() -> None:
    assert reaching_outside(PACKAGE / "core") == []


@pytest.mark.parametrize(
    "call",
    [
        "time.time()", "time.monotonic_ns()", "datetime.now()", "datetime.now(UTC)", "datetime.utcnow()",
        "date.today()", "os.urandom(32)", "os.getenv('A')", "secrets.token_bytes(3)", "random.random()", "uuid4()", "open('a')",
        "path.read_text()", "print(1)", "eval('1')", "socket.getaddrinfo('a', 1)",
    ],
)  # fmt: skip
def test_a_planted_reach_outside_is_found(plant: Plant, call: str) -> None:
    assert len(reaching_outside(plant({"tokens.py": f"def f() -> None:\n    {call}\n"}))) == 1


def test_handed_in_clocks_and_entropy_are_fine(plant: Plant) -> None:
    assert (
        reaching_outside(plant({"tokens.py": "def f(tx, entropy):\n    return tx.now + len(entropy(3)) + compiled(tx)\n"}))
        == []
    )
