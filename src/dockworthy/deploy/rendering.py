"""The person's files as one project, in Compose's own reading."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from ..errors import UsageError
from ..model.compose_project import ComposeProject
from ..model.deploy_settings import DeploySettings
from ..readers.compose.together import files_together
from .compose_command import ComposeCommand

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


class Rendered(Struct, frozen=True, kw_only=True):
    """`spec`: the project with all profiles; `hashes`: service -> Compose's hash of its definition; `active`: the
    services that `docker compose up` would start."""

    project: str
    spec: ComposeProject
    hashes: dict[str, str]
    active: tuple[str, ...]
    files: tuple[str, ...]
    folder: str


def compose_files(folder: Path, settings: DeploySettings) -> tuple[str, ...]:
    """Those that dockworthy.yaml names, else those that Compose finds in the folder. Raises UsageError."""
    if settings.files:
        missing = [name for name in settings.files if not (folder / name).is_file()]
        if missing:
            raise UsageError(f"deploy.files: there is no {missing[0]} in {folder}")
        return tuple(str(folder / name) for name in settings.files)
    found = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if found is None:
        raise UsageError(
            f"there is no Compose file in {folder}",
            hint=f"a project is shipped from {_NAMES[0]}; `deploy.files` names others",
        )
    return tuple(os.path.join(folder, name) for name in files_together(str(found)))


async def render(compose: ComposeCommand, files: Sequence[str], folder: Path, *, project: str = "") -> Rendered:
    """Raises UnreadableInput with Compose's own words."""
    tasks = (
        asyncio.ensure_future(compose.config(files, project)),
        asyncio.ensure_future(compose.hashes(files, project)),
        asyncio.ensure_future(compose.active(files, project)),
    )
    await asyncio.gather(*tasks, return_exceptions=True)
    # All three stumble over the same mistake: the first tells it best.
    spec, hashes, active = tasks[0].result(), tasks[1].result(), tasks[2].result()
    return Rendered(project=spec.name, spec=spec, hashes=hashes, active=active, files=tuple(files), folder=str(folder))
