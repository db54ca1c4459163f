"""`dockworthy hosts add`: a machine from nothing to ready, and into the swarm where the project is for one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from .. import options
from ..output import say
from ..project import level_of, load_project
from .common import agreed, manager, sudo
from .managers import manager_among
from .project_file import ProjectFileLines

if TYPE_CHECKING:
    from ...hosts.options import Adding
    from ...model.hardening import HardenPlan
    from ...model.policy import ProjectFile


@click.command(short_help="Sets up a machine and joins it to the swarm.")
@click.argument("address", metavar="ssh://USER@HOST")
@click.option("--name", metavar="NAME", help="Its name in dockworthy.yaml.  [default: HOST]")
@click.option("--manager", "as_manager", is_flag=True, help="It joins as a manager; have 1, 3 or 5 of them.")
@click.option(
    "--address", "at", metavar="ADDRESS", help="The new host's address in the swarm.  [default: the only one]"
)
@click.option(
    "--manager-address",
    metavar="ADDRESS",
    help="The manager's address, where a new swarm begins.  [default: the only one]",
)
@click.option("--harden/--no-harden", default=True, help="Harden the host, too.  [default: --harden]")
@click.option("--force", is_flag=True, help="Allow an even number of managers, while one is replaced.")
@options.yes
@options.only_says
@options.level
@options.policy
@manager
@sudo
@options.deadline
def add(
    address: str,
    name: str | None,
    as_manager: bool,
    at: str | None,
    manager_address: str | None,
    harden: bool,
    force: bool,
    yes: bool,
    dry_run: bool,
    level: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    deadline: float,
) -> int:
    """Sets up a new machine: all it needs is a shell over ssh.

    Installs an engine where there is none, and hardens the host (`dockworthy harden --install`). Where `deploy.target`
    is swarm, the host joins the swarm of the manager that --host names, or of one that dockworthy.yaml lists; a manager
    without a swarm begins one. The first host of all, or one that --host names as well, begins the swarm itself. At the
    end the host is written to dockworthy.yaml. The plan is shown first. Run again, it does only what is left to do.
    """
    from ...engine.ssh.address import is_ssh, ssh_address
    from ...harden.reading import HardenOptions
    from ...hosts.options import Adding, name_for
    from ...model.deploy_settings import TargetKind
    from ...model.hosts import NodeRole

    if not is_ssh(address):
        raise UsageError(f"{address}: a host is added over ssh", hint="ssh://root@HOST")
    endpoint = ssh_address(address).url
    project = load_project(policy)
    swarm = project.deploy.target is TargetKind.SWARM
    if not swarm and (as_manager or at or manager_address or hosts):
        raise UsageError("that is for a swarm, and dockworthy.yaml ships to compose", hint="deploy: {target: swarm}")
    asked = Adding(
        name=name_for(project.hosts, endpoint, name, ssh_address(endpoint).host),
        host=HardenOptions(
            endpoint=endpoint, level=level_of(level, project), project=project, sudo=sudo, deadline=deadline
        ),
        manager=_manager(hosts, project, endpoint, sudo=sudo) if swarm else "",
        role=NodeRole.MANAGER if as_manager else NodeRole.WORKER,
        address=at,
        manager_address=manager_address,
        fit=harden,
        force=force,
    )
    return asyncio.run(_add(asked, ProjectFileLines(policy), known=project.hosts, yes=yes, dry_run=dry_run))


def _manager(hosts: tuple[str, ...], project: ProjectFile, endpoint: str, *, sudo: bool) -> str:
    """Who is asked for the swarm; the new host itself where it is the first one. Raises UsageError."""
    named = options.endpoint_of(hosts, project)
    if hosts:
        return named
    others = {name: address for name, address in project.hosts.items() if address != endpoint}
    if found := manager_among(others, named, sudo=sudo):
        return found
    if others:
        raise UsageError(
            f"no manager of a swarm answers, neither at {named} nor among the hosts of dockworthy.yaml",
            hint="--host NAME names the one that is to begin a swarm, or that is to be asked",
        )
    return endpoint


async def _add(asked: Adding, lines: ProjectFileLines, *, known: dict[str, str], yes: bool, dry_run: bool) -> int:
    from ...hosts.adding import add as bring
    from ...hosts.adding import plan_adding

    plan = await plan_adding(asked, say)
    steps = list(plan.steps)
    if asked.name not in known:
        steps.append(f"{lines.path}: hosts: {asked.name}: {asked.endpoint}")
    if not steps:
        say(f"{asked.name} is ready: nothing to do")
        return 0
    for hardening in plan.hardening:
        _show(hardening)
    if not agreed(f"{asked.name} is added", steps, dry_run=dry_run, yes=yes):
        return 0 if dry_run else 1
    shown = {step.id for hardening in plan.hardening for step in hardening.steps}
    await bring(asked, plan, agree=partial(_agree, shown=shown, yes=yes), say=say)
    if asked.name not in known:
        lines.add(asked.name, asked.endpoint)
    say(f"{asked.name} is ready")
    return 0


def _show(plan: HardenPlan) -> None:
    from ...report.hardening import render_plan

    for line in render_plan(plan, width=80, colour=False).splitlines():
        say(line)


def _agree(plan: HardenPlan, *, shown: set[str], yes: bool) -> bool:
    """What was shown with the whole was agreed to with it; a plan that an engine had to come for is shown now."""
    if {step.id for step in plan.steps} <= shown:
        return True
    _show(plan)
    return yes or click.confirm("Do it?", err=True)
