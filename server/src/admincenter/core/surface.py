"""What each path of the machine door opens, as data: the gate decides by it and `explain` reads it.

A path that is not here does not exist: `api/routes.py` cannot construct a route that this page does not know.
"""

from dataclasses import dataclass, field
from enum import Enum

from admincenter.core.permissions import Permission


class Opener(Enum):
    """What opens a path for which no single permission is asked."""

    PUBLIC = "public"
    SECRET = "App Secret"
    TOKEN = "any live token"


OpenedBy = Opener | Permission


@dataclass(frozen=True, slots=True)
class Opening:
    """One method on one path, and what opens it. `versioned`: a leading `/v23.0` is accepted and ignored.

    `takes_secret`: an App Secret is the credential here, a token everywhere else. `permission`: the one that is needed, if any.
    """

    method: str
    path: str
    opened_by: OpenedBy
    versioned: bool = True
    takes_secret: bool = field(init=False)
    permission: Permission | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes_secret", self.opened_by is Opener.SECRET)
        object.__setattr__(self, "permission", self.opened_by if isinstance(self.opened_by, Permission) else None)


SURFACE = (
    Opening("POST", "/work_get_token", Opener.SECRET),
    Opening("POST", "/work_current_token", Opener.SECRET),
    Opening("GET", "/me", Opener.TOKEN),
    Opening("GET", "/security_audit_logs", Permission.READ_SECURITY_AUDIT_LOGS),
    Opening("GET", "/", Opener.PUBLIC, versioned=False),
    Opening("GET", "/healthz", Opener.PUBLIC, versioned=False),
    Opening("GET", "/readyz", Opener.PUBLIC, versioned=False),
    Opening("GET", "/metrics", Opener.PUBLIC, versioned=False),
)
"""Every opening of the machine door."""

_BY_PATH: dict[str, dict[str, Opening]] = {}
for _each in SURFACE:
    _BY_PATH.setdefault(_each.path, {})[_each.method] = _each


def normal_path(path: str) -> str:
    """The path that is looked up: repeated slashes collapsed, one trailing slash and a version segment ignored."""
    parts = [part for part in path.split("/") if part]
    if len(parts) > 1 and _is_version(parts[0]) and _versioned("/" + "/".join(parts[1:])):
        parts = parts[1:]
    return "/" + "/".join(parts)


def _is_version(part: str) -> bool:
    major, dot, minor = part[1:].partition(".")
    return part[:1] == "v" and dot == "." and major.isdecimal() and minor.isdecimal() and part.isascii()


def _versioned(path: str) -> bool:
    return any(each.versioned for each in _BY_PATH.get(path, {}).values())


def at(path: str) -> dict[str, Opening]:
    """The openings of a normal path by method; empty where the path is unknown."""
    return _BY_PATH.get(path, {})
