"""Accounts as rows of a table, for `account import` and `account export`: a column is an attribute, by name or by path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from admincenter.core.accounts import Wanted
from admincenter.core.errors import ScimBad
from admincenter.scim import patching
from admincenter.scim.dialect import RFC
from admincenter.scim.models import AUTH_METHOD, ENTERPRISE, STATUS, TERM

COLUMNS: Mapping[str, str] = {
    "userName": "userName",
    "externalId": "externalId",
    "active": "active",
    "displayName": "displayName",
    "givenName": "name.givenName",
    "familyName": "name.familyName",
    "formattedName": "name.formatted",
    "title": "title",
    "userType": "userType",
    "preferredLanguage": "preferredLanguage",
    "locale": "locale",
    "timezone": "timezone",
    "workEmail": 'emails[type eq "work"].value',
    "workPhone": 'phoneNumbers[type eq "work"].value',
    "mobilePhone": 'phoneNumbers[type eq "mobile"].value',
    "employeeNumber": f"{ENTERPRISE}:employeeNumber",
    "costCenter": f"{ENTERPRISE}:costCenter",
    "organization": f"{ENTERPRISE}:organization",
    "division": f"{ENTERPRISE}:division",
    "department": f"{ENTERPRISE}:department",
    "manager": f"{ENTERPRISE}:manager.value",
    "authMethod": f"{AUTH_METHOD}:authMethod",
    "startDate": f"{TERM}:startDate",
    "termDate": f"{TERM}:termDate",
    "invited": f"{STATUS}:invited",
}
"""The short names of columns; a column may also be any path that PATCH takes."""

_SHORT = {name.lower(): path for name, path in COLUMNS.items()}
_NUMBERS = frozenset({COLUMNS["startDate"].lower(), COLUMNS["termDate"].lower()})


class Column(NamedTuple):
    """One column: its heading, and the path that it fills."""

    heading: str
    path: str


def columns(header: Sequence[str]) -> list[Column]:
    """The columns of a table. Raises ScimBad where one is unknown, given twice, or userName is missing."""
    found = [Column(each.strip(), _SHORT.get(each.strip().lower(), each.strip())) for each in header]
    paths = [each.path.lower() for each in found]
    for place, column in enumerate(found, 1):
        if not column.heading:
            raise ScimBad(f"Column {place} has no heading; name it or leave it out", "invalidSyntax")
        _check(column)
        if paths.count(column.path.lower()) > 1:
            raise ScimBad(f"The column {column.heading!r} is there twice", "invalidSyntax")
    if "username" not in paths:
        raise ScimBad("The table has no column userName; its first line names the columns", "invalidSyntax")
    return found


def wanted(listed: Sequence[Column], row: Sequence[str]) -> Wanted:
    """The account that a row describes; an empty cell says nothing. Raises ScimBad, naming the column."""
    if len(row) > len(listed):
        raise ScimBad(f"The row has {len(row)} cells, the heading {len(listed)}", "invalidSyntax")
    operations = [
        {"op": "add", "path": column.path, "value": _cell(column, cell.strip())}
        for column, cell in zip(listed, row, strict=False)
        if cell.strip()
    ]
    if not operations:
        raise ScimBad("The row is empty", "invalidSyntax")
    return patching.patched({"Operations": operations}, RFC, {"active": True})


def row(document: Mapping[str, Any]) -> list[str]:
    """The cells of an account under the headings of `COLUMNS`."""
    return [_text(_read(document, path)) for path in COLUMNS.values()]


def _check(column: Column) -> None:
    try:
        patching.read({"Operations": [{"op": "remove", "path": column.path}]}, RFC)
    except ScimBad as fault:
        if fault.scim_type != "mutability" or "required" not in str(fault):
            raise ScimBad(f"The column {column.heading!r}: {fault}", fault.scim_type) from None


def _cell(column: Column, cell: str) -> Any:
    """What the attribute takes: a number where it is one."""
    if column.path.lower() not in _NUMBERS:
        return cell
    if not (cell.isascii() and cell.removeprefix("-").isdecimal() and len(cell) <= 12):
        raise ScimBad(f"{column.heading} must be a whole number")
    return int(cell)


def _read(document: Mapping[str, Any], path: str) -> Any:
    """The value under one of the paths of `COLUMNS`."""
    value: Any = document
    for name in _names(path):
        value = _entry(value, name) if isinstance(value, list) else (value or {}).get(name)
    return value


def _names(path: str) -> Iterator[str]:
    """The names that lead to a path's value, from the outside; of a choice by type, the type."""
    urn, colon, rest = path.rpartition(":")
    if colon:
        yield urn
    yield from rest.replace('[type eq "', ".").replace('"]', "").split(".")


def _entry(entries: Sequence[Mapping[str, Any]], kind: str) -> Mapping[str, Any] | None:
    return next((each for each in entries if each.get("type") == kind), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
