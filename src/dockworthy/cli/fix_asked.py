"""What `fix` is asked for: by which policy, which kinds of fixes, and what the engine told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from . import options
from .project import rules_of
from .show import ids_of_today

if TYPE_CHECKING:
    from ..model.compose_fix import KnownToEngine
    from ..model.levels import Level
    from ..model.policy import ProjectFile
    from ..repair import RepairOptions

_SECONDS = 10.0
"""How long the engine may take to tell its images."""


def told_by_engine(hosts: tuple[str, ...], project: ProjectFile) -> KnownToEngine:
    """What the engine knows of images and logs. Raises UsageError, EngineError."""
    import asyncio

    from ..facts.known_to_engine import read_known

    endpoint = options.endpoint_of(hosts, project)
    if endpoint.startswith("ssh://"):
        raise UsageError("fix asks an engine at unix:// or tcp://", hint="run it on that host, or forward its socket")
    return asyncio.run(read_known(endpoint, deadline=_SECONDS))


def asked_for(
    everything: bool,
    controls: tuple[str, ...],
    level: Level,
    project: ProjectFile,
    known: KnownToEngine | None,
    *,
    trusted: bool,
    may_add_files: bool = True,
) -> RepairOptions:
    """Raises UsageError for a control that has no repair."""
    from ..controls.registry import controls_judging
    from ..fix.secret_files import CONTROL as SECRETS
    from ..model.compose_fix import KnownToEngine
    from ..model.control import Subject
    from ..model.fix import FixKind
    from ..repair import RepairOptions
    from ..report.explanation import find_control

    judged = (Subject.UNIT, Subject.BUILD) if controls else ()
    there = {control.id: control for subject in judged for control in controls_judging(subject)}
    named = frozenset(find_control(id, there).id for id in ids_of_today(controls))
    for id in sorted(named):
        if id != SECRETS and not (there[id].fixes or there[id].build_fixes):
            raise UsageError(f"{id} has no exact repair", hint=f"`dockworthy explain {id}` says what to do by hand")
    return RepairOptions(
        level=level,
        policy=project.policy,
        jobs=project.deploy.jobs.services,
        rules=rules_of(project),
        kinds=frozenset(FixKind) if everything else frozenset({FixKind.SAFE}),
        controls=named,
        known=known or KnownToEngine(),
        trusted=trusted,
        may_add_files=may_add_files,
    )
