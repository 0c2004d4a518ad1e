"""What no file of the repository may hold: secrets, the paths of somebody's machine, the hosts of package registries."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, mint_text, read_text
from admincenter.core.errors import TokenMalformed
from tests.house.conftest import Plant
from tests.house.tree import PROJECT, files

BINARY = {".png", ".ico", ".woff2", ".gz", ".db"}
VECTORS = "tests/vectors/"

OURS = re.compile(rb"(?<![0-9A-Za-z])(ac[st]_[0-9A-Za-z]{51})(?![0-9A-Za-z])")
FOREIGN = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    rb"|\bxox[abps]-[0-9A-Za-z-]{20,}|\b(?:glpat|sk|pypi)-[A-Za-z0-9_-]{20,}|^digest [0-9a-f]{16} [A-Za-z0-9+/]{43}=$",
    re.MULTILINE,
)
MACHINE = re.compile(rb"(?<![\w.:/])/(?:(?:work|home|root|tmp/[a-z]+_jobs|mnt|opt/hosted)/[\w.-]+|Users/[A-Za-z][\w.-]*/\w)")
REGISTRIES = re.compile(rb"pypi[.]org|python[h]osted|registry[.]npmjs|npmjs[.]org|crates[.]io\b|docker[.]io\b|proxy[.]golang")
INDEX = re.compile(rb"(?<!no-emit-)index-url[= ](?=\S)")
WRITTEN_BY = re.compile(rb"\b(?:Cl[a]ude|Chat[G]PT|Anth[r]opic|Open[A]I|Co[p]ilot|language [m]odel|AI-[g]enerated|L[L]Ms?)\b")
"""The brackets keep these patterns from finding themselves."""

Rule = Callable[[Path], list[str]]


def _holding(root: Path, pattern: re.Pattern[bytes]) -> list[str]:
    found = []
    for path in files(root):
        if path.suffix not in BINARY:
            content = path.read_bytes()
            name = path.relative_to(root).as_posix()
            found += [f"{name}: {match.group().decode(errors='replace')[:40]}" for match in pattern.finditer(content)]
    return found


def secrets(root: Path) -> list[str]:
    """Each text that is, or could be, somebody's secret. The vectors, which were never in use, are there to be read."""
    return [each for each in _genuine(root) if not each.startswith(VECTORS)] + _holding(root, FOREIGN)


def _genuine(root: Path) -> list[str]:
    """Our own credentials with a checksum that fits; an example in the documentation has one that does not."""
    found = []
    for path in files(root):
        for match in OURS.finditer(path.read_bytes()):
            text = match.group(1).decode()
            try:
                read_text(SECRET_PREFIX if text.startswith(SECRET_PREFIX) else TOKEN_PREFIX, text)
            except TokenMalformed:
                continue
            found.append(f"{path.relative_to(root).as_posix()}: {text[:8]}…")
    return found


def machine_paths(root: Path) -> list[str]:
    """Each path of the machine that somebody happened to work on."""
    return _holding(root, MACHINE)


def registry_hosts(root: Path) -> list[str]:
    """Each name of a package registry: which one is used is a matter of the machine, not of the project."""
    return _holding(root, REGISTRIES) + _holding(root, INDEX)


def tools_of_writing(root: Path) -> list[str]:
    """Each mention of what a text was written with, which is nobody's concern here."""
    return _holding(root, WRITTEN_BY)


def too_large(root: Path) -> list[str]:
    """Each file over half a megabyte: results and databases do not belong here."""
    return [path.relative_to(root).as_posix() for path in files(root) if path.stat().st_size > 512_000]


@pytest.mark.parametrize(
    "rule", [secrets, machine_paths, registry_hosts, tools_of_writing, too_large], ids=lambda rule: rule.__name__
)
def test_no_file_holds(rule: Rule) -> None:
    assert rule(PROJECT) == []


LONG = "A1b2" * 20
PLANTED = [
    (secrets, "token = " + mint_text(TOKEN_PREFIX, bytes)),
    (secrets, f"|{mint_text(SECRET_PREFIX, bytes)}"),
    (secrets, "-----BEGIN " + f"PRIVATE KEY-----\n{LONG}"),
    (secrets, "-----BEGIN RSA " + f"PRIVATE KEY-----\n{LONG}"),
    (secrets, "AKIA" + "ABCDEFGHIJKLMNOP"),
    (secrets, "ghp_" + LONG[:36]),
    (secrets, "glpat-" + LONG[:24]),
    (secrets, "digest 0123456789abcdef " + LONG[:43] + "="),
    (machine_paths, "see /" + "work/main"),
    (machine_paths, "open('/" + "home/anna/data')"),
    (machine_paths, "open('/" + "Users/anna/data')"),
    (registry_hosts, "https://pypi." + "org/simple"),
    (registry_hosts, "--index-" + "url https://x"),
    (tools_of_writing, "written with Chat" + "GPT"),
    (too_large, "x" * 600_000),
]


@pytest.mark.parametrize(("rule", "text"), PLANTED, ids=[f"{rule.__name__}-{at}" for at, (rule, _) in enumerate(PLANTED)])
@pytest.mark.parametrize("name", ["README.md", "server/src/a.py", ".ci/run", "deploy/env"])
def test_a_planted_one_is_found_in_any_file(plant: Plant, rule: Rule, text: str, name: str) -> None:
    assert len(rule(plant({name: f"first\n{text}\nlast"}))) == 1


def test_harmless_texts_are_fine(plant: Plant) -> None:
    text = "act_EXAMPLE acs_… https://example.com/home/me ./data /v23.0/me /Users/5 /dev/null /etc/ssl " + "act_" + "x" * 51
    tree = plant(
        {"docs/a.md": text, ".venv/x": "AKIA" + "ABCDEFGHIJKLMNOP", VECTORS + "a.json": mint_text(TOKEN_PREFIX, bytes)}
    )
    assert [rule(tree) for rule in (secrets, machine_paths, registry_hosts, tools_of_writing, too_large)] == [[]] * 5
