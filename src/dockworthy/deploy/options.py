"""What a person asked for, in one place."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from ..model.deploy_settings import DeploySettings, Objectives
from ..model.levels import Level
from ..model.policy import ProjectFile


class DeployOptions(Struct, frozen=True, kw_only=True):
    """`folder` is the project's; `services`: only these (() all); `images`: service -> image in place of the written
    one; `accept`: answers to questions; `level`: of the gate. `settings`: `deploy:` of the chosen environment.
    `with_jobs`: a rollback runs the jobs of the release that it brings back."""

    endpoint: str
    folder: Path
    files_lie_in: Path | None = None
    """Where files that the settings name are read here, where that is not `folder`, which is then another host's."""
    project: ProjectFile
    settings: DeploySettings
    level: Level
    services: tuple[str, ...] = ()
    images: dict[str, str] = {}
    accept: tuple[str, ...] = ()
    pull: bool = False
    dry_run: bool = False
    objectives: Objectives | None = None
    """What it is to keep to while it is observed, in place of what the settings say; they stay in its record."""
    sudo: bool = False
    take_over: bool = False
    with_jobs: bool = False
