"""What the discovery documents say, and that the library can build a service from them."""

import json
from typing import Any

import pytest
from scim2_models import ResourceType, Schema, ScimProvider, ServiceProviderConfig

from admincenter.scim import discovery
from admincenter.scim.attributes import EXTENSION_ATTRIBUTES
from admincenter.scim.dialect import COMPATIBLE, DIALECTS, RFC, Dialect
from admincenter.scim.models import AUTH_METHOD, CORE, STATUS

BASE = "https://ac.example.com"


def _resources(page: bytes) -> list[dict[str, Any]]:
    found = json.loads(page)
    assert found["totalResults"] == found["itemsPerPage"] == len(found["Resources"])
    resources: list[dict[str, Any]] = found["Resources"]
    return resources


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_document_says_where_it_is(dialect: Dialect) -> None:
    at = BASE + dialect.prefix
    documents = _resources(discovery.schemas(dialect, BASE + "/"))
    assert [each["meta"]["location"] for each in documents] == [f"{at}/Schemas/{each['id']}" for each in documents]
    assert [each["id"] for each in documents] == [CORE, *EXTENSION_ATTRIBUTES]
    [users] = _resources(discovery.resource_types(dialect, BASE))
    assert users["meta"] == {"resourceType": "ResourceType", "location": f"{at}/ResourceTypes/User"}
    config = json.loads(discovery.service_provider_config(dialect, BASE))
    assert config["meta"]["location"] == f"{at}/ServiceProviderConfig"


def test_one_document_is_found_by_its_name() -> None:
    for each in _resources(discovery.schemas(RFC, BASE)):
        one = discovery.schema(each["id"].upper(), RFC, BASE)
        assert one is not None
        assert json.loads(one) == each
    one = discovery.resource_type("User", RFC, BASE)
    assert one is not None
    assert [json.loads(one)] == _resources(discovery.resource_types(RFC, BASE))
    assert discovery.schema("urn:example", RFC, BASE) is discovery.resource_type("Group", RFC, BASE) is None


def test_the_config_says_what_there_is() -> None:
    config = json.loads(discovery.service_provider_config(RFC, BASE))
    supported = {name: config[name]["supported"] for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag")}
    assert supported == {"patch": True, "bulk": True, "filter": True, "changePassword": False, "sort": True, "etag": True}
    assert (config["bulk"]["maxOperations"], config["bulk"]["maxPayloadSize"]) == (1_000, 1_048_576)
    assert config["filter"]["maxResults"] == 1_000
    assert config["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 1_000,
    }
    assert [each["type"] for each in config["authenticationSchemes"]] == ["oauthbearertoken"]
    assert not json.loads(discovery.service_provider_config(COMPATIBLE, BASE))["bulk"]["supported"]


def test_the_schemas_say_what_may_be_written() -> None:
    def attributes(urn: str) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(discovery.schema(urn, RFC, BASE) or b"")["attributes"]}

    assert {name for name, each in attributes(STATUS).items() if each["mutability"] == "readWrite"} == {"invited"}
    assert attributes(AUTH_METHOD)["authMethod"]["canonicalValues"] == ["password", "sso"]
    assert {name for name, each in attributes(CORE).items() if each["required"]} == {"userName"}


def test_a_client_can_build_the_service_from_them() -> None:
    schemas = [Schema.model_validate(each) for each in _resources(discovery.schemas(RFC, BASE))]
    types = [ResourceType.model_validate(each) for each in _resources(discovery.resource_types(RFC, BASE))]
    config = ServiceProviderConfig.model_validate_json(discovery.service_provider_config(RFC, BASE))
    assert ScimProvider.from_discovery(schemas, types, config).model_for("User") is not None
