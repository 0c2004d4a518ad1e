"""A time as people and programs write it: Unix seconds, or ISO 8601."""

from datetime import UTC, datetime, timedelta

from admincenter.core.audit import SECOND
from admincenter.core.errors import ValueBad

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str, what: str) -> int:
    """The time in µs; UTC where no zone is named. Raises ValueBad."""
    try:
        if text.isascii() and text.isdecimal() and len(text) <= 11:
            return int(text) * SECOND
        found = datetime.fromisoformat(text)
        return ((found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise ValueBad(f"{what} must be Unix seconds or an ISO 8601 time, such as 2026-11-23T10:00:00Z") from None
