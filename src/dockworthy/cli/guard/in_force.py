"""What the guard judges by, from the options of a command and the project's file."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import UnreadableInput
from ..options import LEVELS
from ..project import rules_of

if TYPE_CHECKING:
    from ...guard.life.kept_policy import Load, PolicyKeeping
    from ...guard.policy_in_force import PolicyInForce


level_option = click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="How strict: each level asks all that the one before it asks, and more.  "
    "[default: what dockworthy.yaml says, else baseline]",
)
"""The guard's own default: what nobody asked for is not to stop a host's work."""


def loader(level: str | None, policy: str | None, *, followed: bool = False) -> Load:
    """Reads the same files each time it is called, wherever the process is by then. `followed`: for a guard, which
    takes over what they say; then others than root may not be able to change them."""
    return partial(_load_guarded if followed else _load, level, _path(policy))


def keeping(level: str | None, policy: str | None) -> PolicyKeeping | None:
    """Where the last good one is kept; None where there is no file at all."""
    from ...guard.life.kept_policy import PolicyKeeping

    path = _path(policy)
    return None if path is None else PolicyKeeping(path, level)


def _path(policy: str | None) -> str | None:
    from ...readers.project_file import find_project_file

    found = find_project_file(Path()) if policy is None else Path(policy)
    return None if found is None else os.path.abspath(found)


def _load_guarded(level: str | None, path: str | None) -> tuple[PolicyInForce, tuple[Path, ...]]:
    """Raises UnreadableInput, also for a file that others than root could change: whoever writes it is root."""
    from ...guard.path_ownership import who_may_change

    in_force, files = _load(level, path)
    for file in files:
        if why := who_may_change(str(file)):
            raise UnreadableInput(
                f"others than root could change what the guard judges by: {why}",
                file=str(file),
                hint="let the file, the folders above it and every link to it be root's: chown root, chmod go-w",
            )
    return in_force, files


def _load(level: str | None, path: str | None) -> tuple[PolicyInForce, tuple[Path, ...]]:
    """Raises UnreadableInput."""
    from ...guard.policy_in_force import PolicyInForce
    from ...model.levels import Level
    from ...model.policy import ProjectFile, sources_of
    from ...readers.joined_policy import read_project_file

    project = ProjectFile() if path is None else read_project_file(Path(path))  # errors name the whole path
    asked = Level(level) if level else project.policy.level or Level.BASELINE
    files = [path, *sources_of(project.policy).files] if path is not None else []
    in_force = PolicyInForce(level=asked, policy=project.policy, guard=project.guard, rules=rules_of(project))
    return in_force, tuple(dict.fromkeys(Path(os.path.abspath(file)) for file in files))


def absolute(*paths: str | Path | None) -> tuple[str, ...]:
    """Those that are given."""
    return tuple(os.path.abspath(path) for path in paths if path)
