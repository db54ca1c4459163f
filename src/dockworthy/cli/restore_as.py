"""`dockworthy restore --as NAME`: a copy of the project out of a backup comes up beside it, and stays."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from .deploying import asked_for, naming_hosts
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from ..model.lasting_copy import CopyPlan


def restore_as(
    copy_name: str,
    *,
    at: str,
    place: str,
    dry_run: bool,
    yes: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """The exit status: 1 where nobody agreed."""
    from ..drills.restore import copy_beside
    from ..interruption import run_to_its_end
    from ..report.lasting_copy import copy_json, render_copy, render_copy_plan
    from .backup.scope import proven_at, scope_of

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=False)
    with naming_hosts(hosts, project):
        done = run_to_its_end(
            copy_beside(
                asked.endpoint,
                scope,
                copy_name,
                project.backup,
                asked.settings,
                folder=asked.folder,
                at=at,
                place=place,
                sudo=sudo,
                proven_of=partial(proven_at, scope=scope),
                agree=partial(_agreed, yes=yes, dry_run=dry_run),
                say=say,
            )
        )
    width, colour = paper(output)
    if format_ == "json":
        deliver(copy_json(done), output)
    elif done.restored:
        deliver(render_copy(done, width=width, colour=colour), output)
    elif dry_run:
        deliver(render_copy_plan(done.plan, width=width, colour=colour), output)
    return ExitStatus.DONE if done.restored or dry_run else ExitStatus.NOT_WORTHY


def _agreed(plan: CopyPlan, *, yes: bool, dry_run: bool) -> bool:
    if dry_run:
        return False
    from ..report.lasting_copy import render_copy_plan

    for line in render_copy_plan(plan, width=80, colour=False).splitlines():
        say(line)
    return yes or not sys.stdin.isatty() or click.confirm("Make it?", err=True)
