"""dockworthy as a person runs it: the installed program, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from patience import patience

from .engines import clean_environment

DOCKWORTHY = Path(sys.executable).with_name("dockworthy")


def run_dockworthy(
    *arguments: str,
    env: Mapping[str, str] | None = None,
    inside: tuple[str, ...] = (),
    input: str | None = None,
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Runs `dockworthy ARGUMENTS` and returns its status and both outputs; it never raises for a status.

    `env` is added to an environment that names no engine. `inside` goes before the command (`nsenter ...`).
    """
    return subprocess.run(
        [*inside, str(DOCKWORTHY), *arguments],
        env=clean_environment(**(env or {})),
        input=input,
        stdin=None if input is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=patience(timeout),
    )
