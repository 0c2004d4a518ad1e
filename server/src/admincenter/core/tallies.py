"""Counting what happens too often to be written each time: refusals and fetches by group, usage, waiting addresses.

Memory is bounded; a flood drops no count: what exceeds the rows that an instance may write in a minute is summed in one row.
"""

from collections.abc import Callable
from typing import NamedTuple

from admincenter.core import credentials, values
from admincenter.core.audit import SECOND, SYSTEM, Event, Origin, event
from admincenter.core.network import Client
from admincenter.core.ports import UsageCount, WaitingAddress

ROWS_A_MINUTE = 60
_OWN_ROWS = ROWS_A_MINUTE - 2  # besides the rest of the minute before, and the rest at a stop
_COMMON = frozenset({"token.refused", "call.refused", "secret.guessed"})
_COMMON_ROWS = 40
"""What a stranger who knows an App ID can cause every second leaves room for what only a genuine credential causes: a thief
must not hide a finding in the rest of a minute by guessing first."""
GROUPS = 10_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


class Group(NamedTuple):
    """What is counted together."""

    instance: str
    kind: str
    app_id: str
    reason: str
    network: str


class _Count:
    __slots__ = ("address", "count", "first", "groups", "last", "user_agent")

    def __init__(self, first: int, address: str = "", user_agent: str = "") -> None:
        self.count, self.groups = 0, 0
        self.first = self.last = first
        self.address, self.user_agent = address, user_agent

    def add(self, count: int, first: int, last: int) -> None:
        self.count += count
        self.groups += 1
        self.first, self.last = min(self.first, first), max(self.last, last)


class GroupedEvents:
    """Events that are grouped by kind, integration, reason and network, and drained every second."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Count] = {}
        self._rest: dict[str, _Count] = {}
        self._written: dict[str, int] = {}
        self._minute = 0

    def add(self, group: Group, now: int, client: Client, user_agent: str) -> None:
        """Counts one."""
        found = self._groups.get(group)
        if found is None:
            if len(self._groups) >= GROUPS:
                self._rest.setdefault(group.instance, _Count(now)).add(1, now, now)
                return
            found = self._groups[group] = _Count(now, str(client), user_agent)
        found.add(1, now, now)

    def drain(self, now: int, stopping: bool = False) -> list[Event]:
        """What to write now; it is forgotten here. The rest of a minute comes when the minute is over, or at the stop."""
        events = []
        if now // MINUTE != self._minute:
            events = self._summaries()
            self._minute, self._written = now // MINUTE, {}
        groups, self._groups = self._groups, {}
        for group, count in groups.items():
            if self._written.get(group.instance, 0) < (_COMMON_ROWS if group.kind in _COMMON else _OWN_ROWS):
                self._written[group.instance] = self._written.get(group.instance, 0) + 1
                events.append(_event(group, count))
            else:
                rest = self._rest.setdefault(group.instance, _Count(count.first))
                rest.add(count.count, count.first, count.last)
        return events + self._summaries() if stopping else events

    def _summaries(self) -> list[Event]:
        rest, self._rest = self._rest, {}
        return [_summary(instance, count) for instance, count in rest.items()]

    def __len__(self) -> int:
        return len(self._groups) + len(self._rest)


def _event(group: Group, count: _Count) -> Event:
    reason = {"reason": group.reason} if group.reason else {}
    return event(
        group.kind,
        group.instance,
        Origin(f"integration:{group.app_id}", count.address, values.visible(credentials.masked(count.user_agent), 256)),
        f"integration:{group.app_id}",
        weight=count.count,
        app_id=group.app_id,
        count=count.count,
        first=count.first // SECOND,
        last=count.last // SECOND,
        network=group.network,
        **reason,
    )


def _summary(instance: str, rest: _Count) -> Event:
    return event(
        "refusals.summarised",
        instance,
        SYSTEM,
        weight=rest.count,
        count=rest.count,
        groups=rest.groups,
        first=rest.first // SECOND,
        last=rest.last // SECOND,
    )


class Usage:
    """Ordinary API reads per integration, permission, address and day."""

    def __init__(self, full: Callable[[], None] = lambda: None, keys: int = 5_000) -> None:
        self._counts: dict[tuple[str, str, str, str, int], list[int]] = {}
        self._full, self._keys = full, keys

    def add(self, instance: str, app_id: str, permission: str, address: str, now: int) -> None:
        """Counts one call."""
        key = (instance, app_id, permission, address, now // DAY)
        found = self._counts.get(key)
        if found is None:
            self._counts[key] = [1, now]
            if len(self._counts) >= self._keys:
                self._full()
        else:
            found[0] += 1
            found[1] = now

    def drain(self) -> list[UsageCount]:
        """What to write now; it is forgotten here."""
        counts, self._counts = self._counts, {}
        return [UsageCount(*key, count, last) for key, (count, last) in counts.items()]

    def put_back(self, counts: list[UsageCount]) -> None:
        """Takes what could not be written."""
        for each in counts:
            found = self._counts.setdefault(each[:5], [0, 0])
            found[0] += each.times
            found[1] = max(found[1], each.last_at)

    def __len__(self) -> int:
        return len(self._counts)


class WaitingAddresses:
    """Addresses that genuine credentials came from without being allowed."""

    def __init__(self, keys: int = 1_000) -> None:
        self._keys = keys
        self._seen: dict[tuple[str, str, str], list[int]] = {}

    def add(self, instance: str, app_id: str, address: str, now: int) -> None:
        """Counts one; new addresses beyond the bound are left to the refusals' own counts."""
        key = (instance, app_id, address)
        found = self._seen.get(key)
        if found is not None:
            found[0] += 1
            found[2] = now
        elif len(self._seen) < self._keys:
            self._seen[key] = [1, now, now]

    def drain(self) -> list[WaitingAddress]:
        """What to write now; it is forgotten here."""
        seen, self._seen = self._seen, {}
        return [WaitingAddress(*key, *counts) for key, counts in seen.items()]
