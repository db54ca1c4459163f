"""Commands of dockworthy that root has done by itself: which command line that is, and who may say so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import UsageError


def own_command(*words: str) -> tuple[str, ...]:
    """The dockworthy that runs now, with `words`. Raises UsageError where others than root could swap it: root would
    run theirs."""
    import dockworthy

    from ..guard.path_ownership import who_may_swap

    for path in (sys.executable, str(Path(dockworthy.__file__).parent)):
        if why := who_may_swap(path):
            raise UsageError(
                f"root would run what others can change: {why}",
                hint="install dockworthy where root alone can write, as below /opt, and call that one",
            )
    return (sys.executable, "-I", "-m", "dockworthy", *words)


def must_be_root(hint: str) -> None:
    """Raises UsageError."""
    if os.geteuid() != 0:
        raise UsageError("only root can have it done by itself", hint=hint)
