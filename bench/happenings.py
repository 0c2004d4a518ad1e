"""What fills a log in a year: mostly tokens, some refusals, a little administration. The sizes are those of real events."""

from admincenter.core.audit import SECOND, Event, Origin, event
from admincenter.core.tokens import LIFE

_AGENTS = (
    "example-sync/4.2",
    "python-requests/2.32.3",
    "Mozilla/5.0 (compatible; ExampleCollector/1.9; +https://example.com/bot)",
)


def happening(instance: str, app_id: str, number: int, now: int) -> Event:
    """The event of a number: of twenty, fourteen are tokens issued, three refused calls, two fetches, one a grant."""
    kind = number % 20
    if kind < 14:
        return _issued(instance, app_id, number, now)
    if kind < 19:
        return _grouped(instance, app_id, number, now, "call.refused" if kind < 17 else "token.fetched")
    by = Origin(f"cli:operator@host-{number % 7}.example.com")
    permission = "read_security_audit_logs"
    return event("permission.granted", instance, by, f"integration:{app_id}", app_id=app_id, permission=permission)


def _by(app_id: str, number: int) -> Origin:
    address = f"198.18.{number % 256}.{number // 256 % 256}"
    return Origin(f"integration:{app_id}", address, _AGENTS[number % len(_AGENTS)])


def _issued(instance: str, app_id: str, number: int, now: int) -> Event:
    return event(
        "token.issued",
        instance,
        _by(app_id, number),
        f"integration:{app_id}",
        app_id=app_id,
        generation=number // 20 + 1,
        expires=(now + LIFE) // SECOND,
    )


def _grouped(instance: str, app_id: str, number: int, now: int, kind: str) -> Event:
    reason = {"reason": "RateLimited"} if kind == "call.refused" else {}
    return event(
        kind,
        instance,
        _by(app_id, number),
        f"integration:{app_id}",
        weight=number % 9 + 1,
        app_id=app_id,
        count=number % 9 + 1,
        first=now // SECOND - 1,
        last=now // SECOND,
        network=f"198.18.{number % 256}.0/24",
        **reason,
    )
