"""Threads that have time, beside those on whom somebody waits."""

import os
import threading

_NICENESS = 10


def give_way() -> None:
    """Runs the calling thread behind the event loop and the writer from here on."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
