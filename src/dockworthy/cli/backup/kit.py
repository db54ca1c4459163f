"""`dockworthy backup kit`: the page for the day on which host and dockworthy are gone."""

from __future__ import annotations

import click

from .. import options
from ..deploying import asked_for, naming_hosts
from ..exit_status import ExitStatus
from ..output import deliver, say
from ..project import load_project
from .scope import scope_of, whole_engine


@click.command(short_help="Prints the page with key and commands for a restore without dockworthy.")
@whole_engine
@options.environment
@options.policy
@options.host
@options.sudo
@click.option("--from", "place", metavar="REPOSITORY", default="", help="This repository, in place of `backup.to`.")
@options.output
def kit(
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    place: str,
    output: str | None,
) -> int:
    """Prints where the backups are, their KEY, and the commands that bring the newest one back with restic and the
    databases' own programs alone. Print it, and keep it off this host: the key is needed on the day the host is gone.
    """
    import asyncio

    from ...backup.reading import read_kit
    from ...report.backup_kit import render_kit

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=everything)
    with naming_hosts(hosts, project):
        run, places, key = asyncio.run(read_kit(asked.endpoint, scope, project.backup, place=place, sudo=sudo))
    deliver(render_kit(run, places, key), output)
    say("this page holds the key: keep it off this host, and from everybody who may not read the data")
    return ExitStatus.DONE
