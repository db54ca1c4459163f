"""`dockworthy backup log`: what was received of databases' logs since, saved between backups."""

from __future__ import annotations

import click

from .. import options
from ..deploying import asked_for, naming_hosts
from ..exit_status import ExitStatus
from ..output import say
from ..project import load_project
from .scope import scope_of, whole_engine


@click.command(short_help="Saves what was received of PostgreSQL's log since (`point_in_time`).")
@whole_engine
@options.environment
@options.policy
@options.host
@options.sudo
def log(
    everything: bool,
    environment: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """Saves, of each PostgreSQL with `point_in_time`, the log that was received since it was saved last, to every
    repository of `backup.to`. What came since then is lost where the host is lost; `backup install` has it done every
    five minutes.
    """
    from ...backup.log_saving import save_logs_here
    from ...backup.runs import must_name_repository
    from ...interruption import run_to_its_end
    from ...model.counts import number_of

    project = load_project(policy)
    must_name_repository(project.backup)
    asked = asked_for(project, policy=policy, hosts=hosts, environment=environment, sudo=sudo)
    scope = scope_of(asked, everything=everything)
    with naming_hosts(hosts, project):
        saved = run_to_its_end(save_logs_here(asked.endpoint, scope, project.backup, sudo=sudo, say=say))
    say(f"saved the log of {number_of(saved, 'data set')}")
    return ExitStatus.DONE
