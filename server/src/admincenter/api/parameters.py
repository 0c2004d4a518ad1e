"""Parameters of a request, from wherever they may stand: query, form, multipart, JSON (contract, section 1).

A parameter given twice, in one place or in two, is refused: two readers could each believe another one.
"""

import json
from collections.abc import Iterable, Sequence
from email.message import Message as MimeHeader
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from admincenter.api.request import Request
from admincenter.core.errors import ContentTypeWrong, ParameterBad

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELDS = 50
ACCEPTED = "multipart/form-data, application/x-www-form-urlencoded or application/json"

Value = str | int
Pairs = Sequence[tuple[str, Value]]


class Parameters(NamedTuple):
    """Parameters by name; `in_url` are the names that stood in the query string."""

    values: dict[str, Value]
    in_url: frozenset[str]

    def text(self, name: str) -> str | None:
        """One as text; None where it is absent. Raises ParameterBad where JSON gave a number."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise ParameterBad(f"The parameter {name} must be a string")
        return value


def from_query(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Those of the names that stand in the query string; others are ignored. Raises ParameterBad."""
    return {name: str(value) for name, value in _once(_query(request), names).items()} if request.query else {}


def _query(request: Request) -> Pairs:
    """The query string, which the gate and the handler both look into, is taken apart once."""
    if request.query and not request.parameters:
        request.parameters = _urlencoded(request.query)
    return request.parameters


async def from_anywhere(request: Request, names: Sequence[str]) -> Parameters:
    """Those of the names in query and body. Raises ParameterBad, ContentTypeWrong, BodyTooLarge."""
    query = _query(request)
    body = _body(request.content_type, await request.body()) if request.has_body else []
    return Parameters(_once([*query, *body], names), frozenset(name for name, _value in query))


def _once(pairs: Iterable[tuple[str, Value]], names: Sequence[str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in pairs:
        if name not in names:
            continue
        if name in found:
            raise ParameterBad(f"The parameter {name} is given twice")
        found[name] = value
    return found


def _body(content_type: str, body: bytes) -> Pairs:
    if not body:
        return []
    match content_type.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            return _urlencoded(body)
        case "application/json":
            return _json(body)
        case "multipart/form-data":
            return _multipart(content_type, body)
        case _:
            raise ContentTypeWrong(ACCEPTED)


def _urlencoded(raw: bytes) -> Pairs:
    """What `urllib.parse.parse_qsl` makes of it, in a third of its time: every call with a query or a form needs it."""
    try:
        fields = raw.decode("ascii").split("&")
        if len(fields) > MAX_FIELDS:
            raise ValueError
        return [(_plain(name), _plain(value)) for name, _, value in [each.partition("=") for each in fields if each]]
    except ValueError:
        raise ParameterBad("The parameters are not well-formed, are not UTF-8, or are too many") from None


def _plain(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def _json(raw: bytes) -> Pairs:
    try:
        found = json.loads(raw, object_pairs_hook=_Object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ParameterBad("The body is not well-formed JSON") from None
    if not isinstance(found, _Object):
        raise ParameterBad("The body must be a JSON object")
    return [(name, _scalar(name, value)) for name, value in found]


class _Object(list[tuple[str, object]]):
    """A JSON object with its keys as they came, twice where they came twice."""


def _no_constant(_name: str) -> None:
    raise ValueError


def _scalar(name: str, value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return _NOT_SCALAR
    return value


_NOT_SCALAR = -1
"""A value that no parameter of ours takes: it is refused where it is used, and ignored where it is not ours."""


def _multipart(content_type: str, raw: bytes) -> Pairs:
    header = MimeHeader()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 70:
        raise ParameterBad("The multipart body has no boundary")
    reader = _Parts()
    try:
        parser = MultipartParser(boundary.encode("ascii"), reader.callbacks())
        parser.write(raw)
        parser.finalize()
        return reader.pairs()
    except (MultipartParseError, ValueError):
        raise ParameterBad("The multipart body is not well-formed or not UTF-8") from None


class _Parts:
    """Collects the parts of a multipart body that has already been read whole and is small."""

    def __init__(self) -> None:
        self._parts: list[tuple[dict[str, bytes], bytearray]] = []
        self._name = self._value = b""
        self._ended = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._parts[-1][1].extend(data[start:end]),
            "on_header_field": self._field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self._parts) >= MAX_FIELDS:
            raise ValueError
        self._parts.append(({}, bytearray()))

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._parts[-1][0][self._name.decode("ascii").lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self._ended = True

    def pairs(self) -> Pairs:
        """Name and value of each part. Raises ValueError where the end is missing, a name is, or a value is not UTF-8."""
        if not self._ended:
            raise ValueError
        return [(self._name_of(headers), value.decode("utf-8")) for headers, value in self._parts]

    @staticmethod
    def _name_of(headers: dict[str, bytes]) -> str:
        disposition = MimeHeader()
        disposition["content-disposition"] = headers.get("content-disposition", b"").decode("utf-8")
        name = disposition.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise ValueError  # noqa: TRY004  # one refusal for all that is malformed
        return name
