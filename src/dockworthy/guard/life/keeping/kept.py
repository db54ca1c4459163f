"""What a keeper is told: which sockets, which command. A file, so that an upgrade can change it under a running one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from ....errors import UsageError


class At(NamedTuple):
    """A socket: who may open it. `group` is "" where the keeper's own group has it."""

    path: str
    mode: int
    group: str = ""


class Kept(NamedTuple):
    """`again` starts the keeper anew, with the same file; `serving` is where it writes which guard answers."""

    sockets: tuple[At, ...]
    command: tuple[str, ...]
    again: tuple[str, ...]
    pid_file: str
    serving: str

    def written(self) -> bytes:
        told = {**self._asdict(), "sockets": [at._asdict() for at in self.sockets]}
        return (json.dumps(told, indent=2) + "\n").encode()


def read_kept(file: Path) -> Kept:
    """Raises UsageError."""
    try:
        told: dict[str, Any] = json.loads(file.read_text())
        sockets = tuple(At(str(at["path"]), int(at["mode"]), str(at["group"])) for at in told["sockets"])
        command, again = (tuple(map(str, told[name])) for name in ("command", "again"))
        return Kept(sockets, command, again, str(told["pid_file"]), str(told["serving"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} can't be used: {error}", hint="dockworthy guard install writes it anew") from None


__all__ = ["At", "Kept", "read_kept"]
