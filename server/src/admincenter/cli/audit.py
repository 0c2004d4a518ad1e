"""The commands on the audit log, put together from one file an idea."""

from admincenter.cli import audit_export, audit_proof, audit_retention, audit_view
from admincenter.cli.context import group

app = group("The audit log: what happened, proof that nothing is missing, and how long it is kept.")
for _part in (audit_view, audit_export, audit_proof, audit_retention):
    app.add_typer(_part.app)
