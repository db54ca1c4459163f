"""Services of a swarm: the engine starts their tasks without asking, so all is judged when the service is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from ...model.workload import MountKind
from ...readers.api_object import ApiObject
from ...readers.service import read_service
from ...readers.service.keys import SERVICE
from ..decision import Refusal, refused
from ..floor.container_values import LOG_DRIVERS, refused_log_options
from ..floor.mounts import refused_mounts, refused_volume
from ..floor.security_options import LABEL_TYPES
from ..parallel import look_up
from .case import Case
from .networks import refused_network
from .registries import host_in, refused_registry

_PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")


async def service_create(case: Case) -> AsyncIterator[Refusal]:
    async for refusal in _judge(case, case.body(SERVICE)):
        yield refusal


async def service_update(case: Case) -> AsyncIterator[Refusal]:
    """With `rollback=previous` the engine takes the spec that it had before, which may be older than the guard."""
    async for refusal in _judge(case, case.body(SERVICE)):
        yield refusal
    if case.call.query.get("rollback"):
        service = await case.world.service(case.call.names["object"])
        previous = (service or {}).get("PreviousSpec")
        if isinstance(previous, dict):
            async for refusal in _judge(case, previous):
                yield refusal


async def _judge(case: Case, spec: Mapping[str, Any]) -> AsyncIterator[Refusal]:
    found = ApiObject(spec, "POST /services/create")
    task = found.at("TaskTemplate")
    run = task.at("ContainerSpec")
    registry = refused_registry(case, host_in(run.word("Image")))
    for refusal in (*_kind(task), *_mount_words(run), *_values(case, task, run), *registry):
        yield refusal
    async for refusal in _networks(case, found):
        yield refusal
    unit = read_service({"Spec": dict(spec)}, await case.world.context())
    for refusal in refused_mounts(unit.containers[0].mounts, case.policy.guard, case.world.who_may_write):
        yield refusal
    mounts = (item.word("Source") for item in run.items("Mounts") if item.word("Type") == MountKind.VOLUME)
    names = list(dict.fromkeys(name for name in mounts if name))
    for name, volume in zip(names, await look_up(case.world.volume, names), strict=True):
        if volume is not None:
            there = ApiObject(volume, "GET /volumes")
            for refusal in refused_volume(
                name, there.word("Driver"), there.words("Options"), case.policy.guard, case.world.who_may_write
            ):
                yield refusal
    for refusal in case.policy.refused_new(unit):
        yield refusal


def _kind(task: ApiObject) -> Iterator[Refusal]:
    for part in ("PluginSpec", "NetworkAttachmentSpec"):
        if task.at(part).data is not None:
            yield refused("guard/service-kind", "A service runs containers", f"it has a {part}")
    if task.word("Runtime") not in ("", "container"):
        yield refused("guard/service-kind", "A service runs containers", f"its Runtime is {task.word('Runtime')}")


def _mount_words(run: ApiObject) -> Iterator[Refusal]:
    """The swarm reads these without regard to case, and takes silence for a bind."""
    for mount in run.items("Mounts"):
        for word, known in (
            (mount.word("Type"), ("bind", "volume", "tmpfs")),
            (mount.word("BindOptions", "Propagation"), ("", *_PROPAGATIONS)),
        ):
            if word not in known:
                yield refused(
                    "guard/mount-type", "Mounts are binds, volumes or tmpfs", f"{mount.path} says {word!r}", "say which"
                )


def _values(case: Case, task: ApiObject, run: ApiObject) -> Iterator[Refusal]:
    privileges = run.at("Privileges")
    if privileges.at("CredentialSpec").data is not None:
        yield refused("guard/security-options", "Security profiles are the engine's own", "it has a CredentialSpec")
    if privileges.word("Seccomp", "Mode") not in ("", "default", "unconfined"):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it brings a seccomp profile")
    labels = privileges.at("SELinuxContext")
    if labels.at("Disable").data or labels.word("User") or labels.word("Role"):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it changes SELinux's labels")
    elif labels.word("Type") not in ("", *LABEL_TYPES):
        yield refused("guard/security-options", "Security profiles are the engine's own", "it has a type of SELinux's")
    driver = task.word("LogDriver", "Name")
    yield from refused_log_options(driver, task.words("LogDriver", "Options"))
    if driver not in (*LOG_DRIVERS, *case.policy.guard.log_drivers):
        yield refused("guard/log-driver", "Logs go to a driver that the policy names", f"its log driver is {driver}")
    if run.word("Isolation") not in ("", "default"):
        yield refused("guard/isolation", "Isolation is the platform's default", f"Isolation is {run.word('Isolation')}")


async def _networks(case: Case, spec: ApiObject) -> AsyncIterator[Refusal]:
    for part in (spec.at("TaskTemplate"), spec):
        for joined in part.items("Networks"):
            if joined.at("DriverOpts").data:
                yield refused("guard/endpoint-options", "Endpoints take no driver options", joined.word("Target"))
            async for refusal in refused_network(case, joined.word("Target")):
                yield refusal


JUDGES = {"service_create": service_create, "service_update": service_update}

__all__ = ["JUDGES"]
