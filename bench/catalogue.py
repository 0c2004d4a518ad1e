"""Every scenario by the name that `--only` takes."""

from collections.abc import Callable, Mapping
from types import ModuleType

from bench.figure import Figure
from bench.ground import Ground
from bench.scenarios import (
    accounts,
    accounts_searched,
    audit_page,
    break_glass,
    gate_growth,
    guarded_call,
    issuing,
    memory,
    one_integration,
    postgres_audit_page,
    postgres_guarded_call,
    postgres_issuing,
    start,
    while_issuing,
)

Scenario = Callable[[Ground], list[Figure]]

_FILES: tuple[ModuleType, ...] = (
    guarded_call,
    while_issuing,
    issuing,
    one_integration,
    audit_page,
    accounts,
    accounts_searched,
    break_glass,
    memory,
    start,
    gate_growth,
    postgres_guarded_call,
    postgres_issuing,
    postgres_audit_page,
)

SCENARIOS: Mapping[str, Scenario] = {each.__name__.rpartition(".")[2].replace("_", "-"): each.run for each in _FILES}
"""All, in the order in which they run."""


def needs_postgres(name: str) -> bool:
    """Whether a scenario starts a PostgreSQL, and so is left out where none is installed."""
    return name.startswith("postgres-")
