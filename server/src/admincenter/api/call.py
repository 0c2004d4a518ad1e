"""What a handler gets: an admitted call, and the few things of this process that it may use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from admincenter.api.credential import Presented
from admincenter.api.recorder import Recorder
from admincenter.api.reply import Reply
from admincenter.api.request import Request
from admincenter.api.storage import Storage
from admincenter.core.credentials import Entropy
from admincenter.core.keys import Keyring
from admincenter.core.network import Client
from admincenter.core.ports import Facts
from admincenter.core.tokens import Moved


@dataclass(slots=True)
class Door:
    """What every call of this process shares. `keyring` is replaced when the key file changes."""

    storage: Storage
    recorder: Recorder
    keyring: Keyring
    clock: Callable[[], int]
    entropy: Entropy
    base: Callable[[Request], str]
    ready: Callable[[], Awaitable[str]]
    metrics: Callable[[], bytes]
    metrics_for: str


@dataclass(slots=True)
class Call:
    """An admitted call of an integration."""

    door: Door
    request: Request
    facts: Facts
    presented: Presented
    client: Client
    now: int


@dataclass(slots=True)
class Visit:
    """A call of a public path: nobody was asked who they are."""

    door: Door
    request: Request
    client: Client


Handler = Callable[[Call], Awaitable[Reply | Moved]]
PublicHandler = Callable[[Visit], Awaitable[Reply]]
