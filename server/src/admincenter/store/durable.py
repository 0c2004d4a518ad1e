"""What was written to a file, or renamed in a directory, survives a power cut only after this."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Flushes a file's content, or a directory's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
