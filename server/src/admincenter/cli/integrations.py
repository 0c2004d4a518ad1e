"""The commands on integrations, put together from one file an idea."""

from admincenter.cli import integrations_access, integrations_life, integrations_list, integrations_secret
from admincenter.cli.context import group

app = group("Integrations: the programs that may use the APIs.")
for _part in (integrations_secret, integrations_list, integrations_access, integrations_life):
    app.add_typer(_part.app)
