"""Says, before anything is set up, whether this Python can carry the project, and what to type where it cannot."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # an older Python runs this file to be told so
    version = sys.version.split()[0]
    sys.exit(f"Admin Center needs Python 3.11 or later; this is {version}. Name another: make PYTHON=/path/to/python3")
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit("Python's venv module is missing. Add it once, as root:  apt-get install -y python3-venv")
