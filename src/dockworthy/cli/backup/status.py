"""`dockworthy backup status`: how the backup of each data set stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import options
from ..deploying import asked_for, naming_hosts
from ..exit_status import ExitStatus
from ..output import deliver
from ..project import load_project
from ..show import paper
from .scope import restores_of, scope_of, whole_engine

if TYPE_CHECKING:
    from ...backup.reading import BackupStanding
    from ...engine.site import Site
    from ...model.backup_settings import BackupSettings
    from ...model.drill_proof import DrillProof


@click.command(short_help="Shows when each data set was saved, and when its restore was proven.")
@whole_engine
@options.environment
@options.policy
@options.host
@options.sudo
@options.format_of("table", "json")
@options.output
def status(
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """When each data set of this folder's project was saved last, how much it is, when it is saved next, and when a
    drill restored it last.

    Of PostgreSQL with `point_in_time`, too, whether its log is received and how far behind, from when to when it can be
    brought back, and how many seconds would be lost now.

    Exit status 1 says that something is wrong: never saved, late, smaller than before, or asked about.
    """
    import asyncio

    from ...report.backup import render_standing, standing_json

    project = load_project(policy)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=everything)
    with naming_hosts(hosts, project):
        found = asyncio.run(_read(asked.endpoint, scope, project.backup, sudo=sudo))
    notes = [*found.notes, *_who_runs_it(project.backup, everything, policy, hosts, sudo=sudo)]
    if any(each.log for each in found.data) and not everything:
        notes += _who_saves_logs(policy, hosts, sudo=sudo)
    width, colour = paper(output)
    if format_ == "json":
        text = standing_json(found.data, notes)
    else:
        text = render_standing(found.data, notes, width=width, colour=colour)
    deliver(text, output)
    return ExitStatus.NOT_WORTHY if any(each.problem for each in found.data) else ExitStatus.DONE


def _who_runs_it(
    settings: BackupSettings, everything: bool, policy: str | None, hosts: tuple[str, ...], *, sudo: bool
) -> tuple[str, ...]:
    """A note where it is said when backups run, and nothing of this machine runs them then."""
    from ...errors import UsageError
    from .install import runs_by_itself

    if everything or not (settings.when or settings.every):
        return ()
    try:
        there = runs_by_itself(policy, hosts, sudo=sudo)
    except UsageError:  # it could not be installed either, and `backup install` says why
        there = False
    none = "no timer of this machine runs it: sudo dockworthy backup install; or let your own scheduler run it"
    return () if there else (none,)


def _who_saves_logs(policy: str | None, hosts: tuple[str, ...], *, sudo: bool) -> tuple[str, ...]:
    """A note where nothing of this machine saves received logs between backups."""
    from ...errors import UsageError
    from .install import logs_run_by_themselves

    try:
        there = logs_run_by_themselves(policy, hosts, sudo=sudo)
    except UsageError:
        there = False
    says = "no timer of this machine saves received logs between backups: sudo dockworthy backup install"
    return () if there else (f"{says}; or let your own scheduler run dockworthy backup log",)


async def _read(endpoint: str, scope: str, settings: BackupSettings, *, sudo: bool) -> BackupStanding:
    from ...backup.reading import read_standing

    async def proof_of(site: Site) -> DrillProof | None:
        return next(iter(await restores_of(site, scope)), None)

    return await read_standing(endpoint, scope, settings, sudo=sudo, proof_of=proof_of)
