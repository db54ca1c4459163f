"""The user's file as Compose itself reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import UnreadableInput
from .docker_command import Docker


async def render(docker: Docker, text: str, file: str, services: Sequence[str] = ()) -> dict[str, Any]:
    """`docker compose config` of a text, with the variables, `.env` and relative paths of the file's folder.

    Services of any profile are among them where they are named. Raises UnreadableInput with Compose's own words.
    """
    folder = str(Path(file).resolve().parent)
    command = ("compose", "--project-directory", folder, "-f", "-", "config", "--format", "json", *services)
    done = await docker.run(*command, input=text.encode(), whole_environment=True)
    if done.status != 0:
        raise UnreadableInput(f"Compose can't read it: {done.said}", file=file)
    rendered: dict[str, Any] = json.loads(done.out)
    return rendered
