"""Every scenario of the bench runs through on tiny data. Nothing here looks at a speed: the machine may be busy."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from admincenter.core import verification
from admincenter.core.audit import Fault
from admincenter.core.instances import choose
from admincenter.store.opening import Store
from bench import picture, publish, table
from bench.figure import Figure
from bench.ground import Ground
from bench.scale import TINY
from bench.scenarios import SCENARIOS
from bench.seeding import seed
