"""`dockworthy backup check`: are the repositories whole?"""

from __future__ import annotations

import click

from .. import options
from ..exit_status import ExitStatus
from ..output import say
from ..project import load_project


@click.command(short_help="Checks that the repositories are whole.")
@click.option(
    "--read-data",
    metavar="PART",
    default="",
    help="Read that part of the data itself, too: `5%`, `2G`, or `1/7` on Monday, `2/7` on Tuesday … as restic has it.",
)
@options.policy
@options.host
@options.sudo
def check(read_data: str, policy: str | None, hosts: tuple[str, ...], sudo: bool) -> int:
    """Reads the structure of each repository of `backup.to`, and with --read-data a part of what it holds.

    That a repository is whole does not prove that its data can be restored: `dockworthy drill restore` does.
    """
    import asyncio

    from ...backup.reading import check_repositories
    from ...backup.runs import must_name_repository

    project = load_project(policy)
    must_name_repository(project.backup)
    endpoint = options.endpoint_of(hosts, project)
    options.only_over_ssh([endpoint], sudo=sudo, root="/")
    asyncio.run(check_repositories(endpoint, project.backup, read_data=read_data, sudo=sudo, say=say))
    return ExitStatus.DONE
