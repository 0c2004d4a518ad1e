"""The commands on the whole database, put together from one file an idea."""

from admincenter.cli import database_backup, database_move, database_upkeep
from admincenter.cli.context import group

app = group("The database as a whole: check it, back it up while the server writes, restore a backup, look after PostgreSQL.")
for _part in (database_backup, database_upkeep, database_move):
    app.add_typer(_part.app)
