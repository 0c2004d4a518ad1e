"""`GET /me` while four connections run filters that no index answers: a long search must not slow the gate."""

from pathlib import Path
from urllib.parse import quote

from bench.figure import Figure, Spread, at_most, plain, ratios, spread
from bench.ground import Ground
from bench.servers import Server
from bench.site import Site
from bench.wrk import Load, get

SEARCHING = 4
CALLING = 8
"""Few enough that the calls alone do not fill the core: what is judged is how long one waits, not how many wait."""
FILTER = 'name.familyName co "zzz" or title eq "nobody"'


def run(ground: Ground) -> list[Figure]:
    """The bare answer, the call alone, the call among searches."""
    site = ground.another(ground.scale.directory)
    with ground.serve(site) as server:
        calls, searches = ground.calls(server, site), _searches(ground, server, site)
        found = ground.alternate(
            {
                "bare": ground.bare_load,
                "alone": lambda: ground.load(server, calls, CALLING),
                "searched": lambda: _mixed(ground, server, calls, searches),
            },
            [server],
        )
    bare, alone, searched = ([load.p99 for load in loads] for loads in found.values())
    return [_figure(spread(searched), ratios(searched, alone), spread(bare), spread(alone))]


def _searches(ground: Ground, server: Server, site: Site) -> Path:
    """With tokens of others than those who call."""
    target = "/scim/v2/Users?filter=" + quote(FILTER, safe="")
    callers = set(site.some(ground.scale.callers))
    others = [each for each in site.secrets if each not in callers][: ground.scale.callers]
    return ground.wrk.requests(get(server.host, target, each) for each in site.mint(others))


def _mixed(ground: Ground, server: Server, calls: Path, searches: Path) -> Load:
    searching = ground.wrk.start(server.base, searches, ground.scale.seconds, SEARCHING, may_refuse=True)
    calling = ground.wrk.start(server.base, calls, ground.scale.seconds, CALLING)
    searching()
    return calling()


def _figure(searched: Spread, ratio: Spread, bare: Spread, alone: Spread) -> Figure:
    name = f"GET /me, p99 while {SEARCHING} connections search without an index"
    note = f"judged against the same server alone, p99 {alone} ms"
    return plain(name, "ms", searched, None, bare, "bare p99, ms", note)._replace(judged=ratio, target=at_most(2))
