"""Every refusal of the product, as one tree without status codes.

    Refusal                          a sentence that a person can act on
    ├── CallRefused                  a machine's request (contract, section 2)
    │   ├── TokenMissing             no credential on a call that needs one
    │   ├── TokenMalformed           not a token of ours: None, garbage, wrong checksum, an App Secret
    │   ├── CredentialWrong          unknown App ID or wrong secret, indistinguishable
    │   ├── IntegrationOff           switched off or deleted
    │   ├── TokenExpired             two hours are over
    │   ├── TokenDead                the previous token: superseded, reset, switched off, revoked
    │   ├── TokenUnknown             well-formed, but neither the live nor the previous token of anyone
    │   ├── AddressRefused           not on the allowlist
    │   ├── PermissionMissing        the integration does not hold the permission
    │   ├── RateLimited              over an allowance; says when to come back
    │   ├── ParameterBad             a parameter is missing, malformed or given twice
    │   ├── ClientSideUse            a credential sent by a browser page (the tripwire)
    │   ├── CursorBad                not ours, edited, or of another instance
    │   ├── ScimBad                  a SCIM request that cannot be read or carried out; says its scimType
    │   ├── BulkTooLarge             more operations in one request than are taken
    │   ├── GenerationMismatch       `expected_generation` is not the counter
    │   ├── NoLiveToken              nothing to fetch
    │   ├── AccountUnknown           no such account in this instance
    │   ├── NameTaken                another account of the instance has this user name, case ignored
    │   ├── VersionMismatch          `If-Match` names another version than the account has
    │   ├── AccountClaimed           a claimed account that is protected from deletion
    │   ├── AttributeBad             a value of an account that cannot be stored
    │   ├── SearchTooLong            a filter or an order that no index answers, over too many accounts
    │   ├── BodyTooLarge, HeadersTooLarge, DeadlinePassed, ContentTypeWrong, RequestMalformed, HostUnknown
    │   ├── PathUnknown, MethodUnknown, FeatureMissing, FilterForbidden
    │   ├── UserAgentMissing         a client that does not say who it is, where that is asked
    │   ├── StorageUnavailable       nothing was stored, or nothing could be read
    │   ├── OutcomeUnknown           it may or may not have been stored
    │   └── Unexpected               a fault of ours; says nothing but the request id
    ├── ChangeRefused                an admin's change
    │   ├── InstanceUnknown, InstanceAmbiguous, IntegrationUnknown
    │   ├── PermissionUnknown, PermissionOutsidePurpose, PurposeUnknown
    │   ├── NetworkBad               not an address or network, host bits, or wider than is ever allowed
    │   ├── ConfirmationNeeded       a wide network, the last entry of an allowlist
    │   ├── ValueBad                 a name, description or owner that cannot be stored
    │   └── KeyRefused               a step of a key's life that cannot be taken now
    └── StartRefused                 this program cannot work on this data; nothing was touched

Each door has one total table from these classes to its answers; a class without a row fails a test.
"""


class Refusal(Exception):
    """Something was asked for and is not given. `str()` is the sentence; it never holds a secret or a token."""


class CallRefused(Refusal):
    """A machine's request is refused."""


class TokenMissing(CallRefused):
    """No credential came with a call that needs one."""

    def __init__(self) -> None:
        super().__init__("An access token is required to request this resource.")


class TokenMalformed(CallRefused):
    """What came is not a token of ours; found without a look-up."""

    def __init__(self, hint: str = "") -> None:
        super().__init__("Invalid OAuth access token - Cannot parse access token" + (f": {hint}" if hint else ""))


class CredentialWrong(CallRefused):
    """Unknown App ID or wrong secret. One message, so that App IDs cannot be enumerated."""

    def __init__(self) -> None:
        super().__init__("Invalid OAuth access token signature.")


class IntegrationOff(CallRefused):
    """The integration is switched off or deleted."""

    def __init__(self, state: str) -> None:
        super().__init__(f"Error validating access token: the integration is {state}.")


class TokenExpired(CallRefused):
    """The token's two hours are over."""

    def __init__(self, message: str = "Error validating access token: it has expired. Request a new one.") -> None:
        super().__init__(message)


class TokenDead(CallRefused):
    """The token was the integration's last one and died early; the message says why."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Error validating access token: {why}.")


class TokenUnknown(CallRefused):
    """A well-formed token that is neither the live nor the previous token of any integration."""

    def __init__(self) -> None:
        super().__init__("Error validating access token: it is not, or no longer, known. Request a new one.")


class AddressRefused(CallRefused):
    """The client address is not on the allowlist. Told only to a proved credential."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"This IP can't make requests for that application. (seen as {seen})")


class PermissionMissing(CallRefused):
    """The integration does not hold the permission that this call needs."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"Application does not have permission for this action: it needs {permission}")
        self.permission = permission


class RateLimited(CallRefused):
    """Over an allowance. `retry_after` is whole seconds, `percent` how much of the allowance is used."""

    def __init__(self, message: str, retry_after: int, percent: int = 100) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.percent = percent


class ParameterBad(CallRefused):
    """A parameter is missing, malformed or given twice; the message names it."""


class ClientSideUse(CallRefused):
    """A credential was sent by something that looks like a browser page."""

    def __init__(self) -> None:
        super().__init__(
            "App Secrets and access tokens may not be used from client-side code: "
            "this request looks like a browser page's. Call from a server instead"
        )


class CursorBad(CallRefused):
    """A paging cursor that is not ours, was edited, or is another instance's."""

    def __init__(self) -> None:
        super().__init__("Invalid cursors values: use a cursor of this instance exactly as it was given")


class ScimBad(CallRefused):
    """A SCIM request cannot be read or carried out as it is; the message says what to fix. `scim_type` is the RFC's keyword."""

    def __init__(self, message: str, scim_type: str = "invalidValue") -> None:
        super().__init__(message)
        self.scim_type = scim_type


class BulkTooLarge(CallRefused):
    """A Bulk request holds more operations than are taken at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A Bulk request takes at most {limit} operations; send them in several requests")


class GenerationMismatch(CallRefused):
    """`expected_generation` differs from the integration's counter, which is told."""

    def __init__(self, generation: int) -> None:
        super().__init__(
            f"expected_generation does not match: the integration's counter is {generation}. "
            "Fetch the current token, or repeat with that number"
        )
        self.generation = generation


class NoLiveToken(CallRefused):
    """There is no live token to fetch. `generation` is the next mint's `expected_generation`."""

    def __init__(self, generation: int) -> None:
        super().__init__("No token is alive. Request a new one")
        self.generation = generation


class AccountUnknown(CallRefused):
    """No such account in this instance, or it is deleted."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"There is no account {account_id} here")


class NameTaken(CallRefused):
    """Another account of the instance has this user name; case is ignored."""

    def __init__(self, user_name: str) -> None:
        super().__init__(f"The userName {user_name!r} is taken by another account; case is ignored")


class VersionMismatch(CallRefused):
    """The account changed since the version that the request names."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The account is at version {version}, which is none of those in If-Match; read it again")
        self.version = version


class AccountClaimed(CallRefused):
    """A claimed account is protected from deletion here."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"Account {account_id} was claimed, and claimed accounts are not deleted here; deactivate it instead")


class AttributeBad(CallRefused):
    """A value of an account that cannot be stored; the message names it."""


class SearchTooLong(CallRefused):
    """A search that no index answers took longer than a search may."""

    def __init__(self) -> None:
        super().__init__(
            "This search would take too long: no index answers it. Filter by userName, externalId, emails.value, id, active, "
            "meta.created or meta.lastModified"
        )


class BodyTooLarge(CallRefused):
    """The body is over the cap of `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is larger than {limit} bytes")


class HeadersTooLarge(CallRefused):
    """Over 16 kB or 64 lines of headers."""

    def __init__(self) -> None:
        super().__init__("The request's headers are larger than 16384 bytes or have more than 64 lines")


class DeadlinePassed(CallRefused):
    """The whole request did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The whole request did not arrive within {seconds:g} seconds")


class ContentTypeWrong(CallRefused):
    """The body is of a content type that this path does not read."""

    def __init__(self, accepted: str) -> None:
        super().__init__(f"This content type is not read here; send {accepted}")


class RequestMalformed(CallRefused):
    """Not HTTP as we speak it."""

    def __init__(self, message: str = "The request is not well-formed HTTP") -> None:
        super().__init__(message)


class HostUnknown(CallRefused):
    """The Host header is not this server's."""

    def __init__(self) -> None:
        super().__init__("The Host header does not name this server; see ADMINCENTER_PUBLIC_URL")


class PathUnknown(CallRefused):
    """No such path."""

    def __init__(self) -> None:
        super().__init__("Unknown path components")


class MethodUnknown(CallRefused):
    """The path exists, the method does not. `allowed` lists those that do."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"Unsupported request method; this path takes {allowed}")
        self.allowed = allowed


class FeatureMissing(CallRefused):
    """A part of the protocol that this server does not offer; the message says what to use instead."""


class FilterForbidden(CallRefused):
    """A filter where the protocol allows none: on what describes the server."""

    def __init__(self) -> None:
        super().__init__("What describes this server cannot be filtered; leave the filter out")


class UserAgentMissing(CallRefused):
    """No User-Agent came with a call in the compatible dialect."""

    def __init__(self) -> None:
        super().__init__("Send a User-Agent header that names your program")


class StorageUnavailable(CallRefused):
    """The database cannot be read or written now; nothing was changed."""

    def __init__(self, message: str = "Storage is not available; nothing was changed. Try again") -> None:
        super().__init__(message)


class OutcomeUnknown(CallRefused):
    """The change may or may not have been stored; repeating it is harmless."""

    def __init__(self) -> None:
        super().__init__("It is not known whether the change was stored. Repeat the request")


class Unexpected(CallRefused):
    """A fault of ours. The client learns nothing but the request id."""

    def __init__(self) -> None:
        super().__init__("An unexpected error has occurred")


class ChangeRefused(Refusal):
    """An admin's change is refused."""


class InstanceUnknown(ChangeRefused):
    """No such instance."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no instance {name!r}. `admincenter instance list` shows them")


class InstanceAmbiguous(ChangeRefused):
    """More than one instance exists and none was chosen, or a name fits several."""

    def __init__(self) -> None:
        super().__init__("More than one instance exists: choose one with --instance (its id, or its name where unique)")


class IntegrationUnknown(ChangeRefused):
    """No such integration in this instance, or it is deleted."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"There is no integration {app_id} here. `admincenter integration list` shows them")


class PurposeUnknown(ChangeRefused):
    """No such purpose."""

    def __init__(self, text: str, known: str) -> None:
        super().__init__(f"There is no purpose {text!r}; the purposes are {known}")


class PermissionUnknown(ChangeRefused):
    """No such permission."""

    def __init__(self, text: str, known: str) -> None:
        super().__init__(f"There is no permission {text!r}; the permissions are {known}")


class PermissionOutsidePurpose(ChangeRefused):
    """The purpose of the integration does not allow the permission."""

    def __init__(self, permission: str, purpose: str, allowed: str) -> None:
        super().__init__(f"An integration for the purpose {purpose} cannot hold {permission}; it may hold {allowed}")


class NetworkBad(ChangeRefused):
    """An allowlist entry that is malformed, has host bits, or is wider than is ever allowed."""


class ConfirmationNeeded(ChangeRefused):
    """A step that is allowed, but only when it is confirmed. `flag` is the confirmation's name."""

    def __init__(self, message: str, flag: str) -> None:
        super().__init__(f"{message} Confirm with {flag}")
        self.flag = flag


class ValueBad(ChangeRefused):
    """A text or number that cannot be stored; the message names it."""


class KeyRefused(ChangeRefused):
    """A step of a server key's life that cannot be taken now; the message says why and what to do."""


class StartRefused(Refusal):
    """The program cannot work on this data; the message is one clear line, and nothing was touched."""
