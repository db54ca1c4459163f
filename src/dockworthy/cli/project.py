"""The dockworthy.yaml of a run: the one that was named, or the nearest above, with the policies that it extends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..input_files import Checkout
    from ..model.control import Control
    from ..model.levels import Level
    from ..model.policy import ProjectFile

HOSTS: Final = "dockworthy.hosts"
"""In click's `meta`: the hosts of dockworthy.yaml, name -> address."""


def load_project(policy: str | None, *, judged: Sequence[str] = (), checkout: Checkout | None = None) -> ProjectFile:
    """`judged`: files and folders; where nobody named a policy, and none is above the current folder, theirs counts.
    `checkout`: these are somebody else's, and what their policy extends must be theirs as well; a policy that lies
    elsewhere is not theirs.

    Raises UnreadableInput for a file that is not understood, or one that it extends.
    """
    from ..model.policy import ProjectFile

    path = policy_path(policy, judged)
    if path is None:
        _tell_of_one_above()
        return ProjectFile()
    project = read_project(path, checkout)
    if project.hosts:
        _remember_hosts(project.hosts)
    return project


def _remember_hosts(hosts: Mapping[str, str]) -> None:
    """For whoever reports an error of this run: the managers among them are asked then."""
    if (context := click.get_current_context(silent=True)) is not None:
        context.meta[HOSTS] = hosts


def policy_path(policy: str | None, judged: Sequence[str]) -> Path | None:
    """The file of `load_project`, if there is one."""
    from ..readers.project_file import find_project_file

    return Path(policy) if policy is not None else find_project_file(Path()) or _of_all(judged)


def read_project(path: Path, checkout: Checkout | None) -> ProjectFile:
    """Raises UnreadableInput."""
    from ..input_files import reading_only
    from ..readers.joined_policy import read_project_file

    with reading_only(checkout if checkout is not None and checkout.names(path) else None):
        return read_project_file(Path(os.path.relpath(path)))


def _tell_of_one_above() -> None:
    """Above a Git checkout a dockworthy.yaml does not count: who relies on it must hear so."""
    from ..input_files import top_of
    from ..readers.project_file import find_project_file
    from .output import say

    top = top_of(os.curdir)
    above = find_project_file(Path(top).parent) if top is not None else None
    if above is not None:
        say(f"dockworthy: {above} lies above this Git checkout, and does not count: name it with --policy")


def _of_all(judged: Sequence[str]) -> Path | None:
    """The one dockworthy.yaml that is nearest above each of them; None where they do not agree on one."""
    from ..readers.project_file import find_project_file

    places = {Path(each) for each in judged if each != "-"}
    found = {find_project_file(place if place.is_dir() else place.parent) for place in places}
    return found.pop() if len(found) == 1 else None


def rules_of(project: ProjectFile) -> tuple[Control, ...]:
    """The policy's own rules, compiled. Raises UnreadableInput with the place inside the expression.

    CEL is imported only where there are rules.
    """
    if not project.policy.rules:
        return ()
    from ..policy.rules import compile_rules

    return compile_rules(project.policy)


def level_of(option: str | None, project: ProjectFile) -> Level:
    """`--level`, else what the policy says, else production."""
    from ..model.levels import Level

    return Level(option) if option is not None else project.policy.level or Level.PRODUCTION
