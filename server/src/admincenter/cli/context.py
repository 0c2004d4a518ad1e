"""What every command is given: the data it works on, the instance that was chosen, how to answer, and who asks.

A command is a function whose first parameter is a `Context`; `command` gives it the options that all commands share. The
commands know the storage only as the protocols below, which `cli/__init__.py` fills.
"""

import inspect
import os
import pwd
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import typer

from admincenter import settings
from admincenter.core import instances
from admincenter.core.audit import Origin
from admincenter.core.keys import Keyring
from admincenter.core.ports import Change, Tx
from admincenter.core.restoration import Restored
from admincenter.core.whole import Migrated, Moved, Progress, Standing

Told = Callable[[int, int], None]
"""Progress: how much is done, of how much."""

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])


class Store(Protocol):
    """An open place with data."""

    def read(self, function: Callable[[Tx], T]) -> T:
        """A read in one snapshot."""

    def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One change in a transaction of its own, with its events."""

    def keyring(self) -> Keyring: ...
    def add_key(self, by: Origin) -> str:
        """A new server key in file and database; its id."""

    def retire_key(self, key_id: str, by: Origin) -> None: ...
    def faults(self) -> list[str]:
        """What is wrong with the whole database; empty where all is well."""

    def backup(self, target: Path, by: Origin, told: Told) -> None:
        """One moment of the database as a new file."""

    def restored(self, by: Origin) -> Restored:
        """Makes a database fit that other tools put back."""

    def close(self) -> None: ...


class Storage(Protocol):
    """What the commands may ask of `store`. A command that needs more adds a method here and in `cli/__init__.py`."""

    def open(self, data: Path, key_file: Path | None, database_url: str) -> Store:
        """The data, checked; never a new place."""

    def restore(self, data: Path, key_file: Path | None, source: Path, by: Origin, told: Told) -> Restored:
        """Puts a backup in the place of the data directory's database."""

    def standing(self, url: str, data: Path) -> Standing:
        """How the database of the URL stands, or that of the data directory where there is none."""

    def migrated(self, url: str, data: Path) -> Migrated:
        """Brings its schema up."""

    def rights_of_the_server(self, url: str, role: str, apply: bool) -> Sequence[str]:
        """The statements that make a role the server's; run, where that is wanted."""

    def move(self, data: Path, key_file: Path | None, url: str, by: Origin, told: Progress) -> Moved:
        """Moves the data directory's database into an empty one."""

    def move_back(self, data: Path, url: str, by: Origin, told: Progress) -> Moved:
        """Undoes a move after which nothing happened."""


@dataclass
class Context:
    """One command at work. The data directory is opened when it is first needed and given free at the end."""

    storage: Storage
    data: Path
    key_file: Path | None
    database_url: str = field(repr=False)
    json: bool
    wanted_instance: str | None
    who: Origin

    @cached_property
    def store(self) -> Store:
        """The open data directory. Raises StartRefused."""
        return self.storage.open(self.data, self.key_file, self.database_url)

    def read(self, function: Callable[[Tx], T]) -> T:
        """A read in one snapshot."""
        return self.store.read(function)

    def write(self, function: Callable[[Tx], Change[T]]) -> T:
        """One change in a transaction of its own, with its events."""
        return self.store.write(function)

    def here(self, tx: Tx) -> str:
        """The id of the instance that was chosen, or of the only one. Raises InstanceUnknown, InstanceAmbiguous."""
        return instances.choose(tx, self.wanted_instance).instance

    def close(self) -> None:
        """Gives the data directory free, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


def _who() -> Origin:
    """The actor of the audit log (D19)."""
    user = str(os.geteuid())
    with suppress(KeyError):
        user = pwd.getpwuid(os.geteuid()).pw_name
    return Origin(f"cli:{user}@{socket.gethostname()}")


def _option(name: str, annotation: Any, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_INSTANCE = _option(
    "instance",
    Annotated[
        str | None, typer.Option("--instance", metavar="INSTANCE", help="Its id or name; needed where more than one exists.")
    ],
    None,
)
_SHARED = (
    _option(
        "data",
        Annotated[
            str | None,
            typer.Option("--data", metavar="DIR", help="The data directory. [ADMINCENTER_DATA; default ./data]"),
        ],
        None,
    ),
    _option(
        "database_url",
        Annotated[
            str | None,
            typer.Option("--database-url", metavar="URL", help="A PostgreSQL database. [ADMINCENTER_DATABASE_URL]"),
        ],
        None,
    ),
    _option("json", Annotated[bool, typer.Option("--json", help="Answer one JSON document, for programs.")], False),
)


def group(help_text: str) -> typer.Typer:
    """A group of commands: the `app` of a file here. Its help is plain text, so that a pipe, a pager and the docs take it."""
    return typer.Typer(help=help_text, short_help=help_text, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def command(app: typer.Typer, name: str, *, example: str, of_instance: bool = False) -> Callable[[F], F]:
    """Makes a function a command of the app: `--data` and `--json` are added, and `--instance` where it chooses."""
    options = (_INSTANCE, *_SHARED) if of_instance else _SHARED

    def register(function: F) -> F:
        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> None:
            context = _context(ctx.obj, given)
            try:
                function(context, **given)
            finally:
                context.close()

        run.__signature__ = _signature(function, options)  # type: ignore[attr-defined]
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        app.command(name, short_help=summary, epilog=f"\b\nExample:\n  {example}")(run)
        return function

    return register


def _context(storage: Storage, given: dict[str, Any]) -> Context:
    """Takes the shared options out of what was given."""
    data = settings.one("data", {"data": given.pop("data")}, os.environ)
    key_file = settings.one("key_file", {}, os.environ)
    database_url = settings.one("database_url", {"database_url": given.pop("database_url")}, os.environ)
    return Context(storage, data, key_file, database_url, given.pop("json"), given.pop("instance", None), _who())


def _signature(function: Callable[..., None], options: tuple[inspect.Parameter, ...]) -> inspect.Signature:
    """What the command line sees: the function's own parameters but the context, then the shared options."""
    _context_parameter, *own = inspect.signature(function).parameters.values()
    asked = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    return inspect.Signature([asked, *named, *options])
