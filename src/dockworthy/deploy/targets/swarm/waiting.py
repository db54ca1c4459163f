"""Waits until a service's new tasks serve, or says why they never will; and until old tasks have stopped.

The state of an update as the swarm tells it is not what counts: tasks are. Source: GET /tasks, /tasks/{id}/logs,
/nodes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ....engine.clock import seconds_since
from ....engine.connection import Connection
from ....engine.faults import NoSuchObject
from ....engine.filters import filters
from ....engine.membership import membership_of
from ....errors import EngineError
from ....model.half_begun import HALF_BEGUN, RESTART_IT
from ....model.rollout import EDGE_NETWORK
from ...store.release_store import NO_LOCK, StillOurs
from ..containers import OnEdge, demultiplexed, last_probe_in, troubles_of
from ..target import StepFailed
from .names import node_name
from .spec_hash import spec_hash

_LEAVING = 20.0
"""Seconds beyond its grace in which an old task must be gone."""
_LOOKS_EVERY = 0.1
"""Seconds."""
_GONE = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")


async def until_gone(engine: Connection, which: str, staying: Collection[str] = (), *, only_told: bool = False) -> None:
    """All tasks of the query `which` but `staying` have stopped, or had the time to. `only_told`: of those that were
    told to. One on a host that is dead is never seen to go: it is not waited for."""
    nodes = await engine.get("/nodes")
    dead = {node["ID"] for node in nodes if node["Status"]["State"] != "ready"}
    clock = asyncio.get_running_loop().time
    ends = clock() + _LEAVING
    while True:
        leaving = [
            task
            for task in await _tasks(engine, which)
            if task["ID"] not in staying
            and task["Status"]["State"] not in _GONE
            and task.get("NodeID") not in dead
            and (task["DesiredState"] in ("shutdown", "remove") or not only_told)
        ]
        grace = max((_grace(task) for task in leaving), default=0.0)
        if not leaving or clock() >= ends + grace:
            return
        await asyncio.sleep(_LOOKS_EVERY)


async def until_told(engine: Connection, which: str, staying: Collection[str]) -> None:
    """All tasks of the query `which` but `staying` have been told to stop, or there was time for it. An engine takes
    such a one out of the names first, and gives that two seconds to get around, before it stops it."""
    clock = asyncio.get_running_loop().time
    ends = clock() + _LEAVING
    while clock() < ends:
        others = [task for task in await _tasks(engine, which) if task["ID"] not in staying]
        if not any(task["DesiredState"] == "running" and task["Status"]["State"] not in _GONE for task in others):
            return
        await asyncio.sleep(_LOOKS_EVERY)


async def _tasks(engine: Connection, which: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = await engine.get(f"/tasks{which}")
    except NoSuchObject:  # a service that is gone has none
        return []
    return found


def _grace(task: Mapping[str, Any]) -> float:
    return float(task["Spec"]["ContainerSpec"].get("StopGracePeriod") or 10**10) / 10**9


_STABLE = 2.0
"""Seconds that a task without a health check must have run."""
_LOG = 5.0
_FAULT = b"\3"
"""The stream on which an engine says that it could not get the log."""
_FAILED = ("failed", "rejected", "complete")
_UNHEALTHY = "the swarm ended it"
_PENDING = "pending"
_NO_NODE = "`dockworthy hosts` shows which nodes are up and take tasks; `docker node inspect NODE` what each has"
_NETWORK = (
    "between all hosts these must be open: 4789/udp, 7946/tcp and 7946/udp; where they are, restart the edge: "
    "docker restart dockworthy-edge-proxy-1"
)

Tasks = Sequence[Mapping[str, Any]]


class ExpectedTasks(Struct, frozen=True, kw_only=True):
    """Of a service: `name` on the swarm, `template` as it was asked for, how many. `earlier`: ids of tasks that were
    there before, whose failures are none of ours. `networks`: id -> name."""

    service: str
    name: str
    template: Mapping[str, Any]
    replicas: int
    earlier: Collection[str] = ()
    networks: Mapping[str, str] = {}

    @classmethod
    def of(cls, service: str, spec: Mapping[str, Any], earlier: Collection[str]) -> ExpectedTasks:
        """`spec`: of the service, as the swarm was asked for it."""
        replicas = spec["Mode"]["Replicated"]["Replicas"]
        return cls(
            service=service, name=spec["Name"], template=spec["TaskTemplate"], replicas=replicas, earlier=earlier
        )

    def is_of_it(self, task: Mapping[str, Any]) -> bool:
        ours, theirs = self.template, task["Spec"]
        same_image = ours["ContainerSpec"]["Image"] == theirs["ContainerSpec"]["Image"]
        hashes = [spec_hash(each, self.networks, secret_names=True) for each in (ours, theirs)]
        return bool(same_image and hashes[0] == hashes[1])


async def tasks_of(engine: Connection, name: str) -> Tasks:
    """Of the service of that name, oldest first; none where there is none."""
    try:
        found: list[Mapping[str, Any]] = await engine.get(f"/tasks?{filters(service=[name])}")
    except NoSuchObject:
        return ()
    return sorted(found, key=lambda task: str(task["CreatedAt"]))


async def until_serving(
    engine: Connection,
    expected: ExpectedTasks,
    *,
    within: float,
    on_edge: OnEdge | None = None,
    ours: StillOurs = NO_LOCK,
) -> None:
    """All of them run, healthy, and the old ones are gone. With `on_edge`, they get requests from the edge, and the old
    ones are told to go: an engine takes them out of the names at once, and stops them two seconds later.

    Raises StepFailed with what the swarm and the log say, Occupied where another one took over meanwhile.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    seen: set[str] = set()
    while True:
        await ours.check()
        tasks = await tasks_of(engine, expected.name)
        new = [task for task in tasks if expected.is_of_it(task)]
        await _must_not_have_failed(engine, expected, new)
        if lost := seen - {task["ID"] for task in new}:  # a swarm that keeps no history
            raise StepFailed(expected.service, f"{expected.service} ends again and again (task {min(lost)})")
        seen = {task["ID"] for task in new if task["ID"] not in expected.earlier}
        ready = [task for task in new if is_ready(task)]
        enough = len(ready) >= expected.replicas
        if enough and (on_edge is None or not ready or await on_edge.all_up(_at_edge(ready))):
            break
        if clock() >= ends:
            if enough and on_edge is not None:
                raise await _not_reached(engine, expected, ready, on_edge, within)
            raise await _too_late(engine, expected, new, within)
        await asyncio.sleep(_LOOKS_EVERY)
    leaves = until_gone if on_edge is None else until_told
    await leaves(engine, f"?{filters(service=[expected.name])}", [task["ID"] for task in ready])


async def task_log(engine: Connection, task: Mapping[str, Any], lines: int = 10) -> tuple[str, ...]:
    """() where it never had a container, or its node does not give it."""
    if not (task["Status"].get("ContainerStatus") or {}).get("ContainerID"):
        return ()
    try:
        async with asyncio.timeout(_LOG):
            content = await engine.raw(f"/tasks/{task['ID']}/logs?stdout=true&stderr=true&tail={lines}")
    except (EngineError, TimeoutError):
        return ()
    if content[:1] == _FAULT:
        return ()
    return tuple(line[:300] for line in demultiplexed(content).decode(errors="replace").splitlines() if line.strip())


def why_failed(name: str, task: Mapping[str, Any]) -> str:
    """What became of a task that is over, in the swarm's words as far as it has any."""
    status = task["Status"]
    said = str(status.get("Err") or "").removeprefix("task: ")
    if "unhealthy" in said:
        return f"{name} is unhealthy: {_UNHEALTHY}"
    if status["State"] == "rejected" or not status.get("ContainerStatus", {}).get("ExitCode"):
        if status["State"] == "complete":
            return f"{name} ended with status 0"
        return f"{name} could not start: {said or status.get('Message') or status['State']}"
    return f"{name} ended with status {status['ContainerStatus']['ExitCode']}"


def is_ready(task: Mapping[str, Any], *, checked: float = 0.0, unchecked: float = _STABLE) -> bool:
    """It runs, and has for so many seconds: `checked` where a health check says when it answers, else `unchecked`."""
    if task["DesiredState"] != "running" or task["Status"]["State"] != "running":
        return False
    test = (task["Spec"]["ContainerSpec"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    least = unchecked if test[0] == "NONE" else checked
    return not least or seconds_since(task["Status"].get("Timestamp", "")) >= least  # a node's clock may be ahead


async def _must_not_have_failed(engine: Connection, expected: ExpectedTasks, tasks: Tasks) -> None:
    for task in tasks:
        if task["Status"]["State"] in _FAILED and task["ID"] not in expected.earlier:
            raise await failure(engine, expected.service, _name(expected, task), task)


async def failure(engine: Connection, service: str, name: str, task: Mapping[str, Any], lines: int = 10) -> StepFailed:
    """What to raise for a task that is over: why, the end of its log, and what to do where that is known."""
    why = why_failed(name, task)
    hint = ""
    if why.endswith(_UNHEALTHY):
        why = why.removesuffix(_UNHEALTHY) + await _last_probe(engine, task)
    if HALF_BEGUN in why:
        hint = f"on {await _node(engine, task)} {RESTART_IT}"
    if "No such image" in why:
        hint = _no_image(await _node(engine, task), task["Spec"]["ContainerSpec"]["Image"])
    return StepFailed(service, why, log=await task_log(engine, task, lines), hint=hint)


async def _last_probe(engine: Connection, task: Mapping[str, Any]) -> str:
    """What its health check said last, where its container is on this engine and still there."""
    container = str((task["Status"].get("ContainerStatus") or {}).get("ContainerID") or "")
    try:
        return last_probe_in(await engine.get(f"/containers/{container}/json")) if container else _UNHEALTHY
    except NoSuchObject:
        return (
            f"{_UNHEALTHY}; what its health check said is told on {await _node(engine, task)}: docker inspect -f "
            f"'{{{{json .State.Health}}}}' {container[:12]}"
        )


def _no_image(node: str, image: str) -> str:
    if "@" in image:
        return (
            f"{node} could not pull it: `docker pull {image}` over there tells why; where its registry asks for a "
            "password: docker login here, then deploy again"
        )
    return (
        f"{node} does not have it: `dockworthy hosts add ssh://root@HOST --name {node}`, and the next deploy loads it "
        f"there; or docker save {image} | ssh {node} docker load; or push it to a registry"
    )


async def _node(engine: Connection, task: Mapping[str, Any]) -> str:
    """What its node is called: by its host's name in dockworthy.yaml, where it has one."""
    return node_name(await engine.get(f"/nodes/{task['NodeID']}"))


async def _not_reached(
    engine: Connection, expected: ExpectedTasks, tasks: Tasks, on_edge: OnEdge, within: float
) -> StepFailed:
    """They run and are well, and the edge does not send them requests. What on its own host answers it tells whether
    that is the application, or the network between the hosts."""
    troubles = {each.address: each for each in await troubles_of(on_edge, _at_edge(tasks))}
    here = (await membership_of(engine)).node
    met = [(task, troubles[at]) for task in tasks for at in _at_edge([task]) if at in troubles]
    late = [task for task, _ in met] or tasks
    where = ", ".join([f"{_name(expected, task)} on {await _node(engine, task)}" for task in late])
    why = f"the edge does not reach {where} after {within:.0f} s"
    if not met:
        return StepFailed(expected.service, why)
    why += f": it {met[0][1].meets}"
    if all(trouble.silent and task.get("NodeID") != here for task, trouble in met):
        why += ", though it is well; the swarm's network does not carry that far"
        return StepFailed(expected.service, why, hint=_NETWORK)
    return StepFailed(expected.service, why, log=await task_log(engine, met[0][0]))


async def _too_late(engine: Connection, expected: ExpectedTasks, tasks: Tasks, within: float) -> StepFailed:
    late = next((task for task in tasks if task["DesiredState"] == "running" and not is_ready(task)), None)
    if late is None:
        return StepFailed(expected.service, f"the swarm made too few tasks of {expected.service} in {within:.0f} s")
    status = late["Status"]
    said = status.get("Err") or status.get("Message") or status["State"]
    why = f"{_name(expected, late)} was not healthy after {within:.0f} s: {status['State']} ({said})"
    log = await task_log(engine, late)
    hint = _NO_NODE if status["State"] == _PENDING else "`deploy.healthy_within` gives more"
    return StepFailed(expected.service, why, log=log, hint=hint)


def _name(expected: ExpectedTasks, task: Mapping[str, Any]) -> str:
    return f"{expected.service}.{task.get('Slot', 0)}"


def _at_edge(tasks: Tasks) -> set[str]:
    return {
        (each.get("Addresses") or [""])[0].partition("/")[0]
        for task in tasks
        for each in task.get("NetworksAttachments") or ()
        if each["Network"]["Spec"]["Name"] == EDGE_NETWORK
    }
