"""Runs a measurement where it can harm nothing: in namespaces of its own, with a folder that goes with it.

The same place as that of the tests (setup/namespace.sh): engines and load of the measurement see nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FOLDER = "DOCKWORTHY_TEST_FOLDER"


def apart() -> Path:
    """The folder, inside. Outside it runs this very script again inside, and ends with that one's status."""
    if _FOLDER in os.environ:
        return Path(os.environ[_FOLDER])
    if os.geteuid() != 0:
        raise SystemExit("only root can start an engine: sudo")
    from machines import leftovers

    leftovers.clean_after_earlier_runs()
    folder = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX, dir=leftovers.PLACE))
    leftovers.mark(folder, os.getpid())
    inside = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    try:
        done = subprocess.run(
            [*inside, "bash", str(ROOT / "setup/namespace.sh"), sys.executable, *sys.argv],
            env={**os.environ, _FOLDER: str(folder)},
        )
    finally:
        leftovers.clean(folder)
    raise SystemExit(done.returncode)
