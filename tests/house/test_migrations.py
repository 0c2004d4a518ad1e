"""Expand, then contract: no migration takes away what a program of the last release still uses."""

import re
from pathlib import Path

import pytest

from tests.house.conftest import Plant
from tests.house.tree import PACKAGE, PROJECT

TAKES_AWAY = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|VIEW)\b|\bALTER\s+TABLE\b[^;]*\b(DROP|RENAME)\b|\bALTER\s+COLUMN\b|\bTRUNCATE\b", re.IGNORECASE
)
MARK = re.compile(r"^-- unused since (\d+\.\d+\.\d+):", re.MULTILINE)
NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


def takings_without_leave(migrations: Path, released: set[str]) -> list[str]:
    """Each migration that drops or renames without naming, as a comment, a release that did not use it any more."""
    found = []
    for path in sorted(migrations.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if TAKES_AWAY.search(re.sub(r"--.*", "", text)) and not set(MARK.findall(text)) & released:
            found.append(path.name)
    return found


def gaps(migrations: Path) -> list[str]:
    """Each file that does not have the next number: two that were written at the same time, or one that was taken away."""
    names = sorted(path.name for path in migrations.iterdir() if path.suffix == ".sql")
    wanted = enumerate(names, start=1)
    return [name for number, name in wanted if not (found := NUMBERED.fullmatch(name)) or int(found[1]) != number]


def releases(changelog: str) -> set[str]:
    """What was released: the numbers that have a date."""
    return set(re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE))


def test_no_migration_takes_away_what_the_last_release_uses() -> None:
    found = releases((PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert takings_without_leave(PACKAGE / "store/migrations", found) == []


def test_migrations_are_numbered_without_a_gap() -> None:
    assert gaps(PACKAGE / "store/migrations") == []


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE usage;",
        "drop  table if exists usage;",
        "ALTER TABLE usage DROP COLUMN day;",
        "ALTER TABLE usage\n    DROP day;",
        "ALTER TABLE usage RENAME TO calls;",
        "ALTER TABLE usage RENAME COLUMN day TO days;",
        "ALTER TABLE usage ALTER COLUMN day SET NOT NULL;",
        "TRUNCATE usage;",
        "-- unused since 9.9.9: not a release\nDROP TABLE usage;",
        "-- unused since yesterday\nDROP TABLE usage;",
    ],
)
def test_a_planted_taking_is_found(plant: Plant, statement: str) -> None:
    assert takings_without_leave(plant({"0002_less.sql": statement}), {"0.2.0"}) == ["0002_less.sql"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x TEXT);",
        "ALTER TABLE usage ADD COLUMN hour BIGINT;",
        "DROP INDEX integrations_previous_digest;",
        "-- why we do not DROP TABLE usage\nCREATE INDEX a ON usage (day);",
        "-- unused since 0.2.0: counted in calls instead\nDROP TABLE usage;",
    ],
)
def test_adding_and_a_taking_with_leave_are_fine(plant: Plant, statement: str) -> None:
    assert takings_without_leave(plant({"0002_other.sql": statement}), {"0.2.0"}) == []


@pytest.mark.parametrize("names", [("0001_a.sql", "0003_b.sql"), ("0001_a.sql", "0001_b.sql"), ("0001_a.sql", "2_b.sql")])
def test_a_planted_gap_is_found(plant: Plant, names: tuple[str, str]) -> None:
    assert gaps(plant(dict.fromkeys(names, "")))


def test_only_what_has_a_date_is_released() -> None:
    assert releases("## [0.2.0] - Unreleased\n## [0.1.0] - 2026-12-01\n") == {"0.1.0"}
