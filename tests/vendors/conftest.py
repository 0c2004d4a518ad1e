"""The vendors' flows are driven against the servers of the front-door tests."""

from tests.api.conftest import hands, server, tenant, token, wire

__all__ = ["hands", "server", "tenant", "token", "wire"]
