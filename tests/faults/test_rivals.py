"""Many processes mint, reset, disable and enable one integration at once, over one database (A04, A05; D8)."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from admincenter.core.credentials import TOKEN_PREFIX, digests
from admincenter.core.errors import CallRefused
from admincenter.core.ports import Facts, Tx
from admincenter.core.tokens import check_live
from admincenter.store.opening import Store
from tests.faults.standing import After, Standing, look

_PROGRAM = Path(__file__).with_name("rival.py")
_HANGS = 60


class Minted(NamedTuple):
    """A token that a rival was given: by which secret, counted from the first."""

    generation: int
    token: str
    secret: int


def _start(standing: Standing, role: str, rounds: int) -> "subprocess.Popen[str]":
    secrets = standing.data.with_name("secrets")
    if not secrets.exists():
        secrets.write_text(standing.secret + "\n")
    command = [sys.executable, str(_PROGRAM), str(standing.data), standing.app_id, str(secrets), role, str(rounds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(rival: "subprocess.Popen[str]") -> dict[str, Any]:
    assert rival.stdout is not None
    found = json.loads(rival.stdout.readline())
    assert isinstance(found, dict)
    return found


def _go(rivals: "list[subprocess.Popen[str]]") -> None:
    for each in rivals:
        assert _line(each) == {"ready": True}
    for each in rivals:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()


def _end(rival: "subprocess.Popen[str]", status: int = 0) -> list[dict[str, Any]]:
    said, _nothing = rival.communicate(timeout=_HANGS)
    assert rival.returncode == status
    return [json.loads(line) for line in said.splitlines() if line.endswith("}")]


def _minted(said: list[dict[str, Any]]) -> list[Minted]:
    return [Minted(each["generation"], each["token"], each["secret"]) for each in said if "token" in each]


def _live_at_the_end(after: After, minted: dict[int, Minted]) -> int | None:
    """Walks the log: each token was bought with the secret of its moment, while the integration was on; which one lives."""
    resets, on, live = 0, True, None
    for number, record in enumerate(after.log):
        match record.kind:
            case "token.issued":
                live = json.loads(record.payload)["extra_data"]["generation"]
                assert on, number
                assert minted[live].secret == resets, "minted by a secret that was reset before"
            case "secret.reset":
                resets, live = resets + 1, None
            case "integration.disabled" | "integration.enabled":
                on, live = record.kind == "integration.enabled", None
    return live


def _still_live(standing: Standing, minted: list[Minted]) -> list[int]:
    """The generations of the tokens that the gate would admit."""
    store, live = Store(standing.data), []
    for each in minted:
        presented = digests(TOKEN_PREFIX, store.keyring().keys, each.token)
        [facts] = store.read(partial(_found, presented=presented))
        with suppress(CallRefused):
            if facts is not None:
                check_live(facts, presented, store.clock())
                live.append(each.generation)
    store.close()
    return live


def _found(tx: Tx, presented: Sequence[bytes]) -> list[Facts | None]:
    return tx.integrations.facts_by_token([presented])


@pytest.mark.slow
def test_of_all_tokens_that_rivals_were_given_at_most_the_last_one_lives(standing: Standing) -> None:
    """And it was bought with the secret that was right when it took effect, and each has its one event."""
    roles = [("mint", 120), ("mint", 120), ("mint", 120), ("reset", 25), ("switch", 12)]
    rivals = [_start(standing, role, rounds) for role, rounds in roles]
    _go(rivals)
    said = [each for rival in rivals for each in _end(rival)]
    minted = sorted(_minted(said))
    refused = {each["refused"] for each in said if "refused" in each}
    assert {"Moved", "CredentialWrong"} <= refused <= {"Moved", "CredentialWrong", "IntegrationOff"}
    after = look(standing)
    assert [each.generation for each in minted] == list(range(1, after.facts.generation + 1))
    assert len(after.of_kind("token.issued")) == len(minted) > 50
    live = _live_at_the_end(after, {each.generation: each for each in minted})
    assert _still_live(standing, minted) == ([] if live is None else [live])


@pytest.mark.slow
def test_a_rival_killed_in_the_midst_of_it_stops_nobody(standing: Standing) -> None:
    """The others mint on; of the killed one at most the last token is one that it was never given (F01)."""
    rivals = [_start(standing, "mint", 100) for _ in range(3)]
    _go(rivals)
    victim = rivals.pop()
    of_victim = [_line(victim) for _ in range(20)]
    victim.kill()
    of_victim += _end(victim, -signal.SIGKILL)
    minted = _minted([*of_victim, *(each for rival in rivals for each in _end(rival))])
    after = look(standing)
    issued = set(range(1, after.facts.generation + 1))
    assert len(after.of_kind("token.issued")) == len(issued)
    assert len(minted) == len({each.generation for each in minted}) >= 220
    assert len(issued - {each.generation for each in minted}) <= 1
    assert _still_live(standing, minted) in ([after.facts.generation], [])
