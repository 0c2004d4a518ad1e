"""The tree of commands: what is called how, and which file is imported when it is called."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, Exit, TyperException
from typer.main import get_command, get_group

from admincenter import __version__
from admincenter.cli.context import Storage

GROUPS = {
    "instance": "instances",
    "integration": "integrations",
    "account": "accounts",
    "audit": "audit",
    "key": "keys",
    "database": "database",
}
"""Each group of commands by its name, and the module of `cli` whose `app` it is."""

SINGLE = {"serve": "serve_command", "explain": "explain"}
"""Each command that stands alone."""


class _Commands(Mapping[str, Any]):
    """Every command by its name. The module of a command is imported when the command is asked for."""

    def __getitem__(self, name: str) -> Any:
        return get_group(_app(GROUPS[name])) if name in GROUPS else get_command(_app(SINGLE[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(("serve", *GROUPS, "explain"))

    def __len__(self) -> int:
        return len(GROUPS) + len(SINGLE)


class _LazyGroup(TyperGroup):
    """The root, whose commands are imported one by one."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast(Any, _Commands())


def _app(module: str) -> typer.Typer:
    app: typer.Typer = import_module(f"admincenter.cli.{module}").app
    return app


root = typer.Typer(
    cls=_LazyGroup, add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"admincenter {__version__}")
        raise Exit


@root.callback(epilog="\b\nExample:\n  admincenter serve\n  admincenter integration create --help")
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Control which programs may use which API of your organisation, and from where.

    Start the server with `admincenter serve`; create an integration with `admincenter integration create`. Every command
    works whether or not the server runs.
    """


def run(arguments: Sequence[str], storage: Storage) -> int:
    """Runs one command line; its exit code. Raises the refusal of the command."""
    command = get_group(root)
    try:
        with command.make_context("admincenter", list(arguments), obj=storage) as context:
            command.invoke(context)
    except Exit as ended:
        return ended.exit_code
    except Abort:
        return 1
    except TyperException as misuse:
        return _misused(misuse)
    return 0


def _misused(error: Any) -> int:
    """What the command line's library says of wrong usage, without what a library of its own puts before it."""
    if error.message:
        error.message = error.message.removeprefix("Value error, ")
    error.show()
    return int(error.exit_code)
