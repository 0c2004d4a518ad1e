"""The discovery documents: Schemas, ResourceTypes, ServiceProviderConfig (RFC 7643 sections 5 to 7; RFC 9865)."""

from functools import cache
from typing import Any

import orjson
from scim2_models import ResourceType, ServiceProviderConfig

from admincenter.scim.attributes import known_urn
from admincenter.scim.dialect import Dialect
from admincenter.scim.listing import list_response
from admincenter.scim.models import EXTENSIONS, STATUS, AccountModel, User
from admincenter.scim.paging import DEFAULT_COUNT, MOST

MOST_OPERATIONS = 1_000
LARGEST_BODY = 1_048_576

Document = dict[str, Any]


def schemas(dialect: Dialect, base: str) -> bytes:
    """All schemas, as a list."""
    documents = [_placed(each, "Schema", f"Schemas/{urn}", dialect, base) for urn, each in _schemas().items()]
    return list_response(len(documents), 1, documents)


def schema(urn: str, dialect: Dialect, base: str) -> bytes | None:
    """One schema; None where there is none of that name."""
    known = known_urn(urn)
    return _placed(_schemas()[known], "Schema", f"Schemas/{known}", dialect, base) if known else None


def resource_types(dialect: Dialect, base: str) -> bytes:
    """All resource types, as a list: users are the only one."""
    return list_response(1, 1, [_user_type(dialect, base)])


def resource_type(name: str, dialect: Dialect, base: str) -> bytes | None:
    """One resource type; None where there is none of that name."""
    return _user_type(dialect, base) if name == "User" else None


def service_provider_config(dialect: Dialect, base: str) -> bytes:
    """What the server can do."""
    return _placed(_config(dialect), "ServiceProviderConfig", "ServiceProviderConfig", dialect, base)


def _user_type(dialect: Dialect, base: str) -> bytes:
    return _placed(_resource_type(), "ResourceType", "ResourceTypes/User", dialect, base)


def _placed(document: Document, kind: str, path: str, dialect: Dialect, base: str) -> bytes:
    """The document with its own address in it."""
    meta = {"resourceType": kind, "location": f"{base.rstrip('/')}{dialect.prefix}/{path}"}
    return orjson.dumps({**document, "meta": meta})


@cache
def _schemas() -> dict[str, Document]:
    models: tuple[Any, ...] = (User, *EXTENSIONS)
    return {str(each.__schema__): each.to_schema().model_dump() for each in models}


@cache
def _resource_type() -> Document:
    """Users with their extensions. An account's status is never missing, though a client need not send it."""
    found = ResourceType.from_resource(AccountModel).model_dump()
    extensions = [{**each, "required": each["schema"] == STATUS} for each in found["schemaExtensions"]]
    return {**found, "description": "User Account", "schemaExtensions": extensions}


@cache
def _config(dialect: Dialect) -> Document:
    has_bulk = not dialect.lenient
    config = ServiceProviderConfig.model_validate(
        {
            "patch": {"supported": True},
            "bulk": {"supported": has_bulk, "maxOperations": MOST_OPERATIONS, "maxPayloadSize": LARGEST_BODY},
            "filter": {"supported": True, "maxResults": MOST},
            "changePassword": {"supported": False},
            "sort": {"supported": True},
            "etag": {"supported": True},
            "pagination": {
                "cursor": True,
                "index": True,
                "defaultPaginationMethod": "index",
                "defaultPageSize": DEFAULT_COUNT,
                "maxPageSize": MOST,
            },
            "authenticationSchemes": [
                {
                    "type": "oauthbearertoken",
                    "name": "OAuth Bearer Token",
                    "description": "The access token of an integration that holds manage_accounts; it lives two hours",
                    "specUri": "https://www.rfc-editor.org/info/rfc6750",
                    "primary": True,
                }
            ],
        }
    )
    return config.model_dump()
