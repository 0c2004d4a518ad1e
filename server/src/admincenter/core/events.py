"""The catalogue: every audit event once. `docs/reference/events.md` is written from it.

A key is `noun.past_participle`, lower case. Keys are never reused and never removed; a retired one stays, marked so. A summary
is a sentence over the event's details. A *finding* is an event that a person must look at.
"""

from typing import NamedTuple


class EventKind(NamedTuple):
    """One kind of event: its key, the name that clients see, the sentence, and what each detail means."""

    key: str
    name: str
    summary: str
    details: dict[str, str]
    finding: bool = False


_APP_ID = {"app_id": "the App ID of the integration"}
_GROUPED = {
    "count": "how often it happened in this group",
    "first": "the first time, Unix seconds",
    "last": "the last time, Unix seconds",
    "network": "the /24 or /56 that the group is of",
}
_ACCOUNT = {"user_name": "the account's user name"}
_TOKEN_KILLED = {"token_killed": "whether a live token died with it"}


def _kinds(*kinds: EventKind) -> dict[str, EventKind]:
    return {kind.key: kind for kind in kinds}


CATALOGUE = _kinds(
    EventKind("instance.created", "Instance created", "Instance {name} was created", {"name": "its name"}),
    EventKind(
        "instance.renamed",
        "Instance renamed",
        "Instance {before} was renamed to {name}",
        {"name": "the new name", "before": "the old name"},
    ),
    EventKind(
        "instance.tokens_revoked",
        "All access tokens revoked",
        "All {count} live access tokens of the instance were revoked",
        {"count": "how many tokens died"},
        finding=True,
    ),
    EventKind(
        "instance.restored",
        "Instance restored from a backup",
        "The database was restored from a backup taken at {taken_at}; every token is dead, {secrets_reset} secrets were reset",
        {
            "taken_at": "when the backup was taken, Unix seconds",
            "secrets_reset": "how many App Secrets of this instance were reset",
            "replaced_sequence": "the last event of the log that was replaced, where it could be read",
        },
        finding=True,
    ),
    EventKind(
        "integration.created",
        "Integration created",
        "Integration {name} ({app_id}) was created for the purpose {purpose}",
        _APP_ID
        | {
            "name": "its name",
            "purpose": "what it is for; bounds its permissions",
            "owner": "who answers for it",
            "permissions": "what it may do",
            "allowed_addresses": "from where",
        },
    ),
    EventKind(
        "integration.renamed",
        "Integration renamed",
        "Integration {app_id} was renamed from {before} to {name}",
        _APP_ID | {"name": "the new name", "before": "the old name"},
    ),
    EventKind(
        "integration.enabled",
        "Integration switched on",
        "Integration {app_id} was switched on; its old token stays dead",
        _APP_ID,
    ),
    EventKind(
        "integration.disabled",
        "Integration switched off",
        "Integration {app_id} was switched off",
        _APP_ID | _TOKEN_KILLED,
    ),
    EventKind(
        "integration.deleted",
        "Integration deleted",
        "Integration {name} ({app_id}) was deleted; its App ID is never used again",
        _APP_ID | {"name": "its name"} | _TOKEN_KILLED,
    ),
    EventKind(
        "integration.reconfigured",
        "Integration setting changed",
        "Integration {app_id}: {setting} is now {value}",
        _APP_ID | {"setting": "the setting's name", "value": "its new value"},
    ),
    EventKind(
        "permission.granted",
        "Permission granted",
        "Integration {app_id} may now use {permission}",
        _APP_ID | {"permission": "the permission's key"},
    ),
    EventKind(
        "permission.withdrawn",
        "Permission withdrawn",
        "Integration {app_id} may no longer use {permission}",
        _APP_ID | {"permission": "the permission's key"},
    ),
    EventKind(
        "address.allowed",
        "Address allowed",
        "Integration {app_id} may now be used from {network}",
        _APP_ID | {"network": "the address or network", "wide": "whether it is so wide that it had to be confirmed"},
    ),
    EventKind(
        "address.disallowed",
        "Address disallowed",
        "Integration {app_id} may no longer be used from {network}",
        _APP_ID | {"network": "the address or network", "left": "how many entries are left; with none nobody is admitted"},
    ),
    EventKind(
        "secret.reset",
        "App Secret reset",
        "The App Secret of integration {app_id} was reset ({reason})",
        _APP_ID | {"reason": "asked (by an admin) or restore (after a backup was restored)"} | _TOKEN_KILLED,
    ),
    EventKind(
        "token.issued",
        "Access token issued",
        "Access token {generation} was issued to integration {app_id}",
        _APP_ID | {"generation": "how many tokens were ever issued to it", "expires": "when it dies, Unix seconds"},
    ),
    EventKind(
        "token.fetched",
        "Current access token fetched",
        "The current access token of integration {app_id} was fetched {count} times from {network}",
        _APP_ID | _GROUPED,
    ),
    EventKind(
        "token.revoked",
        "Access token revoked",
        "The live access token of integration {app_id} was revoked",
        _APP_ID | _TOKEN_KILLED,
    ),
    EventKind(
        "token.refused",
        "Access token refused",
        "{count} token requests of integration {app_id} were refused ({reason}) from {network}",
        _APP_ID | _GROUPED | {"reason": "the refusal, see the errors page"},
    ),
    EventKind(
        "call.refused",
        "API call refused",
        "{count} API calls of integration {app_id} were refused ({reason}) from {network}",
        _APP_ID | _GROUPED | {"reason": "the refusal, see the errors page"},
    ),
    EventKind(
        "refusals.summarised",
        "Further refusals",
        "{count} further refusals in {groups} groups were counted in one row",
        {
            "count": "how many refusals",
            "groups": "of how many groups at most",
            "first": "the first, Unix seconds",
            "last": "the last, Unix seconds",
        },
    ),
    EventKind(
        "address.refused",
        "Genuine credential from an address that is not allowed",
        "A genuine credential of integration {app_id} was used {count} times from {network}, which is not allowed",
        _APP_ID | _GROUPED | {"reason": "always AddressRefused"},
        finding=True,
    ),
    EventKind(
        "secret.guessed",
        "Wrong App Secrets",
        "So many wrong secrets came for integration {app_id} from {network} that they were slowed down ({count} times)",
        _APP_ID | _GROUPED | {"reason": "always RateLimited"},
        finding=True,
    ),
    EventKind(
        "secret.seen_in_url",
        "App Secret seen in a URL",
        "The genuine App Secret of integration {app_id} was sent in a URL {count} times; reset it",
        _APP_ID | _GROUPED | {"reason": "what was answered"},
        finding=True,
    ),
    EventKind(
        "token.seen_in_url",
        "Access token seen in a URL or body",
        "A genuine access token of integration {app_id} was sent in a URL or body {count} times",
        _APP_ID | _GROUPED | {"reason": "what was answered"},
        finding=True,
    ),
    EventKind(
        "credential.used_client_side",
        "Credential used in a browser",
        "A genuine credential of integration {app_id} was sent by a browser page {count} times; reset the secret",
        _APP_ID | _GROUPED | {"reason": "always ClientSideUse"},
        finding=True,
    ),
    EventKind(
        "audit.exported",
        "Audit log exported",
        "{count} events were exported as {format}",
        {"count": "how many events", "format": "ndjson or csv", "through": "the last sequence exported"},
    ),
    EventKind(
        "audit.cut",
        "Audit log cut by age",
        "Events up to {through} are older than {days} days and are deleted",
        {"through": "the last sequence that is deleted", "days": "the age", "count": "how many events"},
    ),
    EventKind(
        "instance.reconfigured",
        "Instance setting changed",
        "Instance setting {setting} is now {value}",
        {"setting": "the setting's name", "value": "its new value"},
    ),
    EventKind("account.created", "Account created", "Account {user_name} was created", _ACCOUNT),
    EventKind(
        "account.changed",
        "Account changed",
        "Account {user_name} was changed",
        _ACCOUNT | {"changed": "the names of the attributes that changed, never their values"},
    ),
    EventKind("account.deactivated", "Account deactivated", "Account {user_name} was deactivated", _ACCOUNT),
    EventKind("account.reactivated", "Account reactivated", "Account {user_name} was reactivated", _ACCOUNT),
    EventKind(
        "account.invited",
        "Account invited",
        "Account {user_name} was invited; its access code is good until {expires}",
        _ACCOUNT | {"expires": "when its access code expires, Unix seconds"},
    ),
    EventKind(
        "account.uninvited",
        "Invitation of an account withdrawn",
        "The invitation of account {user_name} was withdrawn; its access code is worth nothing",
        _ACCOUNT,
    ),
    EventKind("account.claimed", "Account claimed", "Account {user_name} was claimed", _ACCOUNT),
    EventKind(
        "account.deleted",
        "Account deleted",
        "Account {user_name} was deleted; its user name is free",
        _ACCOUNT | {"was_claimed": "whether somebody had claimed it"},
    ),
    EventKind(
        "account.exported",
        "Accounts exported",
        "{count} accounts were exported as {format}",
        {"count": "how many there were", "format": "csv or ndjson"},
    ),
    EventKind("key.added", "Server key added", "Server key {key_id} was added", {"key_id": "its fingerprint"}),
    EventKind("key.promoted", "Server key promoted", "New digests use key {key_id}", {"key_id": "its fingerprint"}),
    EventKind("key.retired", "Server key retired", "Server key {key_id} was retired", {"key_id": "its fingerprint"}),
    EventKind(
        "database.backed_up",
        "Database backed up",
        "The database was backed up",
        {"file": "the name of the copy, without its folder"},
    ),
    EventKind(
        "database.moved",
        "Database moved to another engine",
        "The whole database was moved to {engine}, with every secret and token as it was",
        {"engine": "where it is served from now on: PostgreSQL, or SQLite after a move that was undone"},
    ),
)
"""Every kind by its key."""
