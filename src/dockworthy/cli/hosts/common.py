"""What the commands on a swarm's nodes share: the manager that is asked, a plan that is shown, somebody who agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from .. import options
from ..agreeing import agreed as agreed_to
from ..options import Command
from ..output import say
from ..project import load_project
from .managers import manager_among

if TYPE_CHECKING:
    from ...engine.connection import Connection
    from ...model.hosts import SwarmNode
    from ...model.policy import ProjectFile

manager = click.option(
    "--host",
    "hosts",
    metavar="URL",
    multiple=True,
    help="A manager: its name in dockworthy.yaml, ssh://USER@HOST, or unix:///PATH.  "
    "[default: the engine that `docker ps` asks]",
)
sudo = click.option(
    "--sudo", is_flag=True, help="With ssh://: become root there by sudo, which must not ask for a password."
)


def asks_a_manager(command: Command) -> Command:
    """The options of every command that has a manager change something."""
    return options.yes(options.only_says(options.policy(manager(sudo(command)))))


timeout = click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(1, 86400),
    default=300,
    show_default=True,
    help="How long to wait until it is done.",
)


def manager_of(hosts: tuple[str, ...], policy: str | None, *, sudo: bool) -> tuple[str, ProjectFile]:
    """The manager's address, and the project. Raises UsageError."""
    project = load_project(policy)
    endpoint = options.endpoint_of(hosts, project)
    if not hosts and project.hosts:
        endpoint = manager_among(project.hosts, endpoint, sudo=sudo) or endpoint
    options.only_over_ssh([endpoint], sudo=sudo, root="/")
    return endpoint, project


async def nodes_by(engine: Connection, endpoint: str) -> list[SwarmNode]:
    """Says where no task can start on the manager. Raises UsageError where the engine is no manager, EngineError where
    the majority is lost."""
    from ...deploy.targets.swarm.ready import WAITS, until_it_takes_part
    from ...engine.connection import ELECTING
    from ...engine.membership import membership_of, must_be_manager
    from ...hosts.nodes import nodes_of
    from ...model.half_begun import RESTART_IT

    engine.on_election = lambda: say(ELECTING)
    must_be_manager(await membership_of(engine), endpoint)
    nodes = await nodes_of(engine)
    if not await until_it_takes_part(engine, waits=lambda: say(WAITS)):
        say(f"no task can start on this engine: its {RESTART_IT}")
    return nodes


class NoSuchNode(UsageError):
    """The swarm has no node that is called so."""


async def the_node(nodes: list[SwarmNode], name: str, known: dict[str, str], *, sudo: bool) -> SwarmNode:
    """By what the swarm calls it; else by what the host of that name in dockworthy.yaml says of itself.

    Raises NoSuchNode, HostError.
    """
    from msgspec import structs

    from ...engine.membership import membership_of
    from ...engine.site import engine_at
    from ...hosts.nodes import find

    found = find(nodes, name)
    if found is None and name in known:
        async with engine_at(known[name], sudo=sudo) as engine:
            mine = (await membership_of(engine)).node
        found = next((structs.replace(node, host=name) for node in nodes if node.id == mine), None)
    if found is None:
        told = ", ".join(sorted(node.called for node in nodes))
        raise NoSuchNode(f"the swarm has no node {name}", hint=f"it has: {told}")
    return found


def agreed(title: str, steps: list[str], *, dry_run: bool, yes: bool) -> bool:
    """Shows what will be done. Raises UsageError where nobody is there to agree."""
    return agreed_to(title, (f"- {step}" for step in steps), dry_run=dry_run, yes=yes)
