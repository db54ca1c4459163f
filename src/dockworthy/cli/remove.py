"""`dockworthy remove`: take a project off a host, with all that a deploy brought there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .agreeing import confirmed
from .deploying import asked_for, naming_hosts, project_name
from .exit_status import ExitStatus
from .output import deliver, say
from .project import load_project
from .show import not_both, paper

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..model.removal import Removal


@click.command(short_help="Removes a project from a host, with all that belongs to it.")
@click.argument("project", metavar="[PROJECT]", required=False)
@click.option("--volumes", is_flag=True, help="Remove its volumes, too, with the data in them.")
@options.environment
@options.shows_plan
@options.take_over
@options.yes
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def remove(
    project: str | None,
    volumes: bool,
    environment: str | None,
    dry_run: bool,
    take_over: bool,
    yes: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Remove a project from a host: its containers (on a swarm its services) and networks, its routes at the edge, its
    certificates with their keys, its records, and the versions of its secrets and configs. PROJECT is its name in
    Compose; without it, the project of this folder is removed.

    Volumes stay, unless you give --volumes. Images and your own files always stay. What a container of another project
    uses stays, too, and the plan names it. The edge is removed together with the last project that it serves.

    The plan is shown first, and you must agree to it. If a run is killed, the next run removes the rest.

    \b
    Examples:
      dockworthy remove --dry-run          what would go, and what stays
      dockworthy remove                    the project of this folder
      dockworthy remove shop --volumes     another one, with its data
      dockworthy remove --env staging      an environment
    """
    import asyncio

    from ..deploy.removing import Remover
    from ..engine.site import reach
    from ..interruption import run_to_its_end
    from ..report.json_text import json_text
    from ..report.removal import render_removal

    not_both("PROJECT", "--env", project is not None and environment is not None)
    if project is not None and ("/" in project or project in (".", "..") or project.endswith((".yaml", ".yml"))):
        raise UsageError(
            f"{project} is not the name of a project",
            hint="without a name, the project of this folder is removed; `docker compose ls` lists the names",
        )
    asked = asked_for(load_project(policy), policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    with naming_hosts(hosts, asked.project):
        name = project if project is not None else asyncio.run(project_name(asked))

    def agree(plan: Removal) -> bool:
        return _agreed(plan, yes=yes)

    async def work() -> Removal:
        async with reach(asked.endpoint, command="remove", sudo=sudo) as site:
            remover = Remover(site, name, volumes=volumes, hosts=asked.project.hosts, sudo=sudo)
            if project is not None and not (await remover.look()).items:
                raise _no_such(name, site.name, await remover.known_projects())
            return await remover.remove(dry_run=dry_run, take_over=take_over, agree=agree, say=say)

    with naming_hosts(hosts, asked.project):
        found = asyncio.run(work()) if dry_run else run_to_its_end(work())
    width, colour = paper(output)
    if format_ == "json" or found.done or dry_run or found.is_empty:
        text = json_text(found) if format_ == "json" else render_removal(found, width=width, colour=colour)
        deliver(text, output)
    return ExitStatus.DONE if found.done or dry_run or found.is_empty else ExitStatus.NOT_WORTHY


def _no_such(name: str, host: str, known: Collection[str]) -> UsageError:
    """A name that was typed: nothing is done by it, and nobody should think that it was."""
    from ..model.nearest_name import names_there

    return UsageError(f"there is nothing of a project {name} on {host}", hint=names_there(name, known, "it has"))


def _agreed(plan: Removal, *, yes: bool) -> bool:
    """Raises UsageError where nobody is there to agree."""
    from ..report.removal import render_removal

    for line in render_removal(plan, width=80, colour=False).splitlines():
        say(line)
    return confirmed(yes=yes)
