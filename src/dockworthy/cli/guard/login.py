"""`dockworthy guard login`: docker asks the guard's socket from now on."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import click

from ...errors import UsageError
from ..output import say

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.+-]{0,127}")


@click.command(short_help="Writes a Docker context for the guard's socket.")
@click.argument("path", metavar="PATH")
@click.option("--name", default="guard", show_default=True, help="Of the context.")
def login(path: str, name: str) -> int:
    """docker, Compose and buildx then ask the socket at PATH: docker --context guard ps, or docker context use guard.

    Which context is the current one is left as it is.
    """
    from ...engine.context import configuration_folder, write_context

    socket = Path(os.path.abspath(path))
    try:
        is_socket = stat.S_ISSOCK(socket.stat().st_mode)
    except OSError as error:
        raise UsageError(f"{socket}: {error.strerror}", hint="guard serve --people PATH opens it") from None
    if not is_socket:
        raise UsageError(f"{socket} is no socket", hint="guard serve --people PATH opens one")
    if not _NAME.fullmatch(name) or name == "default":
        raise UsageError(f"--name {name}: docker takes no such name for a context", hint="letters, digits, _ . + -")
    file = write_context(configuration_folder(os.environ), name, f"unix://{socket}")
    say(f"wrote {file}; now: docker context use {name}")
    return 0


__all__ = ["login"]
