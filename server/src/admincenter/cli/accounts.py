"""The commands on accounts, put together from one file an idea."""

from admincenter.cli import accounts_export, accounts_import, accounts_life, accounts_list
from admincenter.cli.context import group

app = group("Accounts: the directory of an instance, as the account management API has it.")
for _part in (accounts_list, accounts_life, accounts_import, accounts_export):
    app.add_typer(_part.app)
