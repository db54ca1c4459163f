"""`dockworthy backup list`: what can be restored."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from .. import options
from ..deploying import asked_for, naming_hosts
from ..exit_status import ExitStatus
from ..output import deliver, say
from ..project import load_project
from ..show import paper
from .scope import proven_at, scope_of, whole_engine

if TYPE_CHECKING:
    from ...backup.reading import RunsFound
    from ...model.backup_settings import BackupSettings


@click.command(short_help="Shows the backups that can be restored.")
@whole_engine
@options.environment
@options.policy
@options.host
@options.sudo
@click.option("--from", "place", metavar="REPOSITORY", default="", help="This repository, in place of `backup.to`.")
@options.format_of("table", "json")
@options.output
def list(
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    place: str,
    format_: str,
    output: str | None,
) -> int:
    """The backups of this folder's project that ended well, newest first: of the first repository that answers.

    With --format json also what a restore of each must find again.
    """
    import asyncio

    from ...report.backup import render_run_list, run_list_json

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=everything)
    with naming_hosts(hosts, project):
        found = asyncio.run(_read(asked.endpoint, scope, project.backup, place=place, sudo=sudo))
    for note in found.notes:
        say(note)
    width, colour = paper(output)
    as_json = format_ == "json"
    text = (
        run_list_json(found.runs) if as_json else render_run_list(found.runs, found.place, width=width, colour=colour)
    )
    deliver(text, output)
    return ExitStatus.DONE


async def _read(endpoint: str, scope: str, settings: BackupSettings, *, place: str, sudo: bool) -> RunsFound:
    from ...backup.reading import read_runs

    return await read_runs(endpoint, scope, settings, place=place, sudo=sudo, proven_of=partial(proven_at, scope=scope))
