"""`audit verify`: whether the log is whole, and what checkpoints kept elsewhere say of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from admincenter.cli import output
from admincenter.cli.context import Context, command, group
from admincenter.core import checkpoints, instances, verification
from admincenter.core.audit import Fault
from admincenter.core.checkpoints import Checkpoint
from admincenter.core.errors import ValueBad
from admincenter.core.ports import Instance
from admincenter.core.verification import Evidence, Outcome

app = group("")

COLUMNS = ("instance", "name", "from", "through", "checkpoints", "faults")

Kept = Annotated[
    list[Path] | None,
    typer.Option("--checkpoints", metavar="FILE", help="Signed checkpoints that were kept elsewhere. Repeatable."),
]
PublicKey = Annotated[
    Path | None,
    typer.Option("--public-key", metavar="FILE", help="The key that verifies them, kept elsewhere: `key status --public-key`."),
]


@command(app, "verify", example="admincenter audit verify --checkpoints kept.txt --public-key key.txt", of_instance=True)
def verify(cli: Context, kept: Kept = None, public_key: PublicKey = None) -> None:
    """Check every event of every instance, or of one; exit code 1 and the first bad event where something is wrong.

    Without checkpoints kept on another machine, a cut-off tail or a rolled-back data directory cannot be seen.
    """
    evidence = _evidence(cli, kept or [], public_key)
    chosen = cli.read(lambda tx: [instances.choose(tx, cli.wanted_instance)] if cli.wanted_instance else tx.instances.all())
    outcomes = [_verified(cli, row, evidence) for row in chosen]
    absent = [] if cli.wanted_instance else verification.absent(evidence.kept, [row.instance for row in chosen])
    _answer(cli, chosen, outcomes, absent)
    if absent or any(each.faults for each in outcomes):
        raise typer.Exit(1)


def _evidence(cli: Context, kept: Sequence[Path], public_key: Path | None) -> Evidence:
    if kept and public_key is None:
        raise ValueBad(
            "--checkpoints needs --public-key, kept elsewhere too: whoever changes the log can change a key beside it"
        )
    if public_key is None:
        return Evidence(checkpoints.public_key(cli.store.keyring().seed))
    key = _text(public_key)
    found: list[Checkpoint] = []
    for each in kept:
        found += checkpoints.read_notes(_text(each), key)
    return Evidence(key, found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueBad(f"{path} is not a text file") from None


def _verified(cli: Context, row: Instance, evidence: Evidence) -> Outcome:
    def told(done: int, of: int) -> None:
        output.progress(f"{row.name}: {done:,} of {of:,} events are verified")

    try:
        return verification.verify(cli, row.instance, evidence, told)
    finally:
        output.progress("")


def _answer(cli: Context, chosen: Sequence[Instance], outcomes: Sequence[Outcome], absent: Sequence[Fault]) -> None:
    rows = [_body(row, each) for row, each in zip(chosen, outcomes, strict=True)]
    lost = [each._asdict() for each in absent]
    if cli.json:
        output.document({"instances": rows, "absent": lost})
        return
    output.table(cli, [row | {"faults": len(row["faults"])} for row in rows], COLUMNS, "There is no instance.")
    for row in rows:
        for fault in row["faults"]:
            print(output.shown(f"{row['name']} ({row['instance']}), event {fault['event']}: {fault['reason']}"))
        if row["out_of_reach"]:
            print(f"{row['out_of_reach']} checkpoints are of events that retention deleted: they cannot be checked any more")
    for each in absent:
        print(output.shown(f"Event {each.sequence}: {each.reason}"))


def _body(row: Instance, found: Outcome) -> dict[str, Any]:
    return {
        "instance": row.instance,
        "name": row.name,
        "from": found.cut + 1,
        "through": found.through,
        "checkpoints": found.compared,
        "out_of_reach": found.out_of_reach,
        "faults": [{"event": each.sequence, "reason": each.reason} for each in found.faults],
    }
