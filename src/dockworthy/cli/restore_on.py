"""`dockworthy restore --on HOST`: the host is lost, and the project comes up on another one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .agreeing import shown_and_agreed
from .deploying import asked_for
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from ..deploy.options import DeployOptions
    from ..model.rebuild import RebuildPlan


def restore_on(
    on: str,
    *,
    name: str,
    at: str,
    place: str,
    key: str | None,
    accept: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    environment: str | None,
    policy: str | None,
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """The exit status: 1 where nobody agreed, or where a dry run shows what would be refused."""
    from ..interruption import run_to_its_end
    from ..rebuild.story import RebuildAsked, rebuild
    from ..report.rebuild import render_rebuilt
    from ..report.restore import restore_json

    project = load_project(policy)
    asked = asked_for(
        project, policy=policy, hosts=(on,), environment=None if name else environment, sudo=sudo, dry_run=dry_run
    )
    wanted = RebuildAsked(
        endpoint=asked.endpoint,
        scope=name or _name_here(asked),
        backup=project.backup,
        project=project,
        level=asked.level,
        at=at,
        place=place,
        key=Path(key) if key is not None else None,
        environment=environment,
        accept=accept,
        sudo=sudo,
    )
    done = run_to_its_end(
        rebuild(
            wanted,
            agree_setup=partial(_setup_agreed, on, yes=yes, dry_run=dry_run),
            agree=partial(_plan_agreed, yes=yes, dry_run=dry_run),
            say=say,
        )
    )
    width, colour = paper(output)
    if format_ == "json" or done.restored:
        deliver(restore_json(done) if format_ == "json" else render_rebuilt(done, width=width, colour=colour), output)
    if done.restored:
        return ExitStatus.DONE
    open_ = done.plan is not None and (
        (done.plan.there and "target" not in accept) or (done.plan.lacks and "loss" not in accept)
    )
    return ExitStatus.DONE if dry_run and not open_ else ExitStatus.NOT_WORTHY


def _name_here(asked: DeployOptions) -> str:
    """Raises UsageError where no Compose file is here."""
    import asyncio

    from ..errors import UnreadableInput
    from .deploying import project_name

    try:
        return asyncio.run(project_name(asked))
    except UnreadableInput:
        raise
    except UsageError as error:
        raise UsageError(error.says, hint=f"{error.hint}; or name the project: --project NAME") from None


def _setup_agreed(host: str, steps: Sequence[str], *, yes: bool, dry_run: bool) -> bool:
    from ..report.rebuild import render_setup

    return shown_and_agreed(render_setup(host, steps, width=80, colour=False), yes=yes or dry_run) and not dry_run


def _plan_agreed(plan: RebuildPlan, *, yes: bool, dry_run: bool) -> bool:
    from ..report.rebuild import render_rebuild_plan

    return shown_and_agreed(render_rebuild_plan(plan, width=80, colour=False), yes=yes or dry_run) and not dry_run
