"""`dockworthy backup`: what data there is, and how each set of it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import options
from .deploying import asked_for, naming_hosts, project_name
from .exit_status import ExitStatus
from .output import deliver
from .project import load_project
from .show import paper

if TYPE_CHECKING:
    from ..deploy.options import DeployOptions
    from ..model.backup import BackupPlan

_SWARM = "only the data on this host is seen: `--host` of each other node that runs tasks shows the data there"


@click.group(invoke_without_command=True, short_help="Shows what data there is and how it would be saved.")
@click.option(
    "--dry-run", is_flag=True, help="Show the plan: each data set, how it is saved, and how long nobody answers."
)
@click.option("--all", "everything", is_flag=True, help="All projects of the engine, and what is of no project.")
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
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """What is saved of this folder's project, and how: the plan of a backup.

    Data is each volume, folder and file that a container may write to. Its kind (PostgreSQL, MariaDB, MySQL, Valkey,
    Redis, SQLite, files) is told by what lies there and by the programs that run, not by the image's name. Nothing runs
    in a container, and nothing is changed.

    Databases are saved by their own dump tools while they run; files while their containers are paused, or stopped
    where `backup.data` in dockworthy.yaml says so. What is unclear is asked, with the lines for dockworthy.yaml that
    answer it. Only root can read volumes.

    Exit status 1 says that questions are open.

    \b
    Examples:
      dockworthy backup --dry-run                         this folder's project
      dockworthy backup --dry-run --all                   the whole engine
      dockworthy backup --dry-run --host ssh://root@shop  another host
    """
    if ctx.invoked_subcommand is not None:
        options.must_stand_behind(ctx)
        return 0
    if not dry_run:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    import asyncio

    from ..backup.planning import read_plan
    from ..model.deploy_settings import TargetKind
    from ..report.backup import backup_plan_json, render_backup_plan

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    notes = (_SWARM,) if asked.settings.target is TargetKind.SWARM else ()

    async def read() -> BackupPlan:
        scope = "" if everything else await _scope(asked)
        return await read_plan(asked.endpoint, scope, project.backup, sudo=sudo, notes=notes)

    with naming_hosts(hosts, project):
        plan = asyncio.run(read())
    width, colour = paper(output)
    text = backup_plan_json(plan) if format_ == "json" else render_backup_plan(plan, width=width, colour=colour)
    deliver(text, output)
    return ExitStatus.NOT_WORTHY if plan.questions else ExitStatus.DONE


async def _scope(asked: DeployOptions) -> str:
    """The project's name. Raises UsageError where there is none here."""
    from ..errors import UnreadableInput, UsageError

    try:
        return await project_name(asked)
    except UnreadableInput:
        raise
    except UsageError as error:
        raise UsageError(error.says, hint=f"{error.hint}; or take the whole engine: --all") from None
