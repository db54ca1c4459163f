"""Starts the bundle's dockworthy: from its own folders and no other place."""

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "packages"))

from dockworthy.cli import main  # noqa: E402

sys.exit(main())
