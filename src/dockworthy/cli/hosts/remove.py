"""`dockworthy hosts remove`: a host leaves, its tasks first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from ..output import say
from ..project import load_project
from .common import NoSuchNode, agreed, asks_a_manager, manager_of, nodes_by, the_node, timeout
from .project_file import ProjectFileLines

if TYPE_CHECKING:
    from ...engine.connection import Connection
    from ...hosts.leaving import NodeEmptying
    from ...model.hosts import SwarmNode

_LEAVE = "docker swarm leave --force, over there"


@click.command(short_help="Removes a host: drained, out of the swarm and of dockworthy.yaml.")
@click.argument("node")
@click.option("--force", is_flag=True, help="Also where something stops, begins empty, or an even number is left.")
@timeout
@asks_a_manager
def remove(
    node: str,
    force: bool,
    timeout: float,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """A host leaves: it is drained, leaves the swarm (over ssh, by its line in dockworthy.yaml), is taken off the list
    of nodes, and out of dockworthy.yaml. A node that is down is only taken off the list. Engine, containers outside the
    swarm and volumes on the host stay as they are.
    """
    from ...model.deploy_settings import TargetKind

    lines, project = ProjectFileLines(policy), load_project(policy)
    if project.deploy.target is not TargetKind.SWARM:
        if node not in project.hosts:
            raise UsageError(f"dockworthy.yaml has no host {node}", hint=", ".join(project.hosts) or "it has none")
        if agreed(f"{node} is removed", [f"its line is taken out of {lines.path}"], dry_run=dry_run, yes=yes):
            lines.take_out(node)
        return 0
    endpoint, _ = manager_of(hosts, policy, sudo=sudo)
    leaves = _Leaves(endpoint, project.hosts, lines, force=force, seconds=timeout, sudo=sudo)
    return asyncio.run(leaves.run(node, yes=yes, dry_run=dry_run))


class _Leaves:
    """`known`: the hosts of dockworthy.yaml, name -> address."""

    def __init__(
        self, endpoint: str, known: dict[str, str], lines: ProjectFileLines, *, force: bool, seconds: float, sudo: bool
    ) -> None:
        self._endpoint = endpoint
        self._known = known
        self._lines = lines
        self._force = force
        self._seconds = seconds
        self._sudo = sudo

    async def run(self, name: str, *, yes: bool, dry_run: bool) -> int:
        from ...engine.site import engine_at
        from ...hosts.leaving import may_leave, must_be_asked_for, plan_leaving

        async with engine_at(self._endpoint, sudo=self._sudo) as engine:
            nodes = await nodes_by(engine, self._endpoint)
            if await self._has_left(nodes, name):
                if agreed(f"{name} is removed", [self._line(name)], dry_run=dry_run, yes=yes):
                    self._lines.take_out(name)
                return 0
            node = await the_node(nodes, name, self._known, sudo=self._sudo)
            plan = await plan_leaving(engine, node, nodes)
            may_leave(plan, nodes, force=self._force)
            address = self._address(plan)
            if not dry_run:
                must_be_asked_for(plan, force=self._force)
            if not agreed(f"{node.called} is removed", self._steps(plan, address), dry_run=dry_run, yes=yes):
                return 0 if dry_run else 1
            await self._do(engine, plan, address)
        if node.called in self._known:
            self._lines.take_out(node.called)
        return 0

    async def _has_left(self, nodes: list[SwarmNode], name: str) -> bool:
        """An earlier run came as far as that: its line alone is there. It was a node by another name, if it is one."""
        try:
            await the_node(nodes, name, self._known, sudo=self._sudo)
        except NoSuchNode:
            return name in self._known
        return False

    def _address(self, plan: NodeEmptying) -> str:
        """Where its own engine is told to leave; "" for a node that is down. Raises UsageError where nobody knows."""
        if not plan.node.ready:
            return ""
        address = self._known.get(plan.node.called)
        if address is None:
            raise UsageError(
                f"dockworthy.yaml does not say how to reach {plan.node.called}, which is to leave",
                hint=f"hosts: {{{plan.node.called}: ssh://root@…}}; or {_LEAVE}, then this again",
            )
        return address

    def _steps(self, plan: NodeEmptying, address: str) -> list[str]:
        from ...report.hosts import move_in_words

        steps = [move_in_words(move) for move in plan.moves]
        steps.append(f"its engine leaves the swarm ({address})" if address else "it is down: it can't be told to leave")
        steps.append("it is taken off the list of nodes; volumes and images on it stay")
        return [*steps, self._line(plan.node.called)] if plan.node.called in self._known else steps

    def _line(self, name: str) -> str:
        return f"its line is taken out of {self._lines.path}: {name}"

    async def _do(self, engine: Connection, plan: NodeEmptying, address: str) -> None:
        from ...engine.site import engine_at
        from ...hosts.leaving import drain, forget, leave
        from ...hosts.roles import demote
        from ...model.hosts import NodeRole
        from ...report.hosts import gap_in_words

        for gap in await drain(engine, plan, seconds=self._seconds):
            say(gap_in_words(gap))
        if plan.node.role is NodeRole.MANAGER and plan.node.votes:
            await demote(engine, plan.node)
        if address:
            async with engine_at(address, sudo=self._sudo) as there:
                await leave(there, plan.node)
        await forget(engine, plan.node)
        called = plan.node.called
        say(f"{called} has left" if address else f"{called} is off the list of nodes; when it comes back: {_LEAVE}")
