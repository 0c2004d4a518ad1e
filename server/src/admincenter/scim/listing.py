"""A ListResponse around documents as they are stored: nothing is parsed again (RFC 7644 section 3.4.2)."""

from collections.abc import Sequence

import orjson

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def list_response(total: int, start: int | None, documents: Sequence[bytes], next_cursor: str | None = None) -> bytes:
    """The page. `itemsPerPage` is how many it holds; `start` is None where the client pages by cursor (RFC 9865)."""
    index = b"" if start is None else b',"startIndex":%d' % start
    cursor = b"" if next_cursor is None else b',"nextCursor":' + orjson.dumps(next_cursor)
    return b'{"schemas":["%b"],"totalResults":%d,"itemsPerPage":%d%b%b,"Resources":[%b]}' % (
        MESSAGE.encode(),
        total,
        len(documents),
        index,
        cursor,
        b",".join(documents),
    )
