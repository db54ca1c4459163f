"""`dockworthy backup`: the data of a project, how each set of it is saved, and a run that saves it; the file of each
command is imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import options
from ..agreeing import shown_and_agreed
from ..deploying import asked_for, naming_hosts
from ..exit_status import ExitStatus
from ..lazy_group import LazyGroup
from ..output import deliver, say
from ..project import load_project
from ..show import paper
from .scope import named_files, named_images, restores_of, scope_of, whole_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...backup.saving import BackupDone
    from ...deploy.options import DeployOptions
    from ...engine.site import Site
    from ...model.backup import BackupPlan

_SWARM = "only the data on this host is seen: `--host` of each other node that runs tasks shows the data there"

FILES = {
    "log": "log",
    "status": "status",
    "list": "list_runs",
    "check": "check",
    "install": "install",
    "uninstall": "install",
    "kit": "kit",
    "target": "target",
}
"""Command -> the file that holds it, in the order in which `--help` shows them."""


@click.group(
    cls=LazyGroup,
    package=__package__,
    files=FILES,
    invoke_without_command=True,
    short_help="Saves the data of a project, encrypted; shows what is saved.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show the plan: each data set, how it is saved, and how long nobody answers."
)
@click.option(
    "--accept",
    metavar="DATA",
    multiple=True,
    help="That this data set holds less than before, or is gone, is meant (repeatable).",
)
@options.yes
@whole_engine
@options.environment
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
@click.pass_context
def backup(
    ctx: click.Context,
    dry_run: bool,
    accept: tuple[str, ...],
    yes: bool,
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Saves the data of this folder's project to each repository of `backup.to` in dockworthy.yaml, encrypted.

    Data is each volume, folder and file that a container may write to. Its kind (PostgreSQL, MariaDB, MySQL, Valkey,
    Redis, SQLite, files) is told by what lies there and by the programs that run, not by the image's name.

    Databases are saved by their own dump tools while they run; files while their containers are paused, or stopped
    where `backup.data` says so. With the data goes what a restore of it must find again: tables, rows, sums. What is
    unclear is asked, with the lines for dockworthy.yaml that answer it; all else is saved meanwhile. Only root can read
    volumes. The key of the repositories is made where it is missing: without it nobody can restore anything, so keep a
    copy elsewhere.

    Exit status 1 says that questions are open, or that something holds much less than it did before.

    \b
    Examples:
      dockworthy backup --dry-run         this folder's project: the plan
      dockworthy backup                   save it
      dockworthy backup --dry-run --all   the whole engine
      dockworthy backup status            how each data set stands
      dockworthy backup list              what can be restored
    """
    if ctx.invoked_subcommand is not None:
        options.must_stand_behind(ctx)
        return 0
    from functools import partial

    from ...backup.saving import plan_here
    from ...interruption import run_to_its_end
    from ...model.deploy_settings import TargetKind
    from ...report.backup import backup_plan_json, render_backup_plan, render_runs, run_list_json

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    notes = (_SWARM,) if asked.settings.target is TargetKind.SWARM else ()
    width, colour = paper(output)
    scope = scope_of(asked, everything=everything)
    with naming_hosts(hosts, project):
        if dry_run:
            images = partial(named_images, asked=asked)
            planning = plan_here(asked.endpoint, scope, project.backup, named_images=images, sudo=sudo, notes=notes)
            plan = run_to_its_end(planning)
            text = backup_plan_json(plan) if format_ == "json" else render_backup_plan(plan, width=width, colour=colour)
            deliver(text, output)
            return ExitStatus.NOT_WORTHY if plan.questions or _lacks(plan) else ExitStatus.DONE
        agree = partial(_shown_and_asked, yes=yes)
        done = run_to_its_end(_back_up(asked, scope, notes, accept=accept, agree=agree))
    if not done.runs:
        return ExitStatus.NOT_WORTHY
    as_json = format_ == "json"
    text = run_list_json(done.runs) if as_json else render_runs(done.runs, done.plan.to, width=width, colour=colour)
    deliver(text, output)
    doubted = any(run.doubts for run in done.runs)
    return ExitStatus.NOT_WORTHY if done.plan.questions or _lacks(done.plan) or doubted else ExitStatus.DONE


def _lacks(plan: BackupPlan) -> bool:
    """Is a log to be received that can't be?"""
    return any(each.lacks for each in plan.data)


async def _back_up(
    asked: DeployOptions,
    scope: str,
    notes: Sequence[str],
    *,
    accept: Sequence[str],
    agree: Callable[[BackupPlan], bool],
) -> BackupDone:
    from functools import partial

    from ...backup.project_files import packed_files
    from ...backup.saving import back_up_here
    from ...engine.docker_command import Docker
    from ...fix.verify.removal import clean_leftovers

    async def proven_of(site: Site) -> list[str]:
        return [each.restored for each in await restores_of(site, scope) if each.passed]

    return await back_up_here(
        asked.endpoint,
        scope,
        asked.project.backup,
        files=packed_files(asked.folder, *(await named_files(asked) if scope else ())),
        accept=accept,
        sudo=asked.sudo,
        notes=notes,
        named_images=partial(named_images, asked=asked),
        proven_of=proven_of,
        remove_copies=lambda site: clean_leftovers(Docker(site.docker_host)),
        agree=agree,
        say=say,
    )


def _shown_and_asked(plan: BackupPlan, *, yes: bool) -> bool:
    """The plan goes to the person first; on a terminal they are asked where somebody will not answer for a while."""
    from ...report.backup import render_backup_plan

    harmless = all(not each.downtime for each in plan.data)
    return shown_and_agreed(render_backup_plan(plan, width=80, colour=False), yes=yes or harmless)
