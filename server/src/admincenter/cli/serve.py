"""Starting the server without the command line's own library, which costs a tenth of a second and memory in every worker.

Only plain `--flag value` and `--flag=value` are read here. Whatever is not that (`--help`, a misspelt flag) goes to
`serve_command.py`, which has the same flags from the same table and teaches.
"""

import os
from collections.abc import Mapping, Sequence

from admincenter import settings

REPEATABLE = "trusted_proxies"
"""The one setting whose flag may be given more than once; its values add up."""

_NAMES = {each.flag: each.name for each in settings.SETTINGS}


def plain_flags(arguments: Sequence[str]) -> dict[str, str] | None:
    """The values by setting; None where the arguments are not all plain."""
    found: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        flag, equals, value = argument.partition("=")
        name, given = _NAMES.get(flag), value if equals else next(rest, None)
        if name is None or given is None:
            return None
        found[name] = f"{found[name]},{given}" if name == REPEATABLE and name in found else given
    return found


def start(flags: Mapping[str, str | None]) -> int:
    """Serves until it is stopped; the exit code. Raises StartRefused."""
    found = settings.read(flags, os.environ)
    from admincenter import supervisor

    return supervisor.serve(found)
