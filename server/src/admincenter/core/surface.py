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


class Speech(Enum):
    """The form in which a path tells its refusals."""

    GRAPH = "Graph"
    SCIM = "SCIM"
    BOTH = "SCIM and Graph"


@dataclass(frozen=True, slots=True)
class Opening:
    """One method on one path, and what opens it. A path that ends in `{id}` stands for one of each.

    `versioned`: a leading `/v23.0` is accepted and ignored. `takes_secret`: an App Secret is the credential here, a token
    everywhere else. `permission`: the one that is needed, if any. `keeps_body`: the body is the handler's alone; no token is
    looked for in it, and it is read only after the decision.
    """

    method: str
    path: str
    opened_by: OpenedBy
    versioned: bool = True
    speech: Speech = Speech.GRAPH
    takes_secret: bool = field(init=False)
    permission: Permission | None = field(init=False)
    keeps_body: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes_secret", self.opened_by is Opener.SECRET)
        object.__setattr__(self, "permission", self.opened_by if isinstance(self.opened_by, Permission) else None)
        object.__setattr__(self, "keeps_body", self.speech is not Speech.GRAPH)


def _scim(path: str, *methods: str) -> tuple[Opening, ...]:
    """A path below `/scim/v2`, where RFC 7644 holds to the letter."""
    return tuple(
        Opening(each, "/scim/v2" + path, Permission.MANAGE_ACCOUNTS, versioned=False, speech=Speech.SCIM) for each in methods
    )


def _compatible(path: str, *methods: str) -> tuple[Opening, ...]:
    """A path of the dialect that clients of Meta's host rely on."""
    return tuple(Opening(each, path, Permission.MANAGE_ACCOUNTS, versioned=False, speech=Speech.BOTH) for each in methods)


SURFACE = (
    Opening("POST", "/work_get_token", Opener.SECRET),
    Opening("POST", "/work_current_token", Opener.SECRET),
    Opening("GET", "/me", Opener.TOKEN),
    Opening("GET", "/security_audit_logs", Permission.READ_SECURITY_AUDIT_LOGS),
    *_scim("/Users", "GET", "POST"),
    *_scim("/Users/.search", "POST"),
    *_scim("/Users/{id}", "GET", "PUT", "PATCH", "DELETE"),
    *_scim("/.search", "POST"),
    *_scim("/Bulk", "POST"),
    *_scim("/Me", "GET", "POST", "PUT", "PATCH", "DELETE"),
    *_scim("/Schemas", "GET"),
    *_scim("/Schemas/{id}", "GET"),
    *_scim("/ResourceTypes", "GET"),
    *_scim("/ResourceTypes/{id}", "GET"),
    *_scim("/ServiceProviderConfig", "GET"),
    *_compatible("/Users", "GET", "POST"),
    *_compatible("/Users/.search", "POST"),
    *_compatible("/Users/{id}", "GET", "PUT", "PATCH", "DELETE"),
    *_compatible("/Schemas", "GET"),
    *_compatible("/Schemas/{id}", "GET"),
    *_compatible("/ResourceTypes", "GET"),
    *_compatible("/ResourceTypes/{id}", "GET"),
    *_compatible("/ServiceProviderConfig", "GET"),
    *_compatible("/ServiceProviderConfigs", "GET"),
    Opening("GET", "/", Opener.PUBLIC, versioned=False),
    Opening("GET", "/healthz", Opener.PUBLIC, versioned=False),
    Opening("GET", "/readyz", Opener.PUBLIC, versioned=False),
    Opening("GET", "/metrics", Opener.PUBLIC, versioned=False),
)
"""Every opening of the machine door."""

_BY_PATH: dict[str, dict[str, Opening]] = {}
for _each in SURFACE:
    _BY_PATH.setdefault(_each.path, {})[_each.method] = _each
_SPEECH = {each.path.split("/")[1]: each.speech for each in SURFACE}


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


def template(path: str) -> str:
    """The path of the table at which a normal path stands: `/Users/{id}` for `/Users/12`. Itself where it stands at none."""
    parent, _slash, last = path.rpartition("/")
    of_each = parent + "/{id}"
    return of_each if last and path not in _BY_PATH and of_each in _BY_PATH else path


def at(path: str) -> dict[str, Opening]:
    """The openings of a normal path by method; empty where the path is unknown."""
    return _BY_PATH.get(template(path), {})


def speech_of(path: str) -> Speech:
    """How a refusal is told at any path, whether there is such a path or not: its first part decides."""
    return _SPEECH.get(path.lstrip("/").partition("/")[0], Speech.GRAPH)
