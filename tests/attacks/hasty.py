"""A server whose deadlines are short, so that tests need not wait for the real ones. Nothing else about it differs."""

from tests.serving import InProcess

TOKEN_SECONDS, REQUEST_SECONDS, WRITE_SECONDS = 0.4, 0.8, 0.6


class Hasty(InProcess):
    """Its protocol is the server's own class with other numbers in it."""

    def __enter__(self) -> "Hasty":
        protocol = self._server.config.http
        assert isinstance(protocol, type)
        protocol.token_seconds = TOKEN_SECONDS  # type: ignore[attr-defined]
        protocol.request_seconds = REQUEST_SECONDS  # type: ignore[attr-defined]
        protocol.write_seconds = WRITE_SECONDS  # type: ignore[attr-defined]
        super().__enter__()
        return self
