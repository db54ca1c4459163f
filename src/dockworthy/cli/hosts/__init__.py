"""`dockworthy hosts`: how the project's hosts stand; the file of each command is imported when it is asked for."""

from __future__ import annotations

import click

from .. import options
from ..exit_status import ExitStatus, status_of_answer
from ..lazy_group import LazyGroup
from ..output import deliver
from ..project import level_of, load_project
from ..show import paper

FILES = {
    "add": "add",
    "drain": "nodes",
    "resume": "nodes",
    "rebalance": "rebalance",
    "promote": "roles",
    "demote": "roles",
    "remove": "remove",
    "autolock": "settings",
    "rotate-ca": "settings",
}
"""Command -> the file that holds it, in the order in which `--help` shows them."""


@click.group(
    cls=LazyGroup,
    package=__package__,
    files=FILES,
    invoke_without_command=True,
    short_help="Shows the hosts; adds, drains and removes them.",
)
@options.level
@options.policy
@options.sudo
@options.deadline
@options.format_of("table", "json")
@options.output
@click.pass_context
def hosts(
    ctx: click.Context,
    level: str | None,
    policy: str | None,
    sudo: bool,
    deadline: float,
    format_: str,
    output: str | None,
) -> int:
    """Shows the hosts of dockworthy.yaml: for each the verdict, its engine, its role in a swarm, and what it lacks
    most. All are read at once; one that can't be reached is named, and the others are shown all the same.

    \b
    Examples:
      dockworthy hosts                                   all of them
      dockworthy hosts add ssh://root@shop2 --dry-run    what a new one needs
      dockworthy hosts add ssh://root@shop2              from nothing to ready
      dockworthy hosts drain shop2                       its tasks go elsewhere
      dockworthy hosts remove shop2                      it leaves
    """
    if ctx.invoked_subcommand is not None:
        options.must_stand_behind(ctx)
        return 0
    import asyncio

    from ...hosts.listing import standing_of
    from ...report.hosts import hosts_json, render_hosts

    project = load_project(policy)
    found = options.fleet_of(("all",), project)
    options.only_over_ssh(list(found.values()), sudo=sudo, root="/")
    read, verdict = asyncio.run(
        standing_of(found, level=level_of(level, project), project=project, sudo=sudo, deadline=deadline)
    )
    width, colour = paper(output)
    deliver(hosts_json(read, verdict) if format_ == "json" else render_hosts(read, width=width, colour=colour), output)
    return ExitStatus(status_of_answer(verdict.answer))


__all__ = ["hosts"]
