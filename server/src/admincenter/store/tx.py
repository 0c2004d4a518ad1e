"""One open transaction as the core sees it: each noun over the same connection."""

from admincenter.store import facts
from admincenter.store.account_journal import SqlAccountJournal
from admincenter.store.accounts import SqlAccounts
from admincenter.store.audit import SqlAuditLog
from admincenter.store.clock import Clock
from admincenter.store.instances import SqlInstances
from admincenter.store.integrations import SqlIntegrations
from admincenter.store.server_keys import SqlServerKeys
from admincenter.store.sql import Sql
from admincenter.store.usage import SqlUsageLog


class SqlTx:
    """`ports.Tx` over any engine."""

    def __init__(self, sql: Sql, clock: Clock) -> None:
        self._sql, self._clock = sql, clock
        self.instances = SqlInstances(sql)
        self.integrations = SqlIntegrations(sql)
        self.audit = SqlAuditLog(sql)
        self.usage = SqlUsageLog(sql)
        self.server_keys = SqlServerKeys(sql)
        self.accounts = SqlAccounts(sql)
        self.account_journal = SqlAccountJournal(sql)

    @property
    def now(self) -> int:
        return self._clock()

    def prove_writable(self) -> None:
        facts.put(self._sql, facts.PROBED, str(self._clock()))
