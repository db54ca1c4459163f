"""A host comes: the plan, and the doing. Each step is left out where it is done already, so it can be run again.

A swarm begins, and a host joins it. The token goes from engine to engine in the body of requests, nowhere else.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct, structs

from ..deploy.edge.process import container_at
from ..deploy.edge.swarm_network import EDGE_LEFT_OVER, JOINS_AGAIN, STARTED_AGAIN, join_again, start_again
from ..engine.connection import Connection
from ..engine.membership import Membership, membership_of
from ..engine.site import engine_at
from ..errors import DockworthyError, EngineError, HostError
from ..harden.install.story import set_up
from ..harden.reading import HardenOptions
from ..harden.story import Agree, harden
from ..model.counts import number_of
from ..model.hardening import Hardened, HardenPlan
from ..model.hardening_journal import StageState
from ..model.hosts import NodeRole
from ..model.saying import Say
from .addresses import addresses_of, chosen
from .images import bring, lacking, step, to_come
from .looking import BothSides, look, site_with_engine
from .nodes import called, change
from .options import Adding

PORT = 2377
PORTS = f"{PORT}/tcp to managers, 7946/tcp, 7946/udp and 4789/udp between all"
_JOINING = 60.0
_SETTLING = 60.0


async def begin_swarm(engine: Connection, address: str) -> None:
    """The engine is the first manager then; it listens at `address` alone. Raises EngineError."""
    asked = {"ListenAddr": f"{address}:{PORT}", "AdvertiseAddr": address, "DataPathAddr": address}
    await engine.send("POST", "/swarm/init", asked, seconds=_JOINING)


async def join(manager: Connection, engine: Connection, role: NodeRole, address: str) -> Membership:
    """The engine is a node of the manager's swarm then. Raises EngineError, HostError with what must be open."""
    swarm = await manager.get("/swarm")
    token: str = swarm["JoinTokens"]["Manager" if role is NodeRole.MANAGER else "Worker"]
    managers = (await membership_of(manager)).managers
    before = await membership_of(engine)
    if before.state in ("pending", "error"):  # one that was cut off: it is begun anew
        await engine.send("POST", "/swarm/leave?force=1")
    asked: dict[str, Any] = {
        "ListenAddr": f"{address}:{PORT}",
        "AdvertiseAddr": address,
        "DataPathAddr": address,
        "RemoteAddrs": list(managers),
        "JoinToken": token,
    }
    try:
        await engine.send("POST", "/swarm/join", asked, seconds=_JOINING)
    except EngineError as error:
        raise _not_joined(error, token, managers) from None
    return await _settled(engine, managers)


async def named(manager: Connection, node: str, host: str) -> bool:
    """The node carries the host's name as a label: so it is found also when it is down. Raises EngineError."""
    return await change(manager, node, called(host))


async def _settled(engine: Connection, managers: tuple[str, ...]) -> Membership:
    clock = asyncio.get_running_loop().time
    ends = clock() + _SETTLING
    while True:
        mine = await membership_of(engine)
        if mine.is_in:
            return mine
        if clock() > ends:
            raise HostError(
                f"it did not come into the swarm within {_SETTLING:.0f} s: {mine.state} {mine.error}".rstrip(),
                hint=_open(managers),
            )
        await asyncio.sleep(0.2)


def _not_joined(error: DockworthyError, token: str, managers: tuple[str, ...]) -> HostError:
    return HostError(f"it could not join: {error.says.replace(token, '***')}", hint=_open(managers))


def _open(managers: tuple[str, ...]) -> str:
    return f"can it reach {', '.join(managers)}? open {PORTS}; then run this again"


class AddPlan(Struct, frozen=True, kw_only=True):
    """`steps` in words, and in whole what `harden` does for them. Without steps nothing is left to do. `fits`: the
    host itself is changed to be fit."""

    steps: tuple[str, ...]
    hardening: tuple[HardenPlan, ...]
    fits: bool
    look: BothSides


async def plan_adding(asked: Adding, say: Say) -> AddPlan:
    """Changes nothing. Raises UsageError, HostError, EngineError."""
    seen = await look(asked)
    steps: list[str] = []
    fits = False
    plans: list[HardenPlan] = []
    if asked.fit:
        fit = (await set_up(asked.host, agree=None, only=(), skip=(), say=say)).plan
        if fit.steps:
            steps.append(
                f"make {asked.name} fit, as `dockworthy harden --install` does: {number_of(len(fit.steps), 'step')}"
            )
            plans.append(fit)
            fits = True
    if asked.swarm:
        for name, where in _with_live_restore(seen, asked):
            plans.append((await harden(where, agree=None, for_swarm=True, say=say)).plan)
            steps.append(f"turn live-restore off on {name}: an engine that has it refuses swarm mode")
        steps += [] if asked.is_first else await _image_steps(seen, asked)
        steps += _swarm_steps(seen, asked)
    return AddPlan(steps=tuple(steps), hardening=tuple(plan for plan in plans if plan.steps), fits=fits, look=seen)


async def add(asked: Adding, plan: AddPlan, *, agree: Agree, say: Say) -> None:
    """Does it. `agree` is asked for what could not be planned before an engine was there.

    Raises UsageError, HostError (also where a step was not kept: nothing joins then), EngineError.
    """
    if plan.fits:
        _must_be_kept(await set_up(asked.host, agree=agree, only=(), skip=(), say=say), plan.look.host.name)
    if not asked.swarm:
        return
    seen = await look(asked)  # an engine may have come meanwhile
    for _, where in _with_live_restore(seen, asked):
        _must_be_kept(await harden(where, agree=agree, for_swarm=True, say=say), where.endpoint)
    if asked.is_first:
        await _begin(asked, seen, say)
        return
    async with engine_at(asked.manager, sudo=asked.host.sudo) as manager:
        if seen.begins:
            await begin_swarm(manager, seen.manager_at)
            say(f"a swarm has begun at {seen.manager_at}")
            seen = structs.replace(seen, manager_at=(await membership_of(manager)).address)
        async with site_with_engine(asked.endpoint, sudo=asked.host.sudo) as site:
            if site is None:
                raise HostError(f"no engine answers on {seen.host.name}", hint="run it again without --no-harden")
            mine = await membership_of(site.engine)
            await bring(manager, site.engine, seen.node or to_come(asked.name, asked.role), say)
            if seen.node is None:
                found = await addresses_of(site.shell)
                at = chosen(found, asked.address, seen.manager_at, name=site.name, option="--address")
                mine = await join(manager, site.engine, asked.role, at)
                of = f" the swarm of {seen.manager.name}" if seen.manager is not None else ""
                say(f"{asked.name} has joined{of} as {asked.role}, at {at}")
                await _name_edge_left_over(site.engine, asked.name, say)
        await named(manager, mine.node, asked.name)
        await _edge_takes_part(manager, say)


async def _begin(asked: Adding, seen: BothSides, say: Say) -> None:
    """The first host of a swarm."""
    async with site_with_engine(asked.endpoint, sudo=asked.host.sudo) as site:
        if site is None:
            raise HostError(f"no engine answers on {seen.host.name}", hint="run it again without --no-harden")
        if seen.node is None:
            found = await addresses_of(site.shell)
            wanted = asked.address or asked.manager_address
            at = chosen(found, wanted, "", name=site.name, option="--address")
            await begin_swarm(site.engine, at)
            say(f"a swarm has begun at {at}")
        await named(site.engine, (await membership_of(site.engine)).node, asked.name)
        await _edge_takes_part(site.engine, say)


async def _edge_takes_part(manager: Connection, say: Say) -> None:
    """That of the host that is asked, after a swarm that began anew."""
    if await start_again(manager):
        say(STARTED_AGAIN)
    await join_again(manager)


async def _name_edge_left_over(engine: Connection, host: str, say: Say) -> None:
    """Of an earlier swarm: its network is gone, and only a deploy knows what it is to have here."""
    if await container_at(engine) is not None:
        say(EDGE_LEFT_OVER.format(host=host))


async def _image_steps(seen: BothSides, asked: Adding) -> list[str]:
    if seen.begins:
        return []
    node = seen.node or to_come(asked.name, asked.role)
    async with (
        engine_at(asked.manager, sudo=asked.host.sudo) as manager,
        site_with_engine(asked.endpoint, sudo=asked.host.sudo) as site,
    ):
        return step(await lacking(manager, site.engine if site is not None else None, node))


def _swarm_steps(seen: BothSides, asked: Adding) -> list[str]:
    steps = []
    if seen.begins and seen.manager is not None:
        steps.append(f"begin a swarm on {seen.manager.name}, at {seen.manager_at} (it is its first manager)")
    if asked.is_first and seen.node is None:
        at = f", at {seen.at}" if seen.at else ", at an address that is chosen when its engine is there"
        steps.append(f"begin a swarm on {asked.name}{at} (it is its first manager)")
    elif seen.node is None:
        at = f"at {seen.at}" if seen.at else "at an address that is chosen when its engine is there"
        it = "it" if seen.begins or seen.manager is None else f"the swarm of {seen.manager.name}"
        steps.append(f"{asked.name} joins {it} as {asked.role}, {at}; these must be open: {PORTS}")
    if seen.node is None or seen.node.host != asked.name:
        steps.append(f"the node is labelled dockworthy.host={asked.name}")
    if seen.edge_forgotten:
        steps.append(JOINS_AGAIN)
    return steps


def _with_live_restore(seen: BothSides, asked: Adding) -> list[tuple[str, HardenOptions]]:
    """Those sides that a swarm would be refused on. On an engine that is in one, it is off."""
    found = []
    sides = [(asked.name, seen.host, asked.endpoint)]
    if seen.manager is not None:
        sides.append((seen.manager.name, seen.manager, asked.manager))
    for name, side, endpoint in sides:
        mine = side.membership
        if mine is not None and mine.live_restore and not mine.is_in:
            found.append((name, structs.replace(asked.host, endpoint=endpoint)))
    return found


def _must_be_kept(done: Hardened, name: str) -> None:
    """Raises HostError where a step failed, or somebody said no to it."""
    failed = next((stage for stage in done.stages if stage.state is not StageState.KEPT), None)
    tried = {id for stage in done.stages for id in stage.steps}
    if failed is None and all(step.id in tried for step in done.plan.steps):
        return
    why = f": {failed.why or failed.state.value}" if failed is not None else ""
    if done.plan.for_swarm:
        raise HostError(
            f"live-restore was not turned off on {name}{why}; the new host is left out of swarm and dockworthy.yaml",
            hint="`dockworthy harden --journal` tells what was done; `dockworthy harden --for-swarm` tries it alone",
        )
    raise HostError(
        f"{name} was not made fit{why}; it is left out of swarm and dockworthy.yaml",
        hint="`dockworthy harden --journal` tells what was done; --no-harden adds it as it is",
    )
