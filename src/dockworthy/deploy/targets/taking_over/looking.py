"""What a swarm has of a project that Compose is to run from now on, and can it be taken over. Changes nothing.

Source: GET /info, /services, /nodes, /tasks, /networks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ....engine.connection import Connection
from ....engine.membership import membership_of
from ....errors import UsageError
from ..swarm.names import JOB, node_name, of_project
from ..swarm.ready import must_have_leader


class SwarmsPart(Struct, frozen=True):
    """`services`: names on the swarm of the project's services. `networks`: name of each network of the swarm -> may
    containers of one engine join it."""

    services: tuple[str, ...] = ()
    networks: Mapping[str, bool] = {}


async def swarms_part(engine: Connection, project: str) -> SwarmsPart:
    """Nothing at all where this engine manages no swarm. Raises UsageError for services that can't be taken over, with
    the names of those that run elsewhere; EngineError where the managers don't answer."""
    mine = await membership_of(engine)
    if not mine.manager:
        return SwarmsPart()
    await must_have_leader(engine)
    services, networks = await asyncio.gather(engine.get(f"/services{of_project(project)}"), engine.get("/networks"))
    if services:
        names = {each["ID"]: each["Spec"]["Name"].removeprefix(f"{project}_") for each in services}
        await _must_be_here(engine, project, mine.node, names)
        for each in services:
            _must_be_counted(each["Spec"])
    return SwarmsPart(
        tuple(sorted(each["Spec"]["Name"] for each in services)),
        {each["Name"]: bool(each.get("Attachable")) for each in networks if each.get("Scope") == "swarm"},
    )


async def _must_be_here(engine: Connection, project: str, node: str, services: Mapping[str, str]) -> None:
    """A task of another node can't be stood beside by a container of this one, nor its volumes."""
    nodes, tasks = await asyncio.gather(engine.get("/nodes"), engine.get(f"/tasks{of_project(project)}"))
    others = {each["ID"]: node_name(each) for each in nodes if each["ID"] != node}
    if not others:
        return
    away = sorted(
        {
            f"{services.get(task['ServiceID'], 'a service')} on {others[task['NodeID']]}"
            for task in tasks
            if task.get("NodeID") in others and task["DesiredState"] == "running"
        }
    )
    where = f"; elsewhere run {', '.join(away)}" if away else ""
    raise UsageError(
        f"{project} runs as services of a swarm that has other nodes, too ({', '.join(sorted(others.values()))})"
        f"{where}",
        hint="`target: compose` is one engine: `dockworthy hosts remove NAME` empties the others first (what has a "
        "volume there stays behind); or `deploy.target: swarm`",
    )


def _must_be_counted(spec: Mapping[str, Any]) -> None:
    if "Replicated" not in spec["Mode"] and JOB not in (spec.get("Labels") or {}):
        raise UsageError(
            f"the service {spec['Name']} has no number of replicas, so it can't be emptied and brought back",
            hint=f"docker service rm {spec['Name']} (its volumes stay), then deploy",
        )
