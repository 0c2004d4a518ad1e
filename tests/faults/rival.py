"""A program: one of several processes that fight over one integration. Prints, one JSON line each, what it achieved.

    rival.py DATA APP_ID SECRETS ROLE ROUNDS

SECRETS is a file with every App Secret there ever was, one a line; who resets the secret appends the new one. Each rival
starts when a line comes on its standard input.
"""

import json
import os
import random
import sys
import time
from functools import partial
from pathlib import Path

from admincenter.core import integrations
from admincenter.core.audit import SYSTEM
from admincenter.core.credentials import SECRET_PREFIX, digests
from admincenter.core.decision import Question, decide
from admincenter.core.errors import CallRefused
from admincenter.core.network import Address
from admincenter.core.ports import Change, Facts
from admincenter.core.surface import at
from admincenter.core.tokens import Mint, Moved, mint_all
from admincenter.store.database import Database
from admincenter.store.opening import Store
from admincenter.store.writer import Job, commit_batch, write_one


class Rival:
    """One process over the store."""

    def __init__(self, data: str, app_id: str, secrets: str) -> None:
        self.store = Store(Path(data))
        self.database: Database = self.store.engine.connect()
        self.app_id, self.secrets = app_id, Path(secrets)
        self.keys = self.store.keyring()
        self.opening = at("/work_get_token")["POST"]

    def _facts(self) -> Facts:
        [facts] = self.database.tx.integrations.facts_by_app_id([self.app_id])
        assert facts is not None
        return facts

    def mint(self) -> None:
        """One token request with the newest secret or the one before it, decided like any other."""
        listed = self.secrets.read_text().split("\n")[:-1]
        number = max(0, len(listed) - random.choice((1, 1, 2)))
        presented = digests(SECRET_PREFIX, self.keys.keys, listed[number])
        facts = self._facts()
        question = Question(self.opening, presented, Address(bytes((127, 0, 0, 1))), self.database.tx.now)
        refusal = decide(facts, question).refusal
        if refusal is not None:
            time.sleep(0.005)
            return _say(refused=type(refusal).__name__)
        time.sleep(random.random() * 0.004)  # the race that is run here: what was decided on may change before it takes effect
        asked = Mint(facts, listed[number], None, self.keys.primary, SYSTEM, os.urandom)
        [[outcome]] = commit_batch(self.database, [Job(mint_all, [asked])], os.urandom)
        if isinstance(outcome, Change):
            return _say(generation=outcome.value.generation, token=outcome.value.token, secret=number)
        assert isinstance(outcome, Moved | CallRefused)
        return _say(refused=type(outcome).__name__)

    def reset(self) -> None:
        """A new secret for the integration."""
        where, key = self._facts().instance, self.keys.primary
        made = write_one(
            self.database, lambda tx: integrations.reset_secret(tx, where, self.app_id, key, SYSTEM, os.urandom), os.urandom
        )
        with self.secrets.open("a") as file:
            file.write(made.app_secret + "\n")
        _say(reset=True)
        time.sleep(random.random() * 0.03)

    def switch(self) -> None:
        """Off, and on again."""
        where = self._facts().instance
        for switch, longest in ((integrations.disable, 0.01), (integrations.enable, 0.06)):
            write_one(self.database, partial(switch, instance=where, app_id=self.app_id, by=SYSTEM), os.urandom)
            time.sleep(random.random() * longest)
        _say(switched=True)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    rival = Rival(*sys.argv[1:4])
    role, rounds = sys.argv[4:]
    _say(ready=True)
    sys.stdin.readline()
    for _ in range(int(rounds)):
        getattr(rival, role)()
    rival.database.close()
    rival.store.close()
