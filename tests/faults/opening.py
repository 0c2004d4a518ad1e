"""A program: opens a data directory as `serve` does and prints what came of it, one JSON object.

opening.py DATA
"""

import json
import sys
from pathlib import Path

from admincenter.core.errors import StartRefused
from admincenter.store.opening import Store

if __name__ == "__main__":
    try:
        store = Store(Path(sys.argv[1]), create=True)
        found = [each.instance for each in store.read(lambda tx: tx.instances.all())]
        print(json.dumps({"instances": found}), flush=True)
        sys.stdin.read()
        store.close()
    except StartRefused as refusal:
        print(json.dumps({"refused": str(refusal)}))
