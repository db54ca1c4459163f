"""Was the guard tried against this engine's version: by us, or by the drill on this machine?"""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import UsageError
from ...model.knowledge.guarded_engines import TRIED, line_of
from . import kept_files

NAME = "drilled.json"
"""In the guard's state: a list of versions, as the drill saw them."""


def check_tried(version: str, state: Path) -> None:
    """Raises UsageError for a version on which nobody has seen all attacks stopped, and for none (`""`)."""
    if not version:
        raise UsageError("no engine runs here, so that its version can't be told", hint="start it, or say --force")
    if line_of(version) in (*TRIED, *_drilled(state)):
        return
    raise UsageError(
        f"the guard was not tried against Engine {version} (tried: {', '.join(TRIED)})",
        hint="run `dockworthy drill guard` on a scratch engine of that version on this machine, then install again",
    )


def remember_drill(version: str, state: Path) -> None:
    """After a drill in which all attacks were stopped and all good calls passed. Raises OSError."""
    lines = sorted({*_drilled(state), line_of(version)})
    kept_files.write(state / NAME, (json.dumps(lines) + "\n").encode(), 0o600)


def _drilled(state: Path) -> tuple[str, ...]:
    try:
        read = json.loads((state / NAME).read_text())
    except (OSError, ValueError):
        return ()
    return tuple(each for each in read if isinstance(each, str) and each) if isinstance(read, list) else ()
