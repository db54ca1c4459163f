"""The dockworthy.yaml of a run: the one that was named, or the nearest above."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from ..model.levels import Level
    from ..model.policy import ProjectFile


def load_project(policy: str | None) -> ProjectFile:
    """Raises UnreadableInput for a file that is not understood, UsageError for what this version does not judge."""
    from ..model.policy import ProjectFile
    from ..readers.project_file import find_project_file, read_project_file

    path = Path(policy) if policy is not None else find_project_file(Path())
    if path is None:
        return ProjectFile()
    project = read_project_file(path)
    if project.policy.rules:
        raise UsageError(
            f"{path}: policy.rules: custom rules are not judged by this version",
            hint="take them out: a rule that nobody asks would look like one that holds",
        )
    return project


def level_of(option: str | None, project: ProjectFile) -> Level:
    """`--level`, else what the policy says, else production."""
    from ..model.levels import Level

    return Level(option) if option is not None else project.policy.level or Level.PRODUCTION
