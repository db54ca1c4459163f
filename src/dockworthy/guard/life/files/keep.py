"""Keeps the bundle's guard running: keep.py FILE, which names sockets and command."""

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "packages"))

from dockworthy.guard.life.keeping.keeper import main  # noqa: E402

sys.exit(main())
