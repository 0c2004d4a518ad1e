"""What the core needs from outside, as small protocols, one per noun. `store/` implements them for each engine.

Everything here works inside one open transaction. Times are integer microseconds since 1970, UTC. Look-ups and mints take
lists, so that an engine can answer all that wait at one moment together (D6).
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from admincenter.core.account_search import Condition, Order, Place
from admincenter.core.audit import Cut, Event, Head, Record

T = TypeVar("T")


class Change(NamedTuple, Generic[T]):
    """What an operation did: its value, and the events that commit together with it."""

    value: T
    events: Sequence[Event]


class Instance(NamedTuple):
    """One organisation. `cursor_key` signs paging cursors and never changes."""

    instance: str
    name: str
    created_at: int
    cursor_key: bytes


class Facts(NamedTuple):
    """What the gate needs to know of an integration: one row, one SELECT (D9)."""

    instance: str
    app_id: str
    name: str
    enabled: int
    deleted_at: int | None
    url_credentials: int
    access: bytes
    access_version: int
    secret_digest: bytes
    secret_key: str
    token_digest: bytes | None
    issued_at: int | None
    generation: int
    sealed: bytes | None
    previous_digest: bytes | None
    previous_expires_at: int | None
    previous_reason: str | None


class Integration(NamedTuple):
    """An integration as admins see it."""

    instance: str
    app_id: str
    name: str
    description: str
    owner: str
    purpose: str
    created_at: int
    deleted_at: int | None
    enabled: int
    url_credentials: int
    secret_set_at: int
    access_version: int
    issued_at: int | None
    generation: int


class Standing(NamedTuple):
    """Which secret an integration has since when, and what it may do from where: what a restore compares."""

    app_id: str
    enabled: int
    deleted_at: int | None
    access: bytes
    secret_digest: bytes
    secret_key: str
    secret_set_at: int


class NewIntegration(NamedTuple):
    """The row of an integration at its creation."""

    instance: str
    app_id: str
    name: str
    description: str
    owner: str
    purpose: str
    created_at: int
    secret_digest: bytes
    secret_key: str


class TokenRow(NamedTuple):
    """What a mint writes, on the conditions under which it was allowed (D8)."""

    app_id: str
    proved: bytes
    access_version: int
    before: int
    token_digest: bytes
    token_key: str
    issued_at: int
    sealed: bytes
    superseded_until: int
    secret_digest: bytes
    secret_key: str


class UsageCount(NamedTuple):
    """Calls of one integration with one permission from one address on one day (days since 1970)."""

    instance: str
    app_id: str
    permission: str
    address: str
    day: int
    times: int
    last_at: int


class WaitingAddress(NamedTuple):
    """An address that a genuine credential was used from though it is not on the list."""

    instance: str
    app_id: str
    address: str
    times: int
    first_at: int
    last_at: int


class HourCount(NamedTuple):
    """How many events of a kind an instance had in one hour (hours since 1970)."""

    instance: str
    hour: int
    kind: str
    events: int


class Window(NamedTuple):
    """A stretch of an instance's log: sequences strictly between `above` and `below`, oldest or newest first."""

    instance: str
    above: int
    below: int
    limit: int
    ascending: bool


class ServerKeyRecord(NamedTuple):
    """A key that the database knows: its fingerprint, whether new digests use it, and when it was added."""

    key_id: str
    is_primary: int
    added_at: int


class Proof(NamedTuple):
    """On which state of an integration a write was allowed: a live token, and permissions and addresses of this version."""

    instance: str
    app_id: str
    token_digest: bytes | None
    access_version: int


class Account(NamedTuple):
    """An account of the directory. `document` is what clients read; there is an access code in it until `code_expires_at`."""

    instance: str
    account_id: str
    user_name: str
    external_id: str | None
    active: int
    version: int
    created_at: int
    modified_at: int
    invited_at: int | None
    claimed_at: int | None
    code_expires_at: int | None
    document: bytes


class AccountKeys(NamedTuple):
    """What an account is found by besides its columns: its user name and its e-mail addresses, case ignored."""

    user: bytes
    emails: Sequence[bytes]


class AccountChange(NamedTuple):
    """What an account looked like before a change or its deletion: the version and document it had, without an access code."""

    instance: str
    account_id: str
    version: int
    changed_at: int
    actor: str
    document: bytes


class Invitation(NamedTuple):
    """A row of the outbox. `state` is pending, withdrawn or claimed; `version` the account's with which it was made."""

    instance: str
    account_id: str
    version: int
    state: str
    invited_at: int
    settled_at: int | None


class Instances(Protocol):
    """The organisations."""

    def insert(self, row: Instance) -> None: ...
    def get(self, instance: str) -> Instance | None: ...
    def all(self) -> list[Instance]: ...
    def rename(self, instance: str, name: str) -> None: ...
    def setting(self, instance: str, name: str) -> str | None: ...
    def set_setting(self, instance: str, name: str, value: str) -> None: ...


class Integrations(Protocol):
    """The integrations, their permissions and allowlists, and the one live token of each."""

    def facts_by_app_id(self, app_ids: Sequence[str]) -> list[Facts | None]: ...
    def facts_by_token(self, presented: Sequence[Sequence[bytes]]) -> list[Facts | None]: ...
    def insert(self, row: NewIntegration) -> None: ...
    def get(self, instance: str, app_id: str) -> Integration | None: ...
    def all(self, instance: str) -> list[Integration]: ...
    def any(self) -> bool:
        """Whether there is, or ever was, one."""

    def rename(self, instance: str, app_id: str, name: str) -> None: ...
    def set_enabled(self, instance: str, app_id: str, enabled: bool) -> None: ...
    def set_url_credentials(self, instance: str, app_id: str, on: bool) -> None: ...
    def bury(self, instance: str, app_id: str, now: int) -> None: ...
    def set_secret(self, instance: str, app_id: str, digest: bytes, key_id: str, now: int) -> None: ...
    def permissions(self, instance: str, app_id: str) -> list[str]: ...
    def grant(self, instance: str, app_id: str, permission: str, now: int) -> None: ...
    def withdraw(self, instance: str, app_id: str, permission: str) -> None: ...
    def networks(self, instance: str, app_id: str) -> list[str]: ...
    def allow(self, instance: str, app_id: str, network: str, now: int) -> None: ...
    def disallow(self, instance: str, app_id: str, network: str) -> None: ...
    def set_access(self, instance: str, app_id: str, access: bytes) -> None:
        """Writes the compiled access and raises `access_version` by one."""

    def mint(self, rows: Sequence[TokenRow]) -> list[bool]:
        """Replaces live tokens, each only if its conditions still hold; says which did."""

    def kill_token(self, instance: str, app_id: str, reason: str) -> bool:
        """Makes the live token the previous one, with the reason; whether there was one."""

    def kill_all_tokens(self, instance: str, reason: str) -> int:
        """The same for every integration of the instance; how many tokens died."""

    def forget_tokens(self, instance: str, generations: int) -> None:
        """After a restore: no token, no previous token, no sealed copy; each counter moves on."""

    def issued_after(self, instance: str, moment: int) -> list[str]:
        """App IDs whose live token was issued later than the moment."""

    def proofs(self, app_ids: Sequence[str]) -> list[Proof]:
        """How those of them stand that are switched on and not deleted; locks nothing."""

    def standings(self, instance: str) -> list[Standing]: ...
    def secrets_under(self, key_id: str) -> list[str]:
        """App IDs of live integrations whose secret or live token needs the key."""

    def waiting(self, instance: str, app_id: str) -> list[WaitingAddress]: ...
    def add_waiting(self, rows: Sequence[WaitingAddress]) -> None: ...


class AuditLog(Protocol):
    """The chained events of each instance."""

    def head(self, instance: str) -> Head: ...
    def heads(self, instances: Sequence[str]) -> list[Head]:
        """The ends of several chains, given in order; nobody else moves them before the commit."""

    def append(self, records: Sequence[Record], heads: Sequence[tuple[str, Head]], counts: Sequence[HourCount] = ()) -> None:
        """The next rows, the new ends, and what to add to the roll-up, each of its rows at most once."""

    def payloads(self, window: Window) -> list[tuple[int, bytes]]:
        """Sequence and bytes of what a client may read: not what retention has cut and not yet deleted."""

    def records(self, window: Window) -> list[Record]: ...
    def sequence_at(self, instance: str, moment: int) -> int:
        """The first sequence recorded at or after the moment; one past the end if there is none."""

    def cuts(self, instance: str) -> list[Cut]: ...
    def add_cut(self, instance: str, cut: Cut) -> None: ...
    def delete_through(self, instance: str, through: int, limit: int) -> int:
        """Deletes at most `limit` rows up to `through`, oldest first; how many."""


class UsageLog(Protocol):
    """Ordinary API reads, counted."""

    def add(self, counts: Sequence[UsageCount]) -> None: ...
    def of(self, instance: str, app_id: str) -> list[UsageCount]: ...


class ServerKeys(Protocol):
    """Fingerprints of the keys that digests are made under; the keys themselves are outside the database."""

    def lock(self) -> None:
        """Until the commit nobody else changes the keys, or makes a digest under one. Comes before anything is read."""

    def all(self) -> list[ServerKeyRecord]: ...
    def insert(self, key_id: str, now: int) -> None: ...
    def promote(self, key_id: str) -> None: ...
    def delete(self, key_id: str) -> None: ...


class Accounts(Protocol):
    """The account directory of each instance."""

    def lock(self, instance: str) -> None:
        """Until the commit nobody else writes accounts of the instance. Several instances are locked in their order."""

    def get(self, instance: str, account_id: str) -> Account | None: ...
    def was_given(self, instance: str, account_id: str) -> bool:
        """Whether an account has, or ever had, this identifier."""

    def is_named(self, instance: str, user_key: bytes) -> bool: ...
    def insert(self, row: Account, keys: AccountKeys) -> bool:
        """Adds it, unless its user name is taken; whether it did."""

    def update(self, row: Account, keys: AccountKeys | None) -> None:
        """Writes the row again; with other keys, where some are given."""

    def delete(self, instance: str, account_id: str, now: int) -> None:
        """Its user name is free at once; its identifier is never given again."""

    def select(self, instance: str, where: Condition | None, order: Order, place: Place) -> list[Account]: ...
    def count_where(self, instance: str, where: Condition) -> int: ...
    def count(self, instance: str) -> int:
        """How many there are, from a counter."""

    def count_rows(self, instance: str) -> int:
        """How many there are, row by row."""

    def count_up(self, counts: Sequence[tuple[str, int]]) -> None:
        """Moves the counters, given in the order of their instances."""

    def active(self, instance: str) -> list[str]: ...
    def with_codes_until(self, moment: int, limit: int) -> list[Account]:
        """Accounts of all instances whose access code expires at the moment or before, the earliest first."""


class AccountJournal(Protocol):
    """What accounts looked like before, and the outbox of invitations."""

    def note(self, change: AccountChange) -> None: ...
    def changes(self, instance: str, account_id: str) -> list[AccountChange]: ...
    def invite(self, instance: str, account_id: str, version: int, now: int) -> None: ...
    def settle(self, instance: str, account_id: str, state: str, now: int) -> None:
        """Ends the pending invitation of an account, if there is one."""

    def invitations(self, instance: str, account_id: str) -> list[Invitation]: ...
    def trim(self, before: int, limit: int) -> int:
        """Deletes at most so many changes, and so many settled invitations, that are older; how many."""


class Tx(Protocol):
    """One open transaction."""

    @property
    def now(self) -> int:
        """The time, read inside the transaction (D18)."""

    def prove_writable(self) -> None:
        """Writes something that means nothing, for the probe of readiness."""

    @property
    def instances(self) -> Instances: ...
    @property
    def integrations(self) -> Integrations: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def usage(self) -> UsageLog: ...
    @property
    def server_keys(self) -> ServerKeys: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def account_journal(self) -> AccountJournal: ...
