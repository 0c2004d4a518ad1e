"""Two server processes on one database, as two machines would run them: each has a data directory of its own, and one key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served

_BURSTS = ("mint_burst", "api_burst", "wrong_secret_burst")
UNLIMITED = dict.fromkeys(("mint_rate", "api_rate"), "100000") | dict.fromkeys(_BURSTS, "1000000")


@pytest.fixture
def nodes(empty_postgres_url: str, tmp_path: Path) -> Iterator[tuple[Served, Served]]:
    """Both serve, and no limit is in the way."""
    flags = UNLIMITED | {"database_url": empty_postgres_url, "access_log": "off"}
    with (
        Served(tmp_path / "one", **flags) as one,
        Served(tmp_path / "other", **flags, key_file=str(tmp_path / "one" / "server.key")) as other,
    ):
        yield one, other
