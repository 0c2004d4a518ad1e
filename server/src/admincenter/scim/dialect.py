"""The two dialects, and in what they differ: one table (contract, section 5). The reference page is made from it."""

from typing import NamedTuple


class Dialect(NamedTuple):
    """What one dialect does: the only switches that the code looks at."""

    name: str
    prefix: str
    put_merges: bool
    deletes_claimed: bool
    delete_status: int
    needs_user_agent: bool
    any_content_type: bool
    lenient: bool


RFC = Dialect(
    name="rfc",
    prefix="/scim/v2",
    put_merges=False,
    deletes_claimed=True,
    delete_status=204,
    needs_user_agent=False,
    any_content_type=False,
    lenient=False,
)
"""RFC 7643 and 7644 to the letter."""

COMPATIBLE = Dialect(
    name="compatible",
    prefix="",
    put_merges=True,
    deletes_claimed=False,
    delete_status=200,
    needs_user_agent=True,
    any_content_type=True,
    lenient=True,
)
"""What clients of Meta's account API rely on."""

DIALECTS = (RFC, COMPATIBLE)


class Difference(NamedTuple):
    """One difference, in a reader's words."""

    what: str
    rfc: str
    compatible: str


DIFFERENCES = (
    Difference("Where", f"`{RFC.prefix}/Users`", f"`{COMPATIBLE.prefix}/Users`"),
    Difference("`PUT`", "replaces the account's attributes", "merges: what is not named stays"),
    Difference(
        "`DELETE`",
        f"{RFC.delete_status}; an instance may protect claimed accounts",
        f"{COMPATIBLE.delete_status} for an account that was never claimed, else 412",
    ),
    Difference("No `User-Agent`", "fine", "400"),
    Difference("Content type of a request", "`application/scim+json` or `application/json`, else 415", "any; the body is JSON"),
    Difference("An unknown attribute or schema", "400", "ignored; so are SCIM 1.0 URNs"),
    Difference("Bulk", f"`{RFC.prefix}/Bulk`", "none"),
)
"""What a client sees of the differences, besides the leniencies."""

LENIENCIES = (
    ("A URN with a slash, `…core:2.0/User`", "is read as the one with a colon"),
    ('`"true"` and `"false"` where a boolean is due', "are read as booleans"),
    ("`manager` as a text, a number or `{managerId}`", "is read as `{value}`"),
    ("One object where an array is due", "is read as an array of one"),
    ("`email`, as a text, an object or an array", "is read as `emails`"),
    ("`profileURL`", "is read as `profileUrl`, as any spelling of a name's case is in both dialects"),
)
"""What the compatible dialect alone takes in a body, and how it reads it."""

PATCH_TOLERANCES = (
    ("`op` in any case", "`Add`, `Replace`, `Remove`"),
    ('`"True"` and `"False"` where a boolean is due', "Entra sends them unless told otherwise"),
    ("No `path`, and keys that are paths", '`{"name.givenName": …}`, `{"urn:…:User:department": …}`'),
    ("A filter that matches nothing", 'creates the value that it describes: `emails[type eq "work"].value`'),
    ("`manager` as a text", "is read as `{value}`"),
    ("`remove` with a `value`", "removes the entries that it names"),
    ("One object where an array is due", "is read as an array of one"),
    ("An array of one where a single value is due", 'older jobs of Entra send `[{"value": …}]`'),
    ("Read-only attributes and `password` among the keys of a value", "are ignored"),
)
"""What PATCH takes in both dialects, because Entra and Okta send it."""
