"""The request sequences of the vendors, as values (see README.md beside this file)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent
VENDORS = ("entra", "okta", "meta")


class Expected(NamedTuple):
    """What an answer is to be."""

    status: int | Mapping[str, int]
    includes: Mapping[str, Any] | None
    lacks: Sequence[str]

    def status_in(self, dialect: str) -> int:
        """The status in a dialect, by its name."""
        return self.status if isinstance(self.status, int) else self.status[dialect]


class Request(NamedTuple):
    """One request. `path` begins behind the dialect's prefix and is not escaped."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    expected: Expected


class Flow(NamedTuple):
    """One flow of a vendor, in a sentence, and the dialects that it is for."""

    vendor: str
    name: str
    dialects: Sequence[str]
    requests: Sequence[Request]


def sequences() -> Iterator[Flow]:
    """All of them."""
    for vendor in VENDORS:
        found = json.loads((_HERE / f"{vendor}.json").read_text(encoding="utf-8"))
        for each in found["sequences"]:
            dialects = found.get("dialects", ["rfc", "compatible"])
            yield Flow(vendor, each["name"], dialects, [_request(one) for one in each["requests"]])


def _request(one: Mapping[str, Any]) -> Request:
    expect = one["expect"]
    expected = Expected(expect["status"], expect.get("includes"), expect.get("lacks", ()))
    return Request(one["method"], one["path"], one.get("body"), expected)


def missing(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """What of the expected is not in what was found. Objects are compared member by member, everything else whole."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name, value in expected.items():
            yield from missing(value, found.get(name), f"{where}/{name}")
    elif expected != found:
        yield f"{where}: {found!r} instead of {expected!r}"


def present(names: Sequence[str], found: Mapping[str, Any]) -> Iterator[str]:
    """Which of the names are there though they should not be; the part of an object behind a dot that follows its name."""
    for name in names:
        whole, part = found, name
        for head in [each for each in found if name.startswith(f"{each}.")]:
            whole, part = found[head], name.removeprefix(f"{head}.")
        value: Any = whole
        for step in [part] if part in whole else part.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            yield name
