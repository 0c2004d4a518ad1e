"""How a connection ends: whatever closes it (an answer, a refusal, an idle timer, the server's stop) comes through here."""

import asyncio
from collections.abc import Callable
from typing import Any

LINGER_SECONDS = 2.0
"""How long is read on from a peer that was answered before it had sent everything. A close with bytes unread is a reset on the
wire, and a reset takes the answer with it: the client would never learn why it was refused."""


class Closing(asyncio.Transport):
    """A transport whose `close` has an end: a peer that takes nothing, or sends for ever, is cut off."""

    def __init__(
        self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop, sends_on: Callable[[], bool], patience: float
    ) -> None:
        super().__init__()
        self._inner, self._loop, self._sends_on, self._patience = inner, loop, sends_on, patience
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self.write = inner.write  # type: ignore[method-assign]  # no call of ours between an answer and the wire
        self.abort = inner.abort  # type: ignore[method-assign]
        self.pause_reading = inner.pause_reading  # type: ignore[method-assign]
        self.resume_reading = inner.resume_reading  # type: ignore[method-assign]

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether no more is read from it as HTTP."""
        return self._closing or self._inner.is_closing()

    def close(self) -> None:
        """What was written still goes out; what arrives from here on is nobody's."""
        if self.is_closing():
            return
        self._closing = True
        if self._sends_on() and self._inner.can_write_eof():
            self._inner.write_eof()
            self._timer = self._loop.call_later(LINGER_SECONDS, self._end)
        else:
            self._end()

    def _end(self) -> None:
        self._inner.close()
        self._timer = self._loop.call_later(self._patience, self._inner.abort)

    def ended(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
