"""What an account is to be, as a request says it."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Wanted(NamedTuple):
    """An account's attributes, whole and canonical, and whether the person is to be invited (None: as it is)."""

    attributes: Mapping[str, Any]
    invited: bool | None = None
