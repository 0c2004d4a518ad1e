"""What is done to an account, for a request of its own or as one of a Bulk request; each proves again that it may (D8)."""

from collections.abc import Sequence

from admincenter.api.scim_call import ScimCall
from admincenter.core import account_document, accounts, instances
from admincenter.core.accounts import Wanted
from admincenter.core.ports import Account, Change, Tx
from admincenter.core.tokens import Moved
from admincenter.scim import patching, reading
from admincenter.scim.reading import Body

Done = Account | Moved
Expected = Sequence[int] | None


async def create(asked: ScimCall, body: Body) -> Done:
    """A new account."""
    wanted, writer = reading.created(body, asked.dialect), asked.writer
    return await asked.write(lambda tx: accounts.create(tx, asked.instance, wanted, writer))


async def replace(asked: ScimCall, account_id: str, body: Body, expected: Expected) -> Done:
    """Another account in place of this one, or merged into it."""
    writer = asked.writer

    def edit(now: Account) -> Wanted:
        return reading.replaced(body, asked.dialect, account_document.attributes_of(now))

    return await asked.write(lambda tx: accounts.change(tx, asked.instance, account_id, expected, edit, writer))


async def patch(asked: ScimCall, account_id: str, body: Body, expected: Expected) -> Done:
    """The operations of a PATCH, wholly or not at all."""
    wanted, writer = patching.read(body, asked.dialect), asked.writer

    def edit(now: Account) -> Wanted:
        return wanted.applied(now.document)

    return await asked.write(lambda tx: accounts.change(tx, asked.instance, account_id, expected, edit, writer))


async def delete(asked: ScimCall, account_id: str, expected: Expected) -> Done:
    """Its end, unless it is claimed and claimed ones are kept here."""
    by = asked.writer.by

    def deed(tx: Tx) -> Change[Account]:
        protects = not asked.dialect.deletes_claimed or instances.protects_claimed(tx, asked.instance)
        return accounts.delete(tx, asked.instance, account_id, expected, protects, by)

    return await asked.write(deed)
