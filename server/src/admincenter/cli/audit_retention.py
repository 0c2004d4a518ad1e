"""`audit retain`: events older than some days are deleted behind a signed cut record."""

from typing import Annotated

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core import instances, retention

app = group("")

Days = Annotated[int, typer.Option("--days", metavar="N", help="Keep the events of this many days; at least 1.")]


@command(app, "retain", example="admincenter audit retain --days 400", of_instance=True)
def retain(cli: Context, days: Days) -> None:
    """Delete events that are older. A signed record says up to where; the deletion is itself an event.

    It can be broken off at any time: the next run deletes the rest. There is no way back but a backup.
    """
    seed = cli.store.keyring().seed
    instance = cli.read(lambda tx: instances.choose(tx, cli.wanted_instance).instance)
    drawn = cli.write(lambda tx: retention.cut(tx, instance, days, seed, cli.who))
    deleted = _sweep(cli, instance)
    body = {"deleted": deleted, "through": drawn.through if drawn else None}
    if drawn:
        output.sentence(cli, f"Events up to {drawn.through} are deleted", body)
    elif deleted:
        output.sentence(cli, f"No event is older than {days} days; {deleted} that a broken-off run left are deleted", body)
    else:
        output.sentence(cli, f"No event is older than {days} days; nothing is deleted", body)


def _sweep(cli: Context, instance: str) -> int:
    waiting, deleted = cli.read(lambda tx: retention.behind(tx, instance)), 0
    while count := cli.write(lambda tx: retention.sweep(tx, instance)):
        deleted += count
        output.progress(f"{deleted:,} of {waiting:,} events are deleted")
    output.progress("")
    return deleted
