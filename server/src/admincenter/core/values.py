"""Texts that admins give: names, descriptions, owners. Stored as data, capped, without control characters."""

import unicodedata

from admincenter.core.errors import ValueBad


def text(value: str, what: str, limit: int = 200, *, may_be_empty: bool = False) -> str:
    """The value without surrounding spaces. Raises ValueBad where it is empty, too long, or would deceive a terminal."""
    value = value.strip()
    if not value and not may_be_empty:
        raise ValueBad(f"The {what} is empty; give one")
    if len(value) > limit:
        raise ValueBad(f"The {what} is longer than {limit} characters")
    if any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or each in _DIRECTION for each in value):
        raise ValueBad(f"The {what} holds control characters; leave them out")
    return value


def visible(value: str, limit: int) -> str:
    """A stranger's text (a User-Agent, say) made fit to store: capped, control and direction characters replaced."""
    value = value[:limit]
    if value.isascii() and value.isprintable():
        return value
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if each in _DIRECTION or unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each
        for each in value
    )


_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
