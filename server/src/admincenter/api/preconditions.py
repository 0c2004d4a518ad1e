"""`If-Match` and `If-None-Match` (RFC 9110, section 13): versions of an account, compared weakly."""

import re

_TAG = re.compile(r'(?:W/)?"([0-9]{1,19})"')
"""One tag that can be one of ours."""


def tag(version: int) -> str:
    """The weak tag of a version, as `meta.version` has it too."""
    return f'W/"{version}"'


def expected(header: str) -> list[int] | None:
    """The versions that `If-Match` names; None where any will do. A tag that is none of ours is no version of anything."""
    return None if header.strip() in ("", "*") else _versions(header)


def names(header: str, version: int) -> bool:
    """Whether `If-None-Match` names the version: the client has it already."""
    return header.strip() == "*" or version in _versions(header)


def _versions(header: str) -> list[int]:
    """One look at each element of the list: a stranger wrote it, and it may be long."""
    found = (_TAG.fullmatch(each.strip()) for each in header.split(","))
    return [int(each[1]) for each in found if each]
