"""THE table of the machine door: method, path, what opens it, handler. Read this first.

A row that `core/surface.py` does not know, or that claims another opener, cannot be constructed: adding a door means saying
in two places, alike, what opens it. A path that is in neither does not exist.
"""

from dataclasses import dataclass, field

from admincenter.api import bulk, discovery, health, me, security_audit_logs, token, users
from admincenter.api.call import Handler, PublicHandler
from admincenter.core import surface
from admincenter.core.errors import MethodUnknown, PathUnknown
from admincenter.core.permissions import Permission
from admincenter.core.surface import OpenedBy, Opener, Opening

PUBLIC, SECRET, TOKEN = Opener.PUBLIC, Opener.SECRET, Opener.TOKEN
ACCOUNTS, LOGS = Permission.MANAGE_ACCOUNTS, Permission.READ_SECURITY_AUDIT_LOGS


def _known(method: str, path: str, opened_by: OpenedBy) -> Opening:
    opening = surface.at(path).get(method)
    if opening is None or opening.path != path or opening.opened_by is not opened_by:
        raise TypeError(f"core/surface.py does not say that {method} {path} is opened by {opened_by}")
    return opening


@dataclass(frozen=True, slots=True)
class Route:
    """A guarded row."""

    method: str
    path: str
    opened_by: OpenedBy
    handler: Handler
    opening: Opening = field(init=False)
    used_as: str = field(init=False)

    def __post_init__(self) -> None:
        opening = _known(self.method, self.path, self.opened_by)
        if opening.opened_by is PUBLIC:
            raise TypeError("a public path is a PublicRoute, so that it says so")
        object.__setattr__(self, "opening", opening)
        object.__setattr__(self, "used_as", opening.permission.value if opening.permission else self.path)


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """A row that anyone may call."""

    method: str
    path: str
    opened_by: OpenedBy
    handler: PublicHandler

    def __post_init__(self) -> None:
        if _known(self.method, self.path, self.opened_by).opened_by is not PUBLIC:
            raise TypeError("this path is not public")


ROUTES: tuple[Route | PublicRoute, ...] = (
    Route("POST", "/work_get_token", SECRET, token.mint),
    Route("POST", "/work_current_token", SECRET, token.current),
    Route("GET", "/me", TOKEN, me.show),
    Route("GET", "/security_audit_logs", LOGS, security_audit_logs.show),
    Route("GET", "/scim/v2/Users", ACCOUNTS, users.RFC.page),
    Route("POST", "/scim/v2/Users", ACCOUNTS, users.RFC.create),
    Route("POST", "/scim/v2/Users/.search", ACCOUNTS, users.RFC.search),
    Route("GET", "/scim/v2/Users/{id}", ACCOUNTS, users.RFC.show),
    Route("PUT", "/scim/v2/Users/{id}", ACCOUNTS, users.RFC.replace),
    Route("PATCH", "/scim/v2/Users/{id}", ACCOUNTS, users.RFC.patch),
    Route("DELETE", "/scim/v2/Users/{id}", ACCOUNTS, users.RFC.delete),
    Route("POST", "/scim/v2/.search", ACCOUNTS, users.RFC.search),
    Route("POST", "/scim/v2/Bulk", ACCOUNTS, bulk.run),
    *(Route(each, "/scim/v2/Me", ACCOUNTS, discovery.me) for each in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    Route("GET", "/scim/v2/Schemas", ACCOUNTS, discovery.RFC.schemas),
    Route("GET", "/scim/v2/Schemas/{id}", ACCOUNTS, discovery.RFC.schema),
    Route("GET", "/scim/v2/ResourceTypes", ACCOUNTS, discovery.RFC.resource_types),
    Route("GET", "/scim/v2/ResourceTypes/{id}", ACCOUNTS, discovery.RFC.resource_type),
    Route("GET", "/scim/v2/ServiceProviderConfig", ACCOUNTS, discovery.RFC.configuration),
    Route("GET", "/Users", ACCOUNTS, users.COMPATIBLE.page),
    Route("POST", "/Users", ACCOUNTS, users.COMPATIBLE.create),
    Route("POST", "/Users/.search", ACCOUNTS, users.COMPATIBLE.search),
    Route("GET", "/Users/{id}", ACCOUNTS, users.COMPATIBLE.show),
    Route("PUT", "/Users/{id}", ACCOUNTS, users.COMPATIBLE.replace),
    Route("PATCH", "/Users/{id}", ACCOUNTS, users.COMPATIBLE.patch),
    Route("DELETE", "/Users/{id}", ACCOUNTS, users.COMPATIBLE.delete),
    Route("GET", "/Schemas", ACCOUNTS, discovery.COMPATIBLE.schemas),
    Route("GET", "/Schemas/{id}", ACCOUNTS, discovery.COMPATIBLE.schema),
    Route("GET", "/ResourceTypes", ACCOUNTS, discovery.COMPATIBLE.resource_types),
    Route("GET", "/ResourceTypes/{id}", ACCOUNTS, discovery.COMPATIBLE.resource_type),
    Route("GET", "/ServiceProviderConfig", ACCOUNTS, discovery.COMPATIBLE.configuration),
    Route("GET", "/ServiceProviderConfigs", ACCOUNTS, discovery.COMPATIBLE.configuration),
    PublicRoute("GET", "/", PUBLIC, health.front),
    PublicRoute("GET", "/healthz", PUBLIC, health.live),
    PublicRoute("GET", "/readyz", PUBLIC, health.ready),
    PublicRoute("GET", "/metrics", PUBLIC, health.metrics),
)

_BY_PATH: dict[str, dict[str, Route | PublicRoute]] = {}
for _row in ROUTES:
    _BY_PATH.setdefault(_row.path, {})[_row.method] = _row


def _in_table(raw_path: str) -> str:
    return surface.template(surface.normal_path(raw_path))


def find(method: str, raw_path: str) -> Route | PublicRoute:
    """The row of a request, by the path as it was sent (percent signs are not decoded). Raises PathUnknown, MethodUnknown."""
    methods = _BY_PATH.get(raw_path) or _BY_PATH.get(surface.template(raw_path)) or _BY_PATH.get(_in_table(raw_path))
    if methods is None:
        raise PathUnknown
    route = methods.get(method)
    if route is None:
        raise MethodUnknown(", ".join(sorted(methods)))
    return route
