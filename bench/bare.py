"""The floor: the smallest application on the same server software, with the settings that `admincenter serve` gives it.

Run as a program it prints its address, then answers everything with 17 bytes of JSON.
"""

import asyncio
import socket
from typing import Any

import uvicorn
import uvloop

BODY = b'{"hello":"world"}'
HEADERS = [(b"content-type", b"application/json; charset=UTF-8"), (b"content-length", b"%d" % len(BODY))]


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    """The whole application."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    """Serves until SIGTERM."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2_048)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        hello,
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    main()
