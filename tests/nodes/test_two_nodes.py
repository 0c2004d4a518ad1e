"""Promise 1 across machines: what was changed through one node is felt by the very next request at the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from admincenter.core.errors import StorageUnavailable
from admincenter.core.permissions import Permission
from tests.nodes.lines import Asking, Everywhere
from tests.serving import Served
from tests.tenant import Tenant
from tests.wire import HANG, Reply

READ = Permission.READ_SECURITY_AUDIT_LOGS
TENANTS, ROUNDS = 20, 56


def _said(reply: Reply) -> tuple[int, int | None, int | None]:
    error = reply.json.get("error", {})
    return reply.status, error.get("code"), error.get("error_subcode")


def _until_done(act: Callable[[], object]) -> None:
    """On a busy machine a lock may be waited for in vain; nothing was changed then, and it is tried again."""
    for _ in range(5):
        try:
            act()
        except StorageUnavailable:
            continue
        return
    act()


OPEN = (200, None, None)
NO_PERMISSION, NO_ADDRESS, DEAD, WRONG = (403, 10, None), (400, 5, None), (400, 190, 460), (400, 190, None)


class Judged:
    """A tenant that is changed through one node, or on its machine, and judged at the other. Counts what was judged."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant, self._token = tenant, ""
        self.tries = 0

    def _expect(self, reply: Reply, wanted: tuple[int, int | None, int | None]) -> None:
        assert _said(reply) == wanted
        self.tries += 1

    def mint(self, here: Asking, there: Asking) -> None:
        old, reply = self._token, here.token(self._tenant.credential)
        assert reply.status == 200, reply
        self._token = reply.json["access_token"]
        if old:
            self._expect(there.get(old), DEAD)
        self._expect(there.get(self._token), OPEN)

    def change(self, there: Asking, act: Callable[[], object], wanted: tuple[int, int | None, int | None]) -> None:
        _until_done(act)
        self._expect(there.get(self._token), wanted)

    def go_round(self, here: Asking, there: Asking) -> None:
        """Everything that can be taken away, and given back."""
        self.mint(here, there)
        self.change(there, lambda: self._tenant.withdraw(READ), NO_PERMISSION)
        self.change(there, lambda: self._tenant.grant(READ), OPEN)
        self.change(there, lambda: self._tenant.disallow("127.0.0.1"), NO_ADDRESS)
        self.change(there, lambda: self._tenant.allow("127.0.0.1"), OPEN)
        self.change(there, self._tenant.revoke, DEAD)
        old, self._token = self._tenant.credential, ""
        _until_done(self._tenant.reset)
        self._expect(there.token(old), WRONG)
        self.mint(there, here)


@contextmanager
def _others_mint(nodes: tuple[Served, Served]) -> Iterator[None]:
    """Two more tenants buy tokens all the time, one at each node."""
    enough = Event()

    def mint(node: Served) -> None:
        other = Tenant(node.store)
        with Everywhere((node,)) as ways:
            while not enough.wait(0.002):
                assert ways.at[0].token(other.credential).status == 200

    threads = [Thread(target=mint, args=(node,)) for node in nodes]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        enough.set()
        for each in threads:
            each.join(HANG)


@pytest.mark.slow
def test_of_ten_thousand_changes_none_is_felt_late_at_the_other_node(nodes: tuple[Served, Served]) -> None:
    """In both directions, over many integrations, while others mint."""

    def judge(number: int) -> int:
        judged = Judged(Tenant(nodes[number % 2].store))
        with Everywhere(nodes) as ways:
            for each in range(ROUNDS):
                judged.go_round(ways.at[each % 2], ways.at[1 - each % 2])
        return judged.tries

    with _others_mint(nodes), ThreadPoolExecutor(4) as pool:
        tries = sum(pool.map(judge, range(TENANTS)))
    assert tries >= 10_000


def test_of_many_tokens_bought_at_all_nodes_at_once_the_last_one_lives(nodes: tuple[Served, Served]) -> None:
    tenant = Tenant(nodes[0].store)

    def buy(number: int) -> list[tuple[int, str]]:
        with Everywhere((nodes[number % 2],)) as ways:
            replies = [ways.at[0].token(tenant.credential) for _ in range(10)]
        return [(each.json["generation"], each.json["access_token"]) for each in replies if each.status == 200]

    with ThreadPoolExecutor(8) as pool:
        bought = sorted(each for some in pool.map(buy, range(8)) for each in some)
    assert len(bought) > 20
    assert len({generation for generation, _token in bought}) == len(bought)
    assert tenant.facts.generation == bought[-1][0]
    assert sum(each["extra_data"]["kind"] == "token.issued" for each in tenant.log()) == len(bought)
    with Everywhere(nodes) as ways:
        for node in ways.at:
            answers = [node.get(token, "/me").status for _generation, token in bought]
            assert answers == [400] * (len(bought) - 1) + [200]
