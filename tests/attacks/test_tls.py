"""The server's own TLS: it works, and what is not TLS gets nothing (F28)."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.certificates import Certificate, self_signed
from tests.serving import Served, until
from tests.tenant import Tenant
from tests.wire import HANG, Line, Wire


class TlsLine(Line):
    """A connection under TLS."""

    def __init__(self, port: int, trusted: ssl.SSLContext) -> None:
        super().__init__(port)
        self.socket = trusted.wrap_socket(self.socket, server_hostname="localhost")
        self._stream = self.socket.makefile("rb")


class TlsWire(Wire):
    """Calls over https, by somebody who trusts the certificate."""

    def __init__(self, port: int, chain: Path) -> None:
        super().__init__(port)
        self.trusted = ssl.create_default_context(cafile=str(chain))

    def open(self) -> Line:
        return TlsLine(self.port, self.trusted)


class ServedOverTls(Served):
    """A server process that speaks TLS itself."""

    def __init__(self, data: Path, certificate: Certificate) -> None:
        super().__init__(data, tls_cert=str(certificate.chain), tls_key=str(certificate.key))
        self.certificate = certificate

    def _ready(self) -> bool:
        self.wire = TlsWire(self.port, self.certificate.chain)
        return super()._ready()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOverTls]:
    """A server with a certificate of its own."""
    place = tmp_path_factory.mktemp("tls")
    with ServedOverTls(place / "data", self_signed(place / "certificate")) as running:
        yield running


def test_a_token_is_bought_and_used_over_tls_and_links_are_https(served: ServedOverTls) -> None:
    tenant = Tenant(served.store)
    token = served.wire.token(tenant.credential).json["access_token"]
    assert served.wire.get("/me", token).json["id"] == tenant.app_id
    page = served.wire.get("/security_audit_logs?limit=1", token).json
    assert page["paging"]["next"].startswith(f"https://127.0.0.1:{served.port}/")


def test_the_greeting_names_the_address_with_https(served: ServedOverTls) -> None:
    assert f"https://127.0.0.1:{served.port}" in served.greeting()


def test_plain_http_to_the_tls_port_gets_no_answer(served: ServedOverTls) -> None:
    tenant = Tenant(served.store)
    plain = Wire(served.port)
    with plain.open() as line:
        body = f"grant_type=client_credentials&access_token={tenant.app_id}%7C{tenant.secret}".encode()
        line.send(plain.raw("POST", "/work_get_token", [("Content-Type", "application/x-www-form-urlencoded")], body))
        with suppress(ConnectionResetError):
            assert not line.socket.recv(1_000).startswith(b"HTTP")
    assert tenant.facts.generation == 0
    assert served.wire.get("/healthz").status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(served: ServedOverTls, version: ssl.TLSVersion) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with socket.create_connection(("127.0.0.1", served.port), HANG) as bare, pytest.raises(ssl.SSLError):
        old.wrap_socket(bare)


def test_large_heads_and_malformed_requests_are_refused_under_tls_too(served: ServedOverTls) -> None:
    for raw, status in ((b"GET /me HTTP/1.1\r\nX: " + b"a" * 300_000, 431), (b"GET me HTTP/1.1\r\n\r\n", 400)):
        with served.wire.open() as line:
            line.send(raw)
            assert line.read().status == status
            assert line.ended()


@pytest.mark.slow
def test_a_handshake_that_never_comes_is_cut_off(served: ServedOverTls) -> None:
    """Before the handshake there is no connection that the caps of the protocol could see."""
    lines = [Line(served.port) for _ in range(5)]
    lines[0].send(b"\x16\x03\x01\x02\x00")
    for each in lines:
        with each:
            assert each.ended()
    until(lambda: served.wire.get("/healthz").status == 200, "service")
