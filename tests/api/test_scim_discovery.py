"""What the server says of itself, in both dialects (RFC 7644, section 4)."""

from typing import Any

import pytest

from tests.directory import AUTH_METHOD, CORE, DATES, ENTERPRISE, STATUS, Directory

URNS = [CORE, ENTERPRISE, STATUS, AUTH_METHOD, DATES]


def _attributes(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in schema["attributes"]}


def test_the_schemas_are_those_that_accounts_have(directory: Directory) -> None:
    page = directory.call("GET", "/Schemas").json
    assert {each["id"] for each in page["Resources"]} == set(URNS)
    assert (page["totalResults"], page["itemsPerPage"], page["startIndex"]) == (len(URNS), len(URNS), 1)


@pytest.mark.parametrize("urn", URNS)
@pytest.mark.parametrize("escaped", [False, True])
def test_each_schema_is_found_by_its_urn(directory: Directory, urn: str, escaped: bool) -> None:
    schema = directory.call("GET", "/Schemas/" + (urn.replace(":", "%3A") if escaped else urn)).json
    assert schema["id"] == urn
    base = f"http://127.0.0.1:{directory.wire.port}{directory.prefix}"
    assert schema["meta"] == {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"}


def test_what_the_schemas_say_of_an_attribute_is_what_is_done_with_it(rfc: Directory) -> None:
    user = _attributes(rfc.call("GET", f"/Schemas/{CORE}").json)
    assert (user["userName"]["required"], user["userName"]["uniqueness"], user["userName"]["caseExact"]) == (
        True,
        "server",
        False,
    )
    status = _attributes(rfc.call("GET", f"/Schemas/{STATUS}").json)
    assert status["invited"]["mutability"] == "readWrite"
    assert {each["mutability"] for name, each in status.items() if name != "invited"} == {"readOnly"}
    method = _attributes(rfc.call("GET", f"/Schemas/{AUTH_METHOD}").json)["authMethod"]
    assert method["canonicalValues"] == ["password", "sso"]


def test_there_is_one_type_of_resource(directory: Directory) -> None:
    page = directory.call("GET", "/ResourceTypes").json
    one = directory.call("GET", "/ResourceTypes/User").json
    assert (page["totalResults"], page["Resources"]) == (1, [one])
    assert (one["endpoint"], one["schema"]) == ("/Users", CORE)
    assert {each["schema"] for each in one["schemaExtensions"]} == set(URNS) - {CORE}
    assert [each["schema"] for each in one["schemaExtensions"] if each["required"]] == [STATUS]


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ServiceProviderConfigs"])
def test_the_server_says_what_it_can(directory: Directory, path: str) -> None:
    reply = directory.call("GET", path)
    if not directory.in_compatible and path.endswith("s"):
        directory.refused(reply, 404)
        return
    said = reply.json
    assert {name for name in ("patch", "filter", "changePassword", "sort", "etag") if said[name]["supported"]} == {
        "patch", "filter", "sort", "etag",
    }  # fmt: skip
    assert said["bulk"]["supported"] is not directory.in_compatible
    assert said["filter"]["maxResults"] == 1_000
    assert [each["type"] for each in said["authenticationSchemes"]] == ["oauthbearertoken"]


@pytest.mark.parametrize("path", ["/Schemas/urn:example:x", "/ResourceTypes/Group", "/Schemas/%FF"])
def test_what_there_is_not_is_404(directory: Directory, path: str) -> None:
    directory.refused(directory.call("GET", path), 404)


@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", f"/Schemas/{CORE}"])
def test_what_describes_the_server_is_not_filtered(directory: Directory, path: str) -> None:
    directory.refused(directory.call("GET", path + "?filter=id%20pr"), 403)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_integration_is_no_account_so_there_is_no_me(rfc: Directory, method: str) -> None:
    rfc.refused(rfc.call(method, "/Me"), 501)
