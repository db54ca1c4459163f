"""What is done with containers that are there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...model.host_paths import plain_path
from ...model.workload import Mount, MountKind
from ...readers.api_object import ApiObject
from ...readers.create_request.keys import HOST_CONFIG, TEXT, TEXTS, TRUTH, WHOLE, WORDS, KeyListOf, Shape
from ..decision import Refusal, refused
from ..floor.container_values import refused_log_options, refused_without_oom_killer
from ..floor.cost import refused_health_check, refused_stop_wait, refused_time_to_stop
from ..floor.engine_crash import refused_empty_check
from ..floor.journal_fields import refused_journal_fields
from ..floor.mounts import KEPT_IN, HostPaths, is_followed, listed_for
from ..floor.replaceable import Mounted
from ..request import NotCanonical
from ..routes import Right
from ..routes.finding_route import says_yes
from .case import Case
from .edge_names import refused_edge_name
from .edge_secrets import EDGE_RULE
from .existing import judge_existing, judge_limits, might_be, mounts_of, refused_nodes
from .host_mounts import bound, host_mounts, refused_beside_others, refused_ways_in
from .naming import refused_name
from .networks import refused_at_start
from .published_ports import refused_ports_at_start

_EXEC: dict[str, Shape] = {
    **dict.fromkeys(("User", "DetachKeys", "WorkingDir"), TEXT),
    **dict.fromkeys(("Privileged", "Tty", "AttachStdin", "AttachStdout", "AttachStderr", "Detach"), TRUTH),
    "ConsoleSize": KeyListOf(WHOLE),
    "Env": TEXTS,
    "Cmd": WORDS,
    "Container": TEXT,
}
_EXEC_START: dict[str, Shape] = {"Detach": TRUTH, "Tty": TRUTH, "ConsoleSize": KeyListOf(WHOLE)}
_UPDATE: dict[str, Shape] = HOST_CONFIG
_UPDATABLE = frozenset(
    "BlkioWeight CpuPeriod CpuQuota CpuShares CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Memory"
    " MemoryReservation MemorySwap MemorySwappiness NanoCpus PidsLimit RestartPolicy KernelMemory KernelMemoryTCP"
    " OomKillDisable".split()
)
PS_ARGS = (
    *("", "-e", "-ef", "-eF", "-el", "-eLf", "ax", "aux", "auxw", "auxww", "auxf", "-aux", "-o pid"),
    *("-o pid,comm", "-o pid,cmd", "-o pid,args", "-o pid,ppid,cmd", "-o pid,user,cmd", "-o pid,user,args"),
    *("-o pid,ppid,user,args", "-o pid,%cpu,%mem,cmd", "-o pid,user,%cpu,%mem,cmd"),
    *("-eo pid,comm", "-eo pid,cmd", "-eo pid,args", "-eo pid,ppid,cmd"),
)
"""What people and programs ask for. The engine runs the host's `ps` as root and tells a container's processes from the
host's by the column PID of what it prints. So nothing else passes: `e` shows environments, `-D` prints a constant in
place of a number, `-o args,pid` puts words of a process's own choice before it, `=` calls any column PID."""


async def exec_create(case: Case) -> AsyncIterator[Refusal]:
    body = case.body(_EXEC)
    if body.get("Privileged"):
        yield refused(
            "workload/privileged",
            "Containers are not privileged",
            "the command would be run privileged, which is root on the host",
            "leave --privileged out",
        )
    async for refusal in judge_existing(case, case.call.names["container"], why="in which the command would run"):
        yield refusal
    async for refusal in _written_inside(case, case.call.names["container"]):
        yield refusal


async def exec_start(case: Case) -> AsyncIterator[Refusal]:
    """What was made before the guard was there is judged now."""
    case.body(_EXEC_START)
    execution = await case.world.execution(case.call.names["execution"])
    if execution is None:
        return
    process = execution.get("ProcessConfig")
    if not isinstance(process, dict) or process.get("privileged") is not False:
        yield refused("workload/privileged", "Containers are not privileged", "the command would be run privileged")
    container = str(execution.get("ContainerID"))
    async for refusal in judge_existing(case, container, why="in which the command would run"):
        yield refusal
    async for refusal in _written_inside(case, container):
        yield refusal


async def stop(case: Case) -> AsyncIterator[Refusal]:
    for refusal in refused_stop_wait(case.call.query.get("t", "")):
        yield refusal


async def restart(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in stop(case):
        yield refusal
    async for refusal in start(case):
        yield refusal


async def start(case: Case) -> AsyncIterator[Refusal]:
    if case.call.body not in (b"", b"{}", b"null"):
        raise NotCanonical("a start takes no settings: they belong to the container")
    reference = case.call.names["container"]
    async for refusal in judge_existing(case, reference, accepted=True):
        yield refusal
    async for refusal in _mounted_again(case, reference):
        yield refusal
    inspect = ApiObject(await case.world.container(reference), "GET /containers/{id}/json")
    async for refusal in refused_at_start(case, inspect.data or {}):
        yield refusal
    async for refusal in refused_ports_at_start(case, inspect.at("HostConfig")):
        yield refusal
    check = inspect.at("Config", "Healthcheck").data  # also what its image brought
    for refusal in (*refused_health_check(check), *refused_empty_check(check)):
        yield refusal
    for refusal in refused_time_to_stop(inspect.at("Config")):
        yield refusal
    logs = inspect.at("HostConfig", "LogConfig")
    driver, options = logs.word("Type"), logs.words("Config")
    for refusal in (*refused_log_options(driver, options), *refused_journal_fields(driver, options)):
        yield refusal


async def _mounted_again(case: Case, reference: str) -> AsyncIterator[Refusal]:
    """Links are followed anew at each start: what others than root can swap is not mounted again, nor any link below a
    folder that the policy lists, which a container may have made."""
    for inspect in await might_be(case, reference):
        mounts, host = await _mounts(case, inspect)
        for mount in mounts:
            listed = listed_for(mount.path, case.policy.guard)
            follow = listed is None or is_followed(mount.path, listed, read_only=not mount.writable)
            why = host.who_may_swap(mount.path, follow=follow)
            if why:
                yield refused("guard/binds", "Files of the host that are mounted can be swapped by root alone", why)
        async for refusal in _ways_in(case, inspect, mounts):
            yield refusal
        async for refusal in refused_beside_others(case, mounts, but=(str(inspect.get("Id", "")),)):
            yield refusal
    async for refusal in refused_nodes(case, reference):
        yield refusal


async def _mounts(
    case: Case, inspect: Mapping[str, Any], *, written: bool = False
) -> tuple[tuple[Mounted, ...], HostPaths]:
    """What of the host a container mounts at its next start, with what is known of it; `written`: without what it only
    reads, which then is not looked at."""
    mounts = await mounts_of(case, inspect)
    read = [each for each in mounts if each.read_only and each.propagation in KEPT_IN]
    open_below = await _left_open(case, inspect, read) if read else frozenset()
    if written:
        shut = [each for each in read if each.kind is MountKind.BIND and each.target not in open_below]
        mounts = tuple(each for each in mounts if each not in shut)
    host = await case.world.looked_at(dict.fromkeys(filter(None, map(bound, mounts))))
    return tuple(host_mounts(mounts, "this container", host, open_below)), host


async def _left_open(case: Case, inspect: Mapping[str, Any], read: Sequence[Mount]) -> frozenset[str]:
    """By their targets: those below which something is mounted on the host that stays writable."""
    tree = (await case.world.looked_at()).tree()
    targets = [each.target for each in read if tree.mounted_below(plain_path(bound(each)))]
    return await case.world.left_open(str(inspect.get("Id", "")), targets) if targets else frozenset()


async def _ways_in(case: Case, inspect: Mapping[str, Any], mounts: Iterable[Mounted]) -> AsyncIterator[Refusal]:
    remapped = ApiObject(inspect, "GET /containers/{id}/json").word("HostConfig", "UsernsMode") != "host"
    async for refusal in refused_ways_in(case, mounts, remapped=remapped):
        yield refusal


async def _written_inside(case: Case, reference: str) -> AsyncIterator[Refusal]:
    """What a command in a container can do to the folders that it writes, and with what its image brings; also in one
    that was made before the guard."""
    for inspect in await might_be(case, reference):
        async for refusal in _ways_in(case, inspect, (await _mounts(case, inspect, written=True))[0]):
            yield refusal
    async for refusal in refused_nodes(case, reference):
        yield refusal


async def attach(case: Case) -> AsyncIterator[Refusal]:
    has_input = case.call.route.right is Right.EXEC or says_yes(case.call.query.get("stdin", ""))
    async for refusal in judge_existing(case, case.call.names["container"], why="whose input and output it would be"):
        if has_input or refusal.rule != EDGE_RULE:  # output alone is what the logs show
            yield refusal
    if has_input:
        async for refusal in _written_inside(case, case.call.names["container"]):
            yield refusal


async def container_files(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in judge_existing(case, case.call.names["container"], why="whose files it would read"):
        yield refusal


async def update(case: Case) -> AsyncIterator[Refusal]:
    body = case.body(_UPDATE)
    strange = sorted(name for name, value in body.items() if name not in _UPDATABLE and value)
    if strange:
        yield refused(
            "guard/update", "An update changes limits and the restart policy", f"it would change {', '.join(strange)}"
        )
    async for refusal in _oom_killer(case, body):
        yield refusal
    async for refusal in _fewer_limits(case, body):
        yield refusal
    if body.get("RestartPolicy"):  # with another one it may start with the engine
        async for refusal in judge_existing(case, case.call.names["container"], accepted=True):
            yield refusal
        async for refusal in _mounted_again(case, case.call.names["container"]):
            yield refusal


async def _fewer_limits(case: Case, body: Mapping[str, Any]) -> AsyncIterator[Refusal]:
    """What the policy asks of a container that is made it keeps: what fails with the update, and did not before it."""
    inspect = await case.world.container(case.call.names["container"])
    changed = dict(_changed(body))
    if inspect is None or not isinstance(inspect.get("HostConfig"), dict) or not changed:
        return
    reference = str(inspect.get("Id"))
    updated = {**inspect, "HostConfig": {**inspect["HostConfig"], **changed}}
    before = {each.rule async for each in judge_limits(case, reference, inspect)}
    async for refusal in judge_limits(case, reference, updated):
        if refusal.rule not in before:
            yield refusal


def _changed(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is empty or 0 stays as it is, but for the number of processes."""
    for name, value in body.items():
        says_nothing = name == "RestartPolicy" and not ApiObject(value, "").word("Name")
        if (value and not says_nothing) or (name == "PidsLimit" and value == 0):
            yield name, value


async def _oom_killer(case: Case, body: Mapping[str, Any]) -> AsyncIterator[Refusal]:
    """What an update leaves out, or says as 0, stays."""
    disabled, memory = body.get("OomKillDisable"), body.get("Memory") or 0
    if disabled or memory < 0:
        inspect = ApiObject(await case.world.container(case.call.names["container"]), "GET /containers/{id}/json")
        host = inspect.at("HostConfig")
        disabled = host.at("OomKillDisable").data if disabled is None else disabled
        for refusal in refused_without_oom_killer(disabled, memory or host.at("Memory").data):
            yield refusal


async def rename(case: Case) -> AsyncIterator[Refusal]:
    """Exceptions go by the name of what is there: a name that is accepted is not to be taken over. What could not be
    made must not come under a name that others were promised: they look it up when they start."""
    async for refusal in judge_existing(case, case.call.names["container"], why="which would have another name"):
        yield refusal
    wanted = case.call.query.get("name", "").lstrip("/")
    async for refusal in refused_name(case, wanted):
        yield refusal
    for refusal in refused_edge_name(wanted):
        yield refusal
    if any(exception.subject in (wanted, f"container/{wanted}") for exception in case.policy.policy.exceptions):
        yield refused(
            "guard/names", "Names that exceptions speak of stay with their containers", f"the name {wanted} is taken"
        )


async def top(case: Case) -> AsyncIterator[Refusal]:
    if case.call.query.get("ps_args", "") not in PS_ARGS:
        yield refused(
            "guard/ps-arguments",
            "The host's ps is run with options that are known",
            "these are not on the list",
            f"nothing, or exactly one of {'; '.join(PS_ARGS[1:])}",
        )


async def admins_only(case: Case) -> AsyncIterator[Refusal]:
    yield refused(
        "guard/admins-only",
        "What reaches the engine or the host itself is for admins",
        f"{case.call.route.method} {case.call.route.action}",
        "an admin, who is root on the host, may at the guard's socket for people; the plugin alone lets nobody",
    )


JUDGES = {
    "exec_create": exec_create,
    "exec_start": exec_start,
    "start": start,
    "stop": stop,
    "restart": restart,
    "attach": attach,
    "container_files": container_files,
    "update": update,
    "rename": rename,
    "top": top,
    "admins_only": admins_only,
}
