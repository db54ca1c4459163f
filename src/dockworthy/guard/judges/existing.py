"""A container that is there: who runs a command in it, reads its files or joins it is as powerful as it is."""

from __future__ import annotations

import posixpath
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from ...controls.workload.mount_targets import is_over_the_kernels
from ...model.field import NOT_READ, Set, Source
from ...model.host_paths import plain_path
from ...model.snapshot import ContainerFacts
from ...model.workload import Mount, MountKind, Unit
from ...readers.api_object import ApiObject
from ...readers.container.inspected import read_container
from ..decision import Refusal, refused
from ..floor.mounts import HostPaths
from ..image_nodes import is_remapped
from ..parallel import look_up
from ..volume_nodes import volumes_of
from .case import Case
from .edge_secrets import EDGE_RULE, TITLE, reads_edge_secrets
from .naming import BEGINNING

_REFERENCE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_ID = re.compile(r"[0-9a-f]{64}")
EDGE_TITLE = "Only `dockworthy deploy` connects containers to the edge"
DEEPEST = 4
"""Of containers that join containers."""


async def judge_existing(
    case: Case, reference: str, *, why: str = "", accepted: bool = False, depth: int = 0
) -> AsyncIterator[Refusal]:
    """By the controls, and with it every container whose namespaces it shares. One that is not there is no matter of
    the guard's: the engine says so itself. `why` ends the sentence that names it. `accepted`: exceptions for its name
    count. They let it run; whoever runs commands in it, or joins it, is another one, whom nobody excepted.
    """
    if not _REFERENCE.fullmatch(reference):
        yield refused("guard/names", "What a name stands for can be looked up", f"{reference!r} names no container")
        return
    inspect = await case.world.container(reference)
    for id in await _others(case, reference, inspect):
        async for refusal in judge_existing(case, id, why=why, accepted=accepted, depth=depth):
            yield refusal
    if inspect is None:
        return
    name = str(inspect.get("Name", "")).lstrip("/") or reference
    unit = await _unit(case, name, inspect)
    judged = case.policy.refused_existing(unit) if accepted else case.policy.refused_new(unit)
    for refusal in judged:
        about = f"container {name}{f', {why}' if why else ''}: {refusal.says}"
        yield structs.replace(refusal, says=about)
    if not accepted and reads_edge_secrets(inspect):
        yield refused(
            EDGE_RULE,
            TITLE,
            f"container {name}{f', {why}' if why else ''}: it reads them for `dockworthy deploy`",
            "let an admin do it",
        )
    mounted = [] if accepted else list(_mounted(unit.containers[0].mounts))
    for refusal in _own_paths(await case.world.looked_at(), mounted) if mounted else ():
        yield structs.replace(refusal, says=f"container {name}{f', {why}' if why else ''}: {refusal.says}")
    for joined in _joined(inspect):
        if accepted and not _ID.fullmatch(joined):
            yield _by_name(name, joined)
        if depth == DEEPEST:
            yield refused(
                "guard/namespaces", "Namespaces can be looked up", f"{name} joins through {DEEPEST} containers"
            )
            return
        async for refusal in judge_existing(case, joined, why=f"which {name} joins", depth=depth + 1):
            yield refusal


async def judge_limits(case: Case, reference: str, inspect: Mapping[str, Any]) -> AsyncIterator[Refusal]:
    """By the controls alone, as if it were there with these settings."""
    name = str(inspect.get("Name", "")).lstrip("/") or reference
    for refusal in case.policy.refused_existing(await _unit(case, name, inspect)):
        yield structs.replace(refusal, says=f"container {name}: {refusal.says}")


def _mounted(mounts: Sequence[Mount]) -> Iterator[tuple[str, bool]]:
    """Paths of the host, and whether it only reads them."""
    for mount in mounts:
        path = mount.host_path or (mount.source if mount.kind is MountKind.BIND else "")
        if path.startswith("/"):
            yield plain_path(path), mount.read_only


def _own_paths(host: HostPaths, mounted: Sequence[tuple[str, bool]]) -> Iterator[Refusal]:
    """Files of the guard or the engine that the container can write: it was made before the guard, or by an admin. And
    files of the edge that it mounts: then it is the edge, which anybody can have made, or has the edge's keys."""
    own = host.own_paths()
    for path, read_only in mounted:
        if of_edge := own.of_edge(path, host.tree()):
            yield refused(
                EDGE_RULE,
                "Only admins enter the container of the edge",
                f"it mounts {of_edge}, which holds keys and passwords of every project's routes",
                "let an admin do it; docker logs shows the edge's output",
            )
        elif not read_only and (opened := own.opened(path, host.tree())):
            yield refused(
                "guard/own-paths",
                "What the guard and the engine have of their own is mounted in no container",
                f"it can write {opened}",
                "mount it read-only, or a folder without it",
            )


async def has_edge_folder(case: Case, reference: str) -> bool:
    """Does the container mount files of the edge, so that it is the edge or a copy of it? Also asked of those that the
    engine could take for that name."""
    for found in await might_be(case, reference):
        if mounted := [*_mounted((await _unit(case, reference, found)).containers[0].mounts)]:
            host = await case.world.looked_at()
            if any(host.own_paths().of_edge(path, host.tree()) for path, _ in mounted):
                return True
    return False


async def refused_nodes(case: Case, reference: str) -> AsyncIterator[Refusal]:
    """Device nodes in the image and the volumes of a container, for whoever starts it or runs commands in it."""
    for found in await might_be(case, reference):
        userns = ApiObject(found, "GET /containers/{id}/json").word("HostConfig", "UsernsMode")
        async for refusal in refused_image(case, found, userns=userns):
            yield refusal
        async for refusal in refused_volume_nodes(case, volumes_of(found), userns=userns):
            yield refusal


def with_volumes_of(image: Mapping[str, Any] | None, unit: Unit) -> Unit:
    """With those volumes of its image that would take the place of the kernel's file systems: the request names none of
    them. A task of a swarm starts without one more question."""
    config = ApiObject(image, "GET /images/{name}/json").at("Config", "Volumes").data or {}
    volumes = (
        Mount(
            kind=MountKind.VOLUME,
            source="",
            target=target,
            read_only=False,
            declared_at=Source("the image", "Config.Volumes"),
            anonymous=True,
        )
        for target in config
    )
    first, *others = unit.containers
    own = {plain_path(f"/{mount.target}") for mount in first.mounts}
    more = tuple(each for each in volumes if is_over_the_kernels(each) and plain_path(f"/{each.target}") not in own)
    return structs.replace(unit, containers=(structs.replace(first, mounts=(*first.mounts, *more)), *others))


def with_files_of(run: ApiObject, unit: Unit) -> Unit:
    """With those secrets and configs of a service (`run`: its ContainerSpec) that would take the place of the kernel's
    file systems: the runtime mounts each as a file. Source: moby container/container.go, getSecretTargetPath."""
    named = [(item, "/run/secrets") for item in run.items("Secrets")] + [(item, "/") for item in run.items("Configs")]
    files = (
        Mount(
            kind=MountKind.VOLUME,
            source=item.word("SecretName") or item.word("ConfigName"),
            target=posixpath.join(folder, item.word("File", "Name")),
            read_only=True,
            declared_at=item.source,
        )
        for item, folder in named
        if item.word("File", "Name")
    )
    first, *others = unit.containers
    more = tuple(each for each in files if is_over_the_kernels(each))
    return structs.replace(unit, containers=(structs.replace(first, mounts=(*first.mounts, *more)), *others))


async def refused_image(case: Case, found: Mapping[str, Any], *, userns: str = "") -> AsyncIterator[Refusal]:
    """`found`: an image, or a container of it, as the engine shows it."""
    if is_remapped((await case.world.context()).features, userns):
        return
    node = await case.world.device_node(found)
    if node:
        yield refused(
            "guard/device-nodes",
            "Images bring no device nodes",
            f"the image brings {node}: somebody with an account on the host could open that device, through a process "
            "of the container that has their user id",
            "build the image without it: what a container needs in /dev the engine makes itself",
        )


async def refused_volume_nodes(case: Case, volumes: Mapping[str, str], *, userns: str = "") -> AsyncIterator[Refusal]:
    """`volumes`: name -> path on the host, of local ones that are there already."""
    if not volumes or is_remapped((await case.world.context()).features, userns):
        return
    for name, path in volumes.items():
        if node := await case.world.volume_node(path):
            yield refused(
                "guard/device-nodes",
                "Volumes hold no device nodes",
                f"volume {name} holds {node}: somebody with an account on the host could open that device, through a "
                "process that has their user id, in a container with this volume",
                f"let root remove it on the host, below {path}",
            )


async def might_be(case: Case, reference: str) -> list[Mapping[str, Any]]:
    """The container that is called so, and those that the engine could take for it, as `GET /containers/{id}/json`
    shows them."""
    named = await case.world.container(reference)
    others = await look_up(case.world.container, await _others(case, reference, named))
    return [each for each in (named, *others) if each is not None]


async def _others(case: Case, reference: str, inspect: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Ids that begin with what is the name of another one, or of which several begin so. The engine looks it up once
    more: should the other one be renamed or removed meanwhile, it finds one of these."""
    if not BEGINNING.fullmatch(reference) or (inspect and str(inspect.get("Id")).startswith(reference)):
        return ()
    return await case.world.containers_beginning(reference)


async def _unit(case: Case, name: str, inspect: Mapping[str, Any]) -> Unit:
    """What it may do, by its settings. What it does while it runs nobody looks at here; and who starts it again mends
    what controls of that ask for (ended for want of memory, not healthy, stopped since long)."""
    found = ApiObject(inspect, "GET /containers/{id}/json")
    context = await case.world.context()
    names = {item.word("Name") for item in found.items("Mounts") if item.word("Type") == MountKind.VOLUME}
    wanted = sorted(name for name in names if name)
    inspected = await look_up(case.world.volume, wanted)
    volumes = {name: dict(volume) for name, volume in zip(wanted, inspected, strict=True) if volume}
    facts = ContainerFacts(id=found.word("Id"), name=name, inspect=Set(dict(inspect), found.source))
    unit = read_container(facts, structs.replace(context, volumes=volumes))
    assert unit is not None, "it was inspected"
    return structs.replace(unit, containers=tuple(structs.replace(each, state=NOT_READ) for each in unit.containers))


def _by_name(name: str, joined: str) -> Refusal:
    """The engine keeps ids; a name is what it keeps of a container that was not there when this one was made."""
    says = f"container {name} joins {joined} by its name, which could be any other one's at a later start"
    return refused("guard/namespaces", "Containers join others by their ids", says, "recreate it")


def _joined(inspect: Mapping[str, Any]) -> Iterator[str]:
    host = ApiObject(inspect, "").at("HostConfig")
    for key in ("NetworkMode", "PidMode", "IpcMode"):
        kind, _, reference = host.word(key).partition(":")
        if kind == "container" and reference:
            yield reference


async def mounts_of(case: Case, inspect: Mapping[str, Any]) -> tuple[Mount, ...]:
    """What of the host a container mounts anew at its next start, by binds and by volumes that bind."""
    mounts = (await _unit(case, str(inspect.get("Id")), inspect)).containers[0].mounts
    return tuple(mount for mount in mounts if mount.kind is MountKind.BIND or mount.host_path)
