"""The account directory as an integration calls it, in one of the two dialects; each call one HTTP request."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.scim_error import assert_scim_error
from tests.wire import Header, Reply, Wire

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FACEBOOK = "urn:ietf:params:scim:schemas:extension:facebook:"
STATUS = FACEBOOK + "accountstatusdetails:2.0:User"
AUTH_METHOD = FACEBOOK + "authmethod:2.0:User"
DATES = FACEBOOK + "starttermdates:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM_JSON = ("Content-Type", "application/scim+json")

RFC, COMPATIBLE = "/scim/v2", ""
DIALECTS = [RFC, COMPATIBLE]
NAMES = ["rfc", "compatible"]

Body = dict[str, Any] | list[Any] | bytes | None


class Directory(NamedTuple):
    """A dialect, spoken with a token."""

    wire: Wire
    token: str
    prefix: str

    @property
    def in_compatible(self) -> bool:
        """Whether Graph's error object stands beside."""
        return self.prefix == COMPATIBLE

    def call(self, method: str, path: str, body: Body = None, headers: Iterable[Header] = ()) -> Reply:
        """A request below the dialect's address. `body`: JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = list(headers)
        own = [("Authorization", f"Bearer {self.token}")]
        if raw and "content-type" not in {name.lower() for name, _value in given}:
            own.append(SCIM_JSON)
        return self.wire.call(method, self.prefix + path, [*own, *given], raw)

    def create(self, user_name: str, **more: Any) -> dict[str, Any]:
        """A new account, as the server answers it."""
        reply = self.call("POST", "/Users", {"schemas": [CORE], "userName": user_name} | more)
        assert reply.status == 201, reply.body
        made: dict[str, Any] = reply.json
        return made

    def get(self, account_id: str, query: str = "") -> Reply:
        """An account."""
        return self.call("GET", f"/Users/{account_id}{query}")

    def read(self, account_id: str) -> dict[str, Any]:
        """An account that is there."""
        reply = self.get(account_id)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json
        return found

    def put(self, account_id: str, body: Body, headers: Iterable[Header] = ()) -> Reply:
        """An account instead of this one."""
        return self.call("PUT", f"/Users/{account_id}", body, headers)

    def patch(self, account_id: str, *operations: dict[str, Any], headers: Iterable[Header] = ()) -> Reply:
        """Changes of an account."""
        return self.call("PATCH", f"/Users/{account_id}", {"schemas": [PATCH_OP], "Operations": operations}, headers)

    def delete(self, account_id: str, headers: Iterable[Header] = ()) -> Reply:
        """Its end."""
        return self.call("DELETE", f"/Users/{account_id}", None, headers)

    def page(self, filter: str = "", **more: str | int) -> Reply:  # the parameter's name on the wire
        """A page of accounts."""
        given = ({"filter": filter} if filter else {}) | more
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in given.items())
        return self.call("GET", "/Users" + (f"?{query}" if query else ""))

    def named(self, filter: str = "", **more: str | int) -> list[str]:
        """The user names on a page, in its order."""
        reply = self.page(filter, **more)
        assert reply.status == 200, reply.body
        return [each["userName"] for each in reply.json["Resources"]]

    def refused(self, reply: Reply, status: int, scim_type: str = "", says: str = "") -> None:
        """Checks a refusal in this dialect."""
        assert_scim_error(reply, status, scim_type, says, self.in_compatible)
