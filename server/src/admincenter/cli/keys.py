"""The commands on server keys: what secrets and tokens are digested under, kept in a file beside the database."""

from typing import Annotated

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core import checkpoints, keys
from admincenter.core.audit import SECOND
from admincenter.core.ports import Tx

app = group("Server keys: add a new one, promote it, and retire the old one when no secret needs it any more.")

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The fingerprint that `key status` shows.")]
OnlyPublic = Annotated[
    bool, typer.Option("--public-key", help="Print only the public key of the checkpoints, for a file kept elsewhere.")
]


@command(app, "status", example="admincenter key status --public-key > admincenter.pub")
def status(cli: Context, only_public: OnlyPublic = False) -> None:
    """List the live keys, how many secrets need each, and the public key that verifies checkpoints."""
    public = checkpoints.public_key(cli.store.keyring().seed)
    if only_public:
        print(public)
        return
    rows = cli.read(_rows)
    if cli.json:
        output.document({"keys": rows, "checkpoint_public_key": public})
        return
    output.table(cli, rows, ("key_id", "state", "added_at", "secrets"), "There is no key.")
    print(f"Checkpoint public key: {public}")


def _rows(tx: Tx) -> list[dict[str, object]]:
    return [
        {
            "key_id": row.key_id,
            "state": "primary" if row.is_primary else "standby",
            "added_at": output.moment(row.added_at),
            "secrets": len(tx.integrations.secrets_under(row.key_id)),
        }
        for row in tx.server_keys.all()
    ]


@command(app, "add", example="admincenter key add")
def add(cli: Context) -> None:
    """Make a new key. It is tried at every look-up, but nothing is digested under it before it is promoted."""
    key_id = cli.store.add_key(cli.who)
    text = f"Key {key_id} is added. Back up the key file now; in {keys.SETTLE // SECOND} s: admincenter key promote {key_id}"
    output.sentence(cli, text, {"key_id": key_id})


@command(app, "promote", example="admincenter key promote 0123456789abcdef")
def promote(cli: Context, key_id: KeyId) -> None:
    """Digest new secrets and tokens under this key. Each old secret moves to it with its integration's next token request."""
    cli.write(lambda tx: keys.promote(tx, key_id, cli.who))
    output.sentence(cli, f"Key {key_id} is the primary key", {"key_id": key_id})


@command(app, "retire", example="admincenter key retire 0123456789abcdef")
def retire(cli: Context, key_id: KeyId) -> None:
    """Forget a key that no secret needs any more. Backups from before need it: keep the key file's own backup."""
    cli.store.retire_key(key_id, cli.who)
    output.sentence(cli, f"Key {key_id} is retired", {"key_id": key_id})
