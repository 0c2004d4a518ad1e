"""Writes the pages of docs/reference from the code (`--write`), or says what differs and exits 1 (`--check`).

Each page is made from the one place where its subject is defined, so that a page cannot describe what does not exist.
"""

import argparse
import difflib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import scim_page
from typer.main import get_group

from admincenter import cli, settings
from admincenter.api import answers
from admincenter.api.reply import Reply
from admincenter.cli import tree
from admincenter.core import errors, tokens
from admincenter.core.events import CATALOGUE, EventKind
from admincenter.core.permissions import Permission, Purpose
from admincenter.core.surface import SURFACE, OpenedBy, Opening

ITS_OWN = "⟨what is wrong, and what to do⟩"
HERE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    listed = [list(heads)]
    lines = [*listed, ["---"] * len(listed[0]), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split()) or "–"


def code(text: str) -> str:
    """The text as code; nothing where there is none."""
    return f"`{text}`" if text else ""


def page(title: str, source: str, *parts: str) -> str:
    """A page under its title, naming the file that it is made from."""
    made = f"<!-- Made from {source} by `make docs`. Change that file, not this page. -->"
    return "\n\n".join([f"# {title}", made, *(part for part in parts if part)]) + "\n"


def settings_page() -> str:
    """Every setting: flag, variable, default, meaning."""
    serve: Any = get_group(tree.root).get_command(None, "serve")  # type: ignore[arg-type]
    flags = {name for option in serve.params for name in option.opts}
    rows = (
        (code(each.flag if each.flag in flags else ""), code(each.variable), code(each.default), each.help)
        for each in settings.SETTINGS
    )
    return page(
        "Settings",
        "server/src/admincenter/settings.py",
        "A flag of `admincenter serve` beats its environment variable, and the variable beats the default.\n"
        "A value that makes no sense, settings that contradict each other, and an `ADMINCENTER_` variable that does not exist"
        " are refused at the start, in one line, with exit code 2.",
        "The other commands read the variables that concern them, such as `ADMINCENTER_DATA` and `ADMINCENTER_KEY_FILE`.",
        table(("Flag", "Variable", "Default", "Meaning"), rows),
    )


def events_page() -> str:
    """Every audit event: key, name, whether it is a finding, and its details."""
    kinds = CATALOGUE.values()
    rows = ((f"[`{each.key}`](#{_anchor(each.key)})", each.name, "yes" if each.finding else "") for each in kinds)
    return page(
        "Audit events",
        "server/src/admincenter/core/events.py",
        "The key stands in `extra_data.kind` of an event, the name in `event`.\n"
        'A *finding* is an event that a person must look at; it carries `"finding": true` in `extra_data`.\n'
        "Keys are never reused and never removed.",
        table(("Key", "Name", "Finding"), rows),
        *(_event(each) for each in kinds),
    )


def _event(kind: EventKind) -> str:
    heading = f"## {kind.key}\n\n**{kind.name}.** {kind.summary}."
    if not kind.details:
        return heading
    return heading + "\n\n" + table(("Detail", "Meaning"), ((code(name), text) for name, text in kind.details.items()))


def _anchor(heading: str) -> str:
    return "".join(each for each in heading.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def permissions_page() -> str:
    """Every permission and purpose, and which purpose bounds which permission."""
    permissions = (
        (code(each.value), each.title, each.opens, ", ".join(code(one.value) for one in _purposes(each))) for each in Permission
    )
    purposes = ((code(each.value), each.place, ", ".join(code(one.value) for one in each.permissions)) for each in Purpose)
    return page(
        "Permissions and purposes",
        "server/src/admincenter/core/permissions.py",
        "An integration is created for one purpose, which never changes.\n"
        "The purpose decides which permissions the integration may ever hold; a grant outside it is refused at every door.",
        "## Permissions",
        table(("Key", "Name", "What it opens", "May be held by the purpose"), permissions),
        "## Purposes",
        table(("Key", "Where the panel has it", "Permissions that it may hold"), purposes),
    )


def _purposes(permission: Permission) -> list[Purpose]:
    return [each for each in Purpose if permission in each.permissions]


def routes_page() -> str:
    """Every path of the machine door, and what opens it."""
    return page(
        "Paths",
        "server/src/admincenter/core/surface.py",
        "Everything that the server answers.\n"
        "Any other path is refused with `PathUnknown`, any other method with `MethodUnknown`"
        " (see [refusals](errors.md)).",
        "Repeated slashes collapse and one trailing slash is ignored; `{id}` stands for one part of a path."
        "\nWhere the last column says yes, a leading version such as `/v23.0` is accepted and ignored.",
        table(("Method", "Path", "Opened by", "Version segment"), (_route(each) for each in SURFACE)),
    )


def _route(each: Opening) -> tuple[str, ...]:
    return code(each.method), code(each.path), _opener(each.opened_by), "yes" if each.versioned else ""


def _opener(opened_by: OpenedBy) -> str:
    return code(opened_by.value) if isinstance(opened_by, Permission) else opened_by.value


def errors_page() -> str:
    """Every refusal: what it means, how it is answered, what it says."""
    return page(
        "Refusals",
        "server/src/admincenter/core/errors.py and server/src/admincenter/api/answers.py",
        "What is said where something is not given.\n"
        "The name of a refusal stands in `reason` of the audit events that count refusals, and in the server log.",
        "## Of a machine's request",
        "HTTP, code and subcode are those of the Graph dialect; ⟨brackets⟩ hold what differs from case to case.\n"
        "`fbtrace_id` is the request id, which the header `x-request-id` and the server log have too.",
        _sample(answers.graph),
        "On the paths of SCIM the same refusal is a SCIM Error, with the status and the `scimType` of the two SCIM columns."
        "\nBelow `/scim/v2` it stands alone; on `/Users` and its neighbours Graph's `error` stands beside it:",
        _sample(answers.scim_and_graph),
        table(_HEADS, map(_call_row, leaves(errors.CallRefused))),
        _transient(),
        "A `TokenDead` says why:",
        table(("Reason", "What its holder is told"), ((code(name), text) for name, text in tokens.WHY_DEAD.items())),
        "## Of an admin's change",
        table(("Refusal", "When", "Message"), map(_plain_row, leaves(errors.ChangeRefused))),
        "## Of a start",
        table(("Refusal", "When", "Message"), [_plain_row(errors.StartRefused)]),
    )


def leaves(above: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    """The refusals below one, in the order of the file."""
    for each in above.__subclasses__():
        yield each
        yield from leaves(each)


_HEADS = ("Refusal", "HTTP", "code", "subcode", "SCIM: HTTP", "scimType", "When", "Message")


def _call_row(refusal: type[errors.Refusal]) -> tuple[str, ...]:
    name, when, message = _plain_row(refusal)
    answer: answers.Answer = answers.GRAPH[refusal]  # type: ignore[index]
    scim = answers.SCIM[refusal]  # type: ignore[index]
    scim_type = "as the case is" if refusal is errors.ScimBad else code(scim.scim_type)
    wire = f"(#{answer.code}) {message}" if answer.numbered else message
    return name, str(answer.status), str(answer.code), str(answer.subcode or ""), str(scim.status), scim_type, when, wire


def _sample(told: Callable[[errors.CallRefused, str], Reply]) -> str:
    """An answer as it goes over the wire."""
    reply = told(errors.TokenExpired(), "A0123456789abcdefghijkl")
    lines = [f"HTTP/1.1 {reply.status}", *reply.headers.decode().splitlines(), "", reply.body.decode()]
    return "\n".join(["```text", *lines, "```"])


def _transient() -> str:
    names = [code(each.__name__) for each, answer in answers.GRAPH.items() if answer.transient]
    return f'{", ".join(names)} come with `"is_transient": true` and `Retry-After`: the same request may succeed later.'


def _plain_row(refusal: type[errors.Refusal]) -> tuple[str, str, str]:
    first, *rest = inspect.cleandoc(refusal.__doc__ or "").replace("\n", " ").split(". ")
    when = ". ".join([first, *(each for each in rest if not each.startswith("`"))]).removesuffix(".") + "."
    return code(refusal.__name__), when, _message(refusal)


def _message(refusal: type[errors.Refusal]) -> str:
    """The sentence, with the names of its parts where it has some; nothing where each place writes its own."""
    if "__init__" not in vars(refusal):
        return ITS_OWN
    needed = [each for each in inspect.signature(refusal).parameters.values() if each.default is inspect.Parameter.empty]
    parts: dict[str, Any] = {each.name: 10 if each.name == "seconds" else f"⟨{each.name}⟩" for each in needed}
    return ITS_OWN if "message" in parts else str(refusal(**parts))


def cli_page() -> str:
    """The command tree: each command with its arguments and options."""
    listed = list(_commands("admincenter", get_group(tree.root)))
    rows = ((f"[`{name}`](#{_anchor(name)})", _first_line(command)) for name, command in listed)
    return page(
        "Commands",
        "server/src/admincenter/cli/",
        "Each command teaches itself with `--help`.\n" + _exit_codes(),
        table(("Command", "What it does"), rows),
        *(_command_text(name, command) for name, command in listed),
    )


def _exit_codes() -> str:
    """The sentence of the package that says them."""
    said = inspect.cleandoc(cli.__doc__ or "").replace("\n", " ")
    return said[said.index("Exit codes:") :].split(". ")[0].removesuffix(".") + "."


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands that do something, in the order of the help; groups only lead to them."""
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    for each in command.list_commands(None):
        yield from _commands(f"{name} {each}", command.get_command(None, each))


def _first_line(command: Any) -> str:
    return _help(command).split("\n\n")[0]


def _help(command: Any) -> str:
    return inspect.cleandoc(command.help or "").replace("\b\n", "")


def _example(command: Any) -> str:
    text = inspect.cleandoc(command.epilog or "").replace("\b\n", "")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("Example")]
    return "\n".join(["```text", *lines, "```"]) if lines else ""


def _command_text(name: str, command: Any) -> str:
    rows = [(_names(each), getattr(each, "help", None) or "", _default(each)) for each in command.params]
    options = table(("Argument", "Meaning", "Default"), rows) if rows else ""
    return "\n\n".join(part for part in (f"## {name}", _help(command), options, _example(command)) if part)


def _names(parameter: Any) -> str:
    value = f" {parameter.metavar}" if parameter.metavar else ""
    if parameter.param_type_name == "argument":
        return code(value.strip() or parameter.name.upper())
    told = "epeatable" in (parameter.help or "")
    repeat = " (repeatable)" if parameter.multiple and not told else ""
    return ", ".join(code(each + value) for each in [*parameter.opts, *parameter.secondary_opts]) + repeat


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = getattr(parameter.default, "value", parameter.default)
    return "" if value in (None, False, "", (), []) or callable(value) else code(str(value))


def scim_reference() -> str:
    """The account API: dialects, limits, attributes."""
    return page("The account API", scim_page.SOURCE, *scim_page.parts(table))


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "permissions.md": permissions_page,
    "routes.md": routes_page,
    "events.md": events_page,
    "errors.md": errors_page,
    "scim.md": scim_reference,
}
"""Each generated page and what makes it."""


def write(folder: Path) -> None:
    """Writes every page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def differences(folder: Path) -> Iterator[str]:
    """What the pages lack or have too much, line by line."""
    for name, make in PAGES.items():
        path = folder / name
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        yield from difflib.unified_diff(
            present.splitlines(), make().splitlines(), str(path), "what the code says", "", "", 0, ""
        )


def main() -> int:
    """Exit code 0 where the pages are written or right, 1 where they are not."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the pages")
    what.add_argument("--check", action="store_true", help="say what differs and exit 1")
    parser.add_argument("--pages", type=Path, default=HERE, help="the folder of the pages")
    given = parser.parse_args()
    if given.write:
        write(given.pages)
        return 0
    found = list(differences(given.pages))
    print("\n".join([*found, "The reference pages differ from the code; type: make docs"]) if found else "The pages are right.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
