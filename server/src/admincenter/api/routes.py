"""THE table of the machine door: method, path, what opens it, handler. Read this first.

A row that `core/surface.py` does not know, or that claims another opener, cannot be constructed: adding a door means saying
in two places, alike, what opens it. A path that is in neither does not exist.
"""

from dataclasses import dataclass, field

from admincenter.api import health, me, security_audit_logs, token
from admincenter.api.call import Handler, PublicHandler
from admincenter.core import surface
from admincenter.core.errors import MethodUnknown, PathUnknown
from admincenter.core.permissions import Permission
from admincenter.core.surface import OpenedBy, Opener, Opening

PUBLIC, SECRET, TOKEN = Opener.PUBLIC, Opener.SECRET, Opener.TOKEN


def _known(method: str, path: str, opened_by: OpenedBy) -> Opening:
    opening = surface.at(path).get(method)
    if opening is None or opening.opened_by is not opened_by:
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
    Route("GET", "/security_audit_logs", Permission.READ_SECURITY_AUDIT_LOGS, security_audit_logs.show),
    PublicRoute("GET", "/", PUBLIC, health.front),
    PublicRoute("GET", "/healthz", PUBLIC, health.live),
    PublicRoute("GET", "/readyz", PUBLIC, health.ready),
    PublicRoute("GET", "/metrics", PUBLIC, health.metrics),
)

_BY_PATH: dict[str, dict[str, Route | PublicRoute]] = {}
for _row in ROUTES:
    _BY_PATH.setdefault(_row.path, {})[_row.method] = _row


def find(method: str, raw_path: str) -> Route | PublicRoute:
    """The row of a request, by the path as it was sent (percent signs are not decoded). Raises PathUnknown, MethodUnknown."""
    methods = _BY_PATH.get(raw_path) or _BY_PATH.get(surface.normal_path(raw_path))
    if methods is None:
        raise PathUnknown
    route = methods.get(method)
    if route is None:
        raise MethodUnknown(", ".join(sorted(methods)))
    return route
