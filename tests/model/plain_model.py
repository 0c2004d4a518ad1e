"""What should be true, written as plainly as it can be: no database, no digests, no clock but a number."""

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

LIFE = 7_200_000_000

Expected = tuple[int, int | None, int | None]
"""Status, code, subcode."""

OK: Expected = (200, None, None)
EXPIRED: Expected = (400, 190, 463)
DEAD: Expected = (400, 190, 460)
INVALID: Expected = (400, 190, 467)
WRONG: Expected = (400, 190, None)
ADDRESS: Expected = (400, 5, None)
PERMISSION: Expected = (403, 10, None)


@dataclass
class Token:
    """A token that was once issued."""

    text: str
    issued_at: int

    def over(self, now: int) -> bool:
        return now >= self.issued_at + LIFE


@dataclass
class ModelIntegration:
    """An integration. `secret` is None where nobody knows it (after a restore)."""

    app_id: str
    secret: str | None
    networks: set[str]
    permissions: set[str]
    enabled: bool = True
    deleted: bool = False
    generation: int = 0
    live: Token | None = None
    previous: Token | None = None
    secret_version: int = 0

    def kill(self) -> None:
        if self.live is not None:
            self.previous, self.live = self.live, None

    def minted(self, text: str, now: int) -> None:
        self.kill()
        self.live = Token(text, now)
        self.generation += 1

    def expected_of_secret(self, secret: str, address: str) -> Expected:
        """What a token request must be answered."""
        if secret != self.secret:
            return WRONG
        if self.deleted or not self.enabled:
            return INVALID
        return OK if address in self.networks else ADDRESS

    def expected_of_token(self, text: str, address: str, permission: str | None, now: int) -> Expected:
        """What an API call must be answered."""
        known = [each for each in (self.live, self.previous) if each is not None and each.text == text]
        if not known or self.deleted or not self.enabled:
            return INVALID
        if known[0].over(now):
            return EXPIRED
        if known[0] is not self.live:
            return DEAD
        if address not in self.networks:
            return ADDRESS
        return OK if permission is None or permission in self.permissions else PERMISSION


@dataclass
class Model:
    """All integrations, every secret and token that was ever given out, and how many tokens the log must show.

    `past` names the backups that were taken in this history: a restore can compare only with what continued its backup.
    """

    integrations: dict[str, ModelIntegration] = field(default_factory=dict)
    secrets: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)
    issued: int = 0
    past: set[Path] = field(default_factory=set)

    def copy(self) -> "Model":
        return deepcopy(self)

    def expected_of_secret(self, app_id: str, secret: str, address: str) -> Expected:
        found = self.integrations.get(app_id)
        return found.expected_of_secret(secret, address) if found else WRONG

    def expected_of_token(self, app_id: str, text: str, address: str, permission: str | None, now: int) -> Expected:
        found = self.integrations.get(app_id)
        return found.expected_of_token(text, address, permission, now) if found else INVALID

    def restored_from(self, file: Path, backup: "Model") -> "Model":
        """The backup's state, with every token dead, and every secret that was reset, switched off or deleted since, reset.

        All secrets are reset where the replaced history is not that of the backup.
        """
        after = backup.copy()
        known = self.integrations if file in self.past else {}
        after.secrets, after.tokens = list(self.secrets), list(self.tokens)
        for app_id, each in after.integrations.items():
            each.live = each.previous = None
            each.generation += 1_000_000
            now = known.get(app_id)
            lost = now is None or now.secret_version != each.secret_version or now.deleted or not now.enabled
            if lost and not each.deleted:
                each.secret = None
                each.secret_version += 1
        return after
