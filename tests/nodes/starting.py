"""A start that must be refused: one line on standard error, exit code 2, nothing changed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.postgres_cluster import Cluster
from tests.wire import HANG


def refused(data: Path, url: str, *command: str) -> str:
    """What `serve`, or another command, says instead of starting."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}
    program = [sys.executable, "-m", "admincenter", *(command or ("serve", "--port", "0")), "--data", str(data)]
    ran = subprocess.run(
        program,
        env=environment | {"ADMINCENTER_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran
    assert ran.stderr.startswith("admincenter: ")
    assert not data.exists()
    return ran.stderr


def named(url: str) -> str:
    """The database of a URL of the cluster's."""
    return url.partition("@/")[2].partition("?")[0]


def tables(postgres: Cluster, url: str) -> list[tuple[str]]:
    """What is in the database of the URL."""
    return postgres.execute("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname !~ '^(pg|sql)_'", named(url))
