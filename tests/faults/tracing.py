"""Runs the minting program under strace, which breaks it at one step of its writing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.standing import Standing

_PROGRAM = Path(__file__).with_name("minting.py")
_HANGS = 60


class Harm(NamedTuple):
    """What is done to the `when`th of the calls on the file: `signal=SIGKILL` or `error=EIO`."""

    calls: str
    file: str
    what: str
    when: int | str

    def __str__(self) -> str:
        return f"{self.what} at {self.calls} {self.when} on {self.file}"


class Run(NamedTuple):
    """What the program said before it ended, how it ended, and how many of the traced calls it made."""

    said: list[dict[str, Any]]
    status: int
    calls: int

    @property
    def acknowledged(self) -> list[int]:
        """The generations of the tokens that were given out."""
        return [each["acknowledged"] for each in self.said if "acknowledged" in each]

    @property
    def refused(self) -> list[str]:
        """The refusals, by name."""
        return [each["refused"] for each in self.said if "refused" in each]


def copy_of(standing: Standing, place: Path) -> Standing:
    """The same directory elsewhere, for the next harm."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(standing.data, place)
    return standing._replace(data=place)


def mint(standing: Standing, how: str, times: int, harm: Harm, harmless: bool = False) -> Run:
    """Mints under strace. `harmless` only counts the calls that could be harmed."""
    log = standing.data.with_name("strace.log")
    traced = standing.data / f"admincenter.db{harm.file}"
    inject = [] if harmless else ["-e", f"inject={harm.calls}:{harm.what}:when={harm.when}"]
    strace = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(log),
        "-P",
        str(traced),
        "-e",
        f"trace={harm.calls}",
        "-e",
        "signal=none",
        *inject,
    ]
    program = [sys.executable, "-X", "faulthandler", str(_PROGRAM), str(standing.data), standing.app_id, standing.secret, how]
    ended = subprocess.run([*strace, *program, str(times)], capture_output=True, text=True, timeout=_HANGS, check=False)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode <= 0 or said[-1:] == [{"broken": True}], ended.stderr
    return Run(said, ended.returncode, len(log.read_text().splitlines()))
