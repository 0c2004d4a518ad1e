"""The shell blocks of README and quickstart are run as they stand, against a real server, and print what stands under them.

Replaced are only the address of the server, the two programs of `.venv/bin`, and `APP_ID` where the reader is told to put the
printed one. A block that is just `make serve` is the server that the test has started.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.written import PROJECT, Block, blocks

ADDRESS = "http://127.0.0.1:8080"
PROGRAM = Path(sys.executable).parent / "admincenter"
DEADLINE = 60.0


class Reader:
    """Somebody who has a server running and types what the page says, into one shell."""

    def __init__(self, folder: Path, address: str, data: Path) -> None:
        self._folder, self.address = folder, address
        self._environment = _clean() | {"ADMINCENTER_DATA": str(data), "HOME": str(folder)}

    def types(self, texts: list[str]) -> list[tuple[int, str]]:
        """Each block's exit code and what it printed."""
        script = "".join(f'{self.replaced(text)}\necho "@@@ $?"\n' for text in texts)
        run = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        *parts, rest = re.split(r"@@@ (\d+)\n", run.stdout)
        assert not rest.strip(), rest
        return [(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=True)]

    def replaced(self, text: str) -> str:
        """The block with this test's server and programs in it."""
        text = text.replace(ADDRESS, self.address).replace(".venv/bin/admincenter", str(PROGRAM))
        return text.replace(".venv/bin/python", sys.executable)


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ADMINCENTER_")}


def _listening(server: "subprocess.Popen[str]", printed: Path) -> str:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+", printed.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"the server did not say where it listens: {printed.read_text(encoding='utf-8')}")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A server on a fresh data directory and a free port, and somebody at a shell beside it."""
    data, printed = tmp_path / "data", tmp_path / "printed"
    with printed.open("w", encoding="utf-8") as output:
        command = [str(PROGRAM), "serve", "--port", "0", "--data", str(data)]
        server = subprocess.Popen(command, cwd=tmp_path, env=_clean(), stdout=output, stderr=output, text=True)
    try:
        yield Reader(tmp_path, _listening(server, printed), data)
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def _shell_blocks(page: Path) -> list[tuple[str, str | None]]:
    """Each block to type, with what the page says that it prints."""
    found = [each for each in blocks(page) if each.text.strip() != "make serve"]
    following: list[Block | None] = [*found[1:], None]
    return [
        (each.text, after.text if after is not None and _is_output(after) else None)
        for each, after in zip(found, following, strict=True)
        if each.language == "sh"
    ]


def _is_output(block: Block) -> bool:
    return block.language in ("json", "text") and not block.lead.strip()


def _pattern(expected: str) -> str:
    """The page's text as a pattern: "…" is anything, and runs of spaces are one."""
    return ".*".join(re.escape(" ".join(part.split())) for part in expected.split("…")).replace(r"\ ", r"\s*")


def _prints(expected: str, printed: str) -> bool:
    return re.search(_pattern(expected), " ".join(printed.split()), re.DOTALL) is not None


@pytest.mark.needs("curl")
def test_the_quickstart_does_what_it_says(reader: Reader) -> None:
    """Every block of the quickstart, in order, in one shell."""
    page = _shell_blocks(PROJECT / "docs" / "quickstart.md")
    assert len(page) > 10
    answers = reader.types([text for text, _expected in page])
    assert len(answers) == len(page)
    for (text, expected), (code, printed) in zip(page, answers, strict=True):
        if expected is None:
            assert code == 0, f"{text}\n{printed}"
        else:
            assert _prints(reader.replaced(expected), printed), f"{text}\nprinted\n{printed}\ninstead of\n{expected}"


@pytest.mark.needs("curl")
def test_the_tour_of_the_readme_does_what_it_says(reader: Reader) -> None:
    """Create, paste the two printed commands, take the permission away, paste the second again."""
    (create, told), (withdraw, _none) = _shell_blocks(PROJECT / "README.md")
    bought, read, refused = (each.text for each in blocks(PROJECT / "README.md") if each.language == "json")
    base = f"export ADMINCENTER_PUBLIC_URL={ADDRESS}\n"
    [(code, printed)] = reader.types([base + create])
    assert code == 0, printed
    assert told is not None
    assert _prints(reader.replaced(told), printed), printed
    [first, second] = [line.replace("curl ", "curl -s ", 1) for line in printed.splitlines() if line.strip().startswith("curl")]
    app_id = re.findall(r"App ID\s+(\d{16})", printed)[0]
    [(_code, answer)] = reader.types([first])
    assert _prints(bought, answer), answer
    token = re.findall(r'"access_token":"(\w+)"', answer)[0]
    answers = reader.types([f"TOKEN={token}\n{second}", withdraw.replace("APP_ID", app_id), f"TOKEN={token}\n{second}"])
    assert _prints(read, answers[0][1]), answers
    assert answers[1][0] == 0, answers
    assert _prints(refused, answers[2][1]), answers


@pytest.mark.parametrize(("expected", "printed"), [("a … c", "a b c"), ('{"n":1,…}', '{"n":1,"m":2}'), ("a  b", "a b")])
def test_three_dots_stand_for_anything(expected: str, printed: str) -> None:
    """The comparison itself takes what it should."""
    assert _prints(expected, printed)


@pytest.mark.parametrize(("expected", "printed"), [("a … c", "a b"), ('"code":10', '"code":190'), ("one.two", "one two")])
def test_another_text_is_noticed(expected: str, printed: str) -> None:
    """And refuses what it should."""
    assert not _prints(expected, printed)
