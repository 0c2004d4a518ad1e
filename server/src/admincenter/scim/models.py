"""What an account is: scim2-models' User with four extensions, from which every table of this room is made.

Here we differ from the library: an e-mail address is a plain text (a directory stores what its source has), a manager needs
no `$ref` and need not exist, and the three `facebook` extensions are added (contract, section 5).
"""

from datetime import datetime
from typing import Annotated

import scim2_models
from pydantic import Field
from scim2_models import URN, CaseExact, ComplexAttribute, Extension, Mutability, Reference, Required
from scim2_models.attributes import ExtensibleStringEnum

from admincenter.core import account_document

CORE, STATUS = account_document.CORE, account_document.STATUS
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
AUTH_METHOD = "urn:ietf:params:scim:schemas:extension:facebook:authmethod:2.0:User"
TERM = "urn:ietf:params:scim:schemas:extension:facebook:starttermdates:2.0:User"


class Email(ComplexAttribute):
    """An e-mail address of a user."""

    class Type(ExtensibleStringEnum):
        """What RFC 7643 suggests; any other text is kept."""

        work = "work"
        home = "home"
        other = "other"

    value: str | None = None
    """The e-mail address."""

    display: str | None = None
    """A name for display."""

    type: Type | None = None
    """What the address is for, such as 'work' or 'home'."""

    primary: bool | None = None
    """Whether it is the preferred address. At most one of a user's is."""


class User(scim2_models.User):  # type: ignore[type-arg]
    """User Account"""

    emails: list[Email] | None = None  # type: ignore[assignment]
    """E-mail addresses of the user."""


class Manager(ComplexAttribute):
    """A user's manager."""

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the manager; the account need not exist."""

    ref: Annotated[Reference["User"] | None, CaseExact.true] = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The address of the manager's account."""

    display_name: Annotated[str | None, Mutability.read_only] = None
    """The name of the manager. Never set by a client."""


class EnterpriseUser(Extension):
    """Enterprise User"""

    __schema__ = URN(ENTERPRISE)

    employee_number: str | None = None
    """What identifies the person within the organization."""

    cost_center: str | None = None
    """The name of a cost center."""

    organization: str | None = None
    """The name of an organization."""

    division: str | None = None
    """The name of a division."""

    department: str | None = None
    """The name of a department."""

    manager: Manager | None = None
    """The user's manager."""


class AccountStatusDetails(Extension):
    """Account Status Details"""

    __schema__ = URN(STATUS)

    invited: Annotated[bool | None, Required.true] = None
    """Whether the person is invited: true records the invitation, false holds it back or withdraws it. True unless told."""

    claimed: Annotated[bool | None, Mutability.read_only] = None
    """Whether the person has taken the account."""

    claim_date: Annotated[datetime | None, Mutability.read_only] = None
    """When the account was claimed."""

    claim_link: Annotated[Reference[scim2_models.External] | None, Mutability.read_only] = None
    """Where the invited person claims the account."""

    invite_date: Annotated[datetime | None, Mutability.read_only] = None
    """When the person was invited."""

    can_delete: Annotated[bool | None, Mutability.read_only] = None
    """Whether the account may be deleted: it was never claimed."""

    access_code: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The code to claim the account with, until it is used or expires."""

    access_code_expiration_date: Annotated[datetime | None, Mutability.read_only] = None
    """When the access code expires."""


class AuthMethod(Extension):
    """Authentication Method"""

    __schema__ = URN(AUTH_METHOD)

    auth_method: Annotated[str | None, Field(examples=["password", "sso"])] = None
    """How the person signs in: by password, or by single sign-on. No other value is taken."""


class StartTermDates(Extension):
    """Start and Term Dates"""

    __schema__ = URN(TERM)

    start_date: int | None = None
    """The first day of work, in Unix seconds; 0 is unset."""

    term_date: int | None = None
    """The last day of work, in Unix seconds; 0 is unset."""


EXTENSIONS: tuple[type[Extension], ...] = (EnterpriseUser, AccountStatusDetails, AuthMethod, StartTermDates)
ENFORCED = frozenset({"authMethod"})
"""Attributes whose canonical values are the only ones; everywhere else they are suggestions."""

AccountModel = User[EnterpriseUser | AccountStatusDetails | AuthMethod | StartTermDates]  # type: ignore[type-arg]
"""The resource that the endpoint `/Users` serves."""
