"""Every attribute of an account with what RFC 7643 section 7 says of it, as one table made from the models.

Reading, PATCH, filters, sorting, projection and the reference page all look here. Names are looked up in lower case.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from admincenter.scim.models import CORE, ENFORCED, EXTENSIONS, STATUS, User


class Attribute(NamedTuple):
    """One attribute or sub-attribute. `canonical` maps a value in lower case to its spelling."""

    name: str
    kind: str = "string"
    many: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    exact: bool = False
    required: bool = False
    canonical: Mapping[str, str] = MappingProxyType({})
    subs: "Attributes" = MappingProxyType({})
    external: bool = False
    limit: int = 32_768
    description: str = ""

    @property
    def kept(self) -> bool:
        """Whether what a client sends is kept: neither read-only nor a password."""
        return self.mutability == "readWrite"

    @property
    def enforced(self) -> bool:
        """Whether its canonical values are the only ones."""
        return self.name in ENFORCED


Attributes = Mapping[str, Attribute]


class Place(NamedTuple):
    """Where a value stands: on the account itself or in an extension (`urn`), an attribute, perhaps one of its parts."""

    urn: str | None
    attribute: Attribute
    sub: Attribute | None = None

    @property
    def target(self) -> Attribute:
        """The attribute whose values are meant."""
        return self.sub or self.attribute

    @property
    def name(self) -> str:
        """As a client writes it."""
        head = f"{self.urn}:" if self.urn else ""
        return head + self.attribute.name + (f".{self.sub.name}" if self.sub else "")


INDEXED = frozenset({"userName", "externalId", "emails.value"})
"""What the store looks accounts up by; an index takes no long text."""
LONGEST_INDEXED = 500


def _attribute(field: Mapping[str, Any], above: str = "") -> Attribute:
    """One attribute of a published schema."""
    indexed = above + field["name"] in INDEXED
    return Attribute(
        name=field["name"],
        kind=field["type"],
        many=field["multiValued"],
        mutability=field["mutability"],
        returned=field["returned"],
        exact=field["caseExact"],
        required=field["required"],
        canonical=MappingProxyType({each.lower(): each for each in field.get("canonicalValues", ())}),
        subs=_table(field.get("subAttributes", ()), f"{field['name']}."),
        limit=LONGEST_INDEXED if indexed else 32_768,
        external="external" in field.get("referenceTypes", ()),
        description=" ".join(field.get("description", "").split()),
    )


def _table(fields: Any, above: str = "") -> Attributes:
    return MappingProxyType({each["name"].lower(): _attribute(each, above) for each in fields})


def _published(model: Any) -> Attributes:
    return _table(model.to_schema().model_dump()["attributes"])


def _common() -> Attributes:
    """What every resource has (RFC 7643 section 3.1); no schema publishes it."""
    meta = {
        "resourceType": Attribute("resourceType", "string", mutability="readOnly", exact=True),
        "created": Attribute("created", "dateTime", mutability="readOnly"),
        "lastModified": Attribute("lastModified", "dateTime", mutability="readOnly"),
        "location": Attribute("location", "string", mutability="readOnly"),
        "version": Attribute("version", "string", mutability="readOnly", exact=True),
    }
    return {
        "schemas": Attribute("schemas", "string", many=True, mutability="readOnly", returned="always"),
        "id": Attribute("id", "string", mutability="readOnly", returned="always", exact=True),
        "externalid": Attribute("externalId", "string", exact=True, limit=LONGEST_INDEXED),
        "meta": Attribute("meta", "complex", mutability="readOnly", subs={name.lower(): each for name, each in meta.items()}),
    }


CORE_ATTRIBUTES: Attributes = MappingProxyType({**_common(), **_published(User)})
"""The account's own attributes."""

EXTENSION_ATTRIBUTES: Mapping[str, Attributes] = MappingProxyType(
    {str(each.__schema__): _published(each) for each in EXTENSIONS}
)
"""Each extension's attributes, by its URN."""

_URNS = MappingProxyType({each.lower(): each for each in (CORE, *EXTENSION_ATTRIBUTES)})
_RANK = MappingProxyType(
    {name: rank for rank, name in enumerate([*(each.name for each in CORE_ATTRIBUTES.values()), *EXTENSION_ATTRIBUTES])}
)
WRITABLE_URNS = tuple(each for each in EXTENSION_ATTRIBUTES if each != STATUS)
"""The extensions that are kept as attributes; the account's status is the account's own business."""


def known_urn(text: str) -> str | None:
    """The schema that a text names, in whatever case; None where it is not one of ours."""
    return _URNS.get(text.lower())


def attributes_of(urn: str | None) -> Attributes:
    """The attributes of a schema; the account's own where none is named."""
    return CORE_ATTRIBUTES if urn is None or urn == CORE else EXTENSION_ATTRIBUTES[urn]


def find(urn: str | None, name: str, sub: str | None = None) -> Place | None:
    """The place that names point to, in whatever case; None where there is no such attribute."""
    known = known_urn(urn) if urn else CORE
    attribute = attributes_of(known).get(name.lower()) if known else None
    if attribute is None:
        return None
    part = attribute.subs.get(sub.lower()) if sub else None
    if sub and part is None:
        return None
    return Place(None if known == CORE else known, attribute, part)


def in_order(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The same attributes in the order of the schemas, so that one account has one form."""
    return {name: attributes[name] for name in sorted(attributes, key=_RANK.__getitem__)}


def places() -> Iterator[Place]:
    """Every attribute and sub-attribute, in order."""
    for urn in (None, *EXTENSION_ATTRIBUTES):
        for attribute in attributes_of(urn).values():
            yield Place(urn, attribute)
            yield from (Place(urn, attribute, sub) for sub in attribute.subs.values())
