"""The fixed vectors of `tests/vectors/`."""

import json
from pathlib import Path
from typing import Any

_VECTORS = Path(__file__).parent / "vectors"


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of one file; never none."""
    found: list[dict[str, Any]] = json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    assert found
    return found
