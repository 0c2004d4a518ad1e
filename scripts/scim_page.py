"""The reference page of the account API, made from the tables that the room `scim/` itself looks at."""

from collections.abc import Callable, Iterable, Iterator

from admincenter.core.account_search import INDEXED
from admincenter.scim import csv_rows, filtering, json_text, paging, patching, reading, values
from admincenter.scim.attributes import EXTENSION_ATTRIBUTES, Attribute, attributes_of
from admincenter.scim.dialect import DIFFERENCES, LENIENCIES, PATCH_TOLERANCES
from admincenter.scim.discovery import MOST_OPERATIONS
from admincenter.scim.models import CORE

Table = Callable[[Iterable[str], Iterable[Iterable[str]]], str]

SOURCE = "server/src/admincenter/scim/"
_OPERATORS = ("eq", "sw", "pr", "gt", "ge", "lt", "le")


def parts(table: Table) -> Iterator[str]:
    """The page's parts below its title."""
    yield (
        "Two dialects over one directory: RFC 7643 and 7644 to the letter, and what clients of Meta's account API rely on.\n"
        "The letter is for new programs and for identity providers; the other one for programs that exist.\n"
        "What Entra and Okta send is taken in both."
    )
    yield "## How the dialects differ"
    yield table(("", "The letter", "Compatible"), DIFFERENCES)
    yield "The compatible dialect reads some bodies that the letter refuses:"
    yield table(("What comes", "What becomes of it"), LENIENCIES)
    yield "## What PATCH takes in both"
    yield table(("What comes", "Because, or what becomes of it"), PATCH_TOLERANCES)
    yield "A PATCH is carried out wholly or not at all. A path to a read-only attribute is refused with `mutability`."
    yield "## What is looked up"
    yield (
        "A filter may use every operator, `not`, `and`, `or`, and value paths, on every attribute that the schemas list.\n"
        "Comparisons of these attributes are answered by an index; everything else is judged account by account,"
        " and refused with `tooMany` where that takes longer than 2 seconds."
    )
    yield table(("Attribute", "Operators that an index answers"), map(_indexed, INDEXED))
    yield "## Limits"
    yield table(("What", "At most"), _limits())
    yield "## Attributes"
    yield (
        "`userName` is all that a new account needs. Names are known in any case.\n"
        'What is empty (null, `""`, `[]`, `{}`) is not kept.'
    )
    for urn in (CORE, *EXTENSION_ATTRIBUTES):
        yield f"### {urn}"
        yield table(("Attribute", "Type", "Sent by a client", "Case", "Values", "Meaning"), _attributes(urn))
    yield "## Columns of a table"
    yield "The headings that `account import` knows, and `account export` writes; any path that PATCH takes is a heading too."
    yield table(("Heading", "Path"), ((f"`{name}`", f"`{path}`") for name, path in csv_rows.COLUMNS.items()))


def _indexed(field: object) -> tuple[str, str]:
    operators = INDEXED[field]  # type: ignore[index]
    also = ["`ne`"] if "eq" in operators else []
    return f"`{field.value}`", ", ".join([f"`{each}`" for each in _OPERATORS if each in operators] + also)  # type: ignore[attr-defined]


def _limits() -> list[tuple[str, str]]:
    return [
        ("Accounts on a page (`count`; without it, " + str(paging.DEFAULT_COUNT) + ")", str(paging.MOST)),
        ("Bytes of a filter", str(filtering.LONGEST)),
        ("Terms of a filter; how deep they nest", f"{filtering.MOST_TERMS}; {filtering.DEEPEST}"),
        ("Operations of a PATCH", str(patching.MOST_OPERATIONS)),
        ("Operations of a Bulk request", str(MOST_OPERATIONS)),
        ("Values of one attribute", str(values.MOST_VALUES)),
        ("Characters of `userName`, `externalId`, an e-mail address", str(attributes_of(None)["username"].limit)),
        ("Bytes of an account", str(reading.LARGEST_ACCOUNT)),
        ("How deep the JSON of a body nests", str(json_text.DEEPEST)),
    ]


def _attributes(urn: str) -> Iterator[tuple[str, ...]]:
    for attribute in attributes_of(urn).values():
        yield _row(attribute.name, attribute)
        for sub in attribute.subs.values():
            yield _row(f"{attribute.name}.{sub.name}", sub)


def _row(name: str, attribute: Attribute) -> tuple[str, ...]:
    kind = {"complex": "object", "string": "text"}.get(attribute.kind, attribute.kind)
    sent = {"readOnly": "ignored", "writeOnly": "dropped unread"}.get(attribute.mutability, "kept")
    required = ", required" if attribute.required else ""
    case = "exact" if attribute.exact else ""
    listed = ", ".join(f"`{each}`" for each in attribute.canonical.values())
    only = " and no other" if attribute.enforced else ""
    return f"`{name}`", kind + (", many" if attribute.many else ""), sent + required, case, listed + only, attribute.description
