"""The command `serve`, its options taken from the table of settings."""

import inspect
from typing import Annotated, Any

import typer
from typer.exceptions import Exit

from admincenter.cli import serve
from admincenter.cli.context import group
from admincenter.settings import SETTINGS, Setting

app = group("Start the server.")


def _parameter(setting: Setting) -> inspect.Parameter:
    """An option without a default of its own, so that the variable can speak where the flag is silent."""
    default = f"default {setting.default}" if setting.default else "unset by default"
    text = f"{setting.help} [{setting.variable}; {default}]"
    kind: Any = list[str] if setting.name == serve.REPEATABLE else str
    option = Annotated[kind | None, typer.Option(setting.flag, metavar="VALUE", help=text)]
    return inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)


def _serve(**given: Any) -> None:
    """Start the server; Ctrl-C stops it.

    On an empty data directory it makes the database, the key file and a first instance, and says what to type next. Each
    option is also an environment variable: the option wins, then the variable, then the default.
    """
    joined = {name: ",".join(value) if isinstance(value, list) else value for name, value in given.items()}
    raise Exit(serve.start(joined))


_serve.__signature__ = inspect.Signature([_parameter(each) for each in SETTINGS])  # type: ignore[attr-defined]
app.command("serve", epilog="\b\nExample:\n  admincenter serve --port 8080 --data ./data")(_serve)
