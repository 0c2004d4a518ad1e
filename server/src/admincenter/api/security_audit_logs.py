"""`GET /security_audit_logs`: the audit log of the integration's instance, page by page (contract, section 4)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from admincenter.api import parameters
from admincenter.api.call import Call
from admincenter.api.reply import Reply, success
from admincenter.core import moments, query
from admincenter.core.errors import ParameterBad, StorageUnavailable, ValueBad
from admincenter.core.ports import Instance, Tx
from admincenter.core.query import Page, Search

NAMES = ("limit", "after", "before", "start_time", "end_time", "since", "until", "fields", "order")
MOST = 1_000
DEFAULT = 100
PEEK = 100


async def show(call: Call) -> Reply:
    """One page, newest first unless asked otherwise."""
    given = parameters.from_query(call.request, NAMES)
    fields = _fields(given.get("fields"))

    def look(tx: Tx) -> tuple[Instance, Page]:
        instance = tx.instances.get(call.facts.instance)
        if instance is None:
            raise StorageUnavailable
        return instance, query.page(tx, instance, _search(given, instance))

    short = _limit(given.get("limit")) <= PEEK
    instance, page = await (call.door.storage.peek(look) if short else call.door.storage.read(look))
    payloads = [payload for _sequence, payload in page.rows]
    if fields is not None:
        payloads = [query.pick(each, fields) for each in payloads]
    return success(b'{"data":[' + b",".join(payloads) + b"]" + _paging(call, given, instance, page) + b"}")


def _limit(text: str | None) -> int:
    """Lowered to the most there is; what is not a positive number is the default."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return DEFAULT
    return min(int(text[:18]), MOST) or DEFAULT


def _search(given: Mapping[str, str], instance: Instance) -> Search:
    if "after" in given and "before" in given:
        raise ParameterBad("The parameters after and before cannot be used together")
    order = given.get("order", "desc")
    if order not in ("asc", "desc"):
        raise ParameterBad("The parameter order must be asc or desc")
    key = instance.cursor_key
    return Search(
        _limit(given.get("limit")),
        query.read_cursor(key, given["after"]) if "after" in given else None,
        query.read_cursor(key, given["before"]) if "before" in given else None,
        _moment(given, "start_time", "since"),
        _moment(given, "end_time", "until"),
        order == "asc",
    )


def _moment(given: Mapping[str, str], name: str, alias: str) -> int | None:
    """A time in µs from Unix seconds or ISO 8601."""
    if name in given and alias in given:
        raise ParameterBad(f"The parameters {name} and {alias} are the same; give one")
    text = given.get(name, given.get(alias))
    if text is None:
        return None
    try:
        # An unescaped `+` arrives as a space in a query: `…T10:00:00+0000` is meant.
        return moments.parse(text.replace(" ", "+") if "T" in text else text, name)
    except ValueBad as error:
        raise ParameterBad(f"The parameter {error}") from None


def _fields(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [each.strip() for each in text.split(",") if each.strip()]
    if not set(names) <= set(query.FIELDS):
        raise ParameterBad(f"The parameter fields names a field that no event has; the fields are {', '.join(query.FIELDS)}")
    return names


def _paging(call: Call, given: Mapping[str, str], instance: Instance, page: Page) -> bytes:
    """No paging member at all on an empty page: a null one, or one without `after`, crashes known clients."""
    if not page.rows:
        return b""
    first, last = (query.write_cursor(instance.cursor_key, page.rows[at][0]) for at in (0, -1))
    cursors = f'"cursors":{{"before":"{first}","after":"{last}"}}'
    following = f',"next":"{_next(call, given, last)}"' if page.more else ""
    return f',"paging":{{{cursors}{following}}}'.encode()


def _next(call: Call, given: Mapping[str, str], after: str) -> str:
    kept = {name: value for name, value in given.items() if name not in ("after", "before")}
    return f"{call.door.base(call.request)}/security_audit_logs?{urlencode(kept | {'after': after})}"
