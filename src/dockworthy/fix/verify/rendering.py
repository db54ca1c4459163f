"""The user's file as Compose itself reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...engine.docker_command import Docker
from ...errors import UnreadableInput
from ...readers.compose.together import files_together


async def render(docker: Docker, text: str, file: str, services: Sequence[str] = ()) -> dict[str, Any]:
    """`docker compose config` of a text, with the variables, `.env` and relative paths of the file's folder, and with
    the files that Compose reads beside it.

    Services of any profile are among them where they are named. Raises UnreadableInput with Compose's own words.
    """
    folder = str(Path(file).resolve().parent)
    files = [word for name in files_together(file) for word in ("-f", _as_given(name, folder, file))]
    command = ("compose", "--project-directory", folder, *files, "config", "--format", "json", *services)
    done = await docker.run(*command, input=text.encode(), whole_environment=True)
    if done.status != 0:
        raise UnreadableInput(f"Compose can't read it: {done.said}", file=file)
    rendered: dict[str, Any] = json.loads(done.out)
    return rendered


def _as_given(name: str, folder: str, file: str) -> str:
    """The text stands for the file itself; a file beside it is read where it lies."""
    path = os.path.join(folder, name)
    return "-" if os.path.realpath(path) == os.path.realpath(file) else path
