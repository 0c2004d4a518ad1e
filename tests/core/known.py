"""A known integration as the gate sees it: its secret, its live token, its previous token, and the row that holds them."""

from admincenter.core import credentials
from admincenter.core.audit import SECOND
from admincenter.core.credentials import SECRET_PREFIX, TOKEN_PREFIX, ServerKey
from admincenter.core.network import compile_access, parse_network
from admincenter.core.permissions import Permission, bits_of
from admincenter.core.ports import Facts
from tests.settable_clock import START

KEY = ServerKey("0123456789abcdef", bytes(range(32)))
SECRET = credentials.mint_text(SECRET_PREFIX, lambda size: b"s" * size)
TOKEN = credentials.mint_text(TOKEN_PREFIX, lambda size: b"t" * size)
PREVIOUS = credentials.mint_text(TOKEN_PREFIX, lambda size: b"p" * size)
INSTANCE, APP_ID = "1000000000000000", "1000000000000001"
ISSUED_AT = START


def secret_digest(text: str = SECRET) -> bytes:
    """What stands in the database for a secret."""
    return credentials.digest(SECRET_PREFIX, KEY.key, text)


def token_digest(text: str = TOKEN) -> bytes:
    """What stands in the database for a token."""
    return credentials.digest(TOKEN_PREFIX, KEY.key, text)


FACTS = Facts(
    instance=INSTANCE,
    app_id=APP_ID,
    name="Payroll",
    enabled=1,
    deleted_at=None,
    url_credentials=1,
    access=compile_access(bits_of(tuple(Permission)), [parse_network("192.0.2.0/24"), parse_network("2001:db8::/64")]),
    access_version=3,
    secret_digest=secret_digest(),
    secret_key=KEY.key_id,
    token_digest=token_digest(),
    issued_at=ISSUED_AT,
    generation=2,
    sealed=credentials.seal(TOKEN, SECRET, credentials.SealContext(INSTANCE, APP_ID, 2, ISSUED_AT), lambda size: bytes(size)),
    previous_digest=token_digest(PREVIOUS),
    previous_expires_at=ISSUED_AT + 3_600 * SECOND,
    previous_reason="superseded",
)
