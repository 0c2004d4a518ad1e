"""The command `admincenter`: the composition root of the commands, and the one place where a refusal becomes an exit code.

Exit codes: 0 done; 1 refused (a sentence on standard error says why); 2 wrong usage, or data that cannot be worked on; 130
interrupted. Each group of commands is imported when it is used, and `serve` starts without the command line's own library.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from admincenter.core import values
from admincenter.core.errors import Refusal, StartRefused
from admincenter.store.sql import Broken

if TYPE_CHECKING:
    from admincenter.cli.context import Told
    from admincenter.core.audit import Origin
    from admincenter.core.restoration import Restored
    from admincenter.core.whole import Migrated, Moved, Progress, Standing
    from admincenter.store.opening import Store

REFUSED, UNUSABLE, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141


class _Storage:
    """`context.Storage` over the real store."""

    def open(self, data: Path, key_file: Path | None, database_url: str) -> "Store":
        from admincenter.store.opening import Store

        return Store(data, key_file, database_url=database_url)

    def restore(self, data: Path, key_file: Path | None, source: Path, by: "Origin", told: "Told") -> "Restored":
        from admincenter.store.restore import place_of, restore

        return restore(place_of(data, key_file), source, by, told)

    def standing(self, url: str, data: Path) -> "Standing":
        from admincenter.store import upkeep

        return upkeep.standing(url, data)

    def migrated(self, url: str, data: Path) -> "Migrated":
        from admincenter.store import upkeep

        return upkeep.migrated(url, data)

    def rights_of_the_server(self, url: str, role: str, apply: bool) -> Sequence[str]:
        from admincenter.store import upkeep

        return upkeep.rights_of_the_server(url, role, apply)

    def move(self, data: Path, key_file: Path | None, url: str, by: "Origin", told: "Progress") -> "Moved":
        from admincenter.store.move import move

        return move(data, key_file, url, by, told)

    def move_back(self, data: Path, url: str, by: "Origin", told: "Progress") -> "Moved":
        from admincenter.store.move_back import move_back

        return move_back(data, url, by, told)


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command line; its exit code. What was expected to go wrong is one line on standard error."""
    logging.getLogger(__package__).addHandler(logging.NullHandler())  # a command says one line, a server sets up its log
    try:
        code = _dispatch(list(arguments))
        sys.stdout.flush()
    except Refusal as refusal:
        return _told(str(refusal), UNUSABLE if isinstance(refusal, StartRefused) else REFUSED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Broken as error:
        return _told(f"The storage failed ({error}): look at the disk, then at `admincenter database check`", UNUSABLE)
    except OSError as error:
        return _told(f"{error.filename or 'The system'}: {error.strerror or error}", UNUSABLE)
    return code


def _dispatch(arguments: list[str]) -> int:
    if any("\udc80" <= each <= "\udcff" for each in "".join(arguments)):
        raise StartRefused("An argument is not UTF-8 text; look at the terminal's encoding")
    if arguments[:1] == ["serve"]:
        from admincenter.cli import serve

        flags = serve.plain_flags(arguments[1:])
        if flags is not None:
            return serve.start(flags)
    from admincenter.cli import tree

    logging.getLogger("admincenter").addHandler(logging.NullHandler())  # what went wrong is said once, by the refusal
    return tree.run(arguments, _Storage())


def _told(sentence: str, code: int) -> int:
    print(f"admincenter: {values.visible(sentence, 2_000)}", file=sys.stderr)
    return code
