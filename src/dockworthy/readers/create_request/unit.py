"""From the parts of a create request to its unit: what is written, and what the engine does where nothing is."""

from __future__ import annotations

from typing import Any

from ...model.dialect import Version
from ...model.field import Field, Origin, Set, Unknown, Unset
from ...model.workload import Annotation, Container, Limits, Restart, Role, SecurityContext, Sysctl, Unit
from ..api_object import ApiObject
from ..container.kernel_paths import read_proc_mount
from ..container.limits import read_limits
from ..container.mounts import read_devices
from ..container.operation import read_environment, read_health, read_restart
from ..container.security import Security
from ..container.user import read_user
from ..engine_context import EngineContext
from ..engine_words import capabilities, unless_empty
from .defaults import logging_of, selinux_of, swap_of
from .gaps import gaps_of
from .mounts import read_mounts
from .namespaces import read_namespaces, read_networks
from .ports import read_ports

_ANNOTATIONS_SINCE = Version(1, 43)
_BY_IMAGE = "the request does not say, the image may"
_TELL = "docker image inspect shows what the image says"


def unit_of(request: ApiObject, *, name: str, context: EngineContext, api_version: Version) -> Unit:
    """`request` is the whole body; `name` the container's, empty where the engine makes one up."""
    host = request.at("HostConfig")
    name = name or "unnamed"
    return Unit(
        id=f"container/{name}",
        kind="container",
        name=name,
        dialect=context.dialect(),
        source=request.source,
        containers=(_container(name, request, host, context),),
        namespaces=read_namespaces(request, context, api_version),
        sysctls=_sysctls(host.at("Sysctls")),
        labels=request.words("Labels"),
        annotations=_annotations(host.at("Annotations")) if api_version >= _ANNOTATIONS_SINCE else {},
        networks=read_networks(request),
        engine_paths=context.paths,
    )


def _container(name: str, request: ApiObject, host: ApiObject, context: EngineContext) -> Container:
    security = Security(host, "", context)
    return Container(
        name=name,
        role=Role.MAIN,
        source=request.source,
        image=request.text("Image"),
        context=SecurityContext(
            user=_or_by_image(read_user(request.text("User"))),
            seccomp=security.seccomp(),
            apparmor=security.apparmor(),
            selinux=selinux_of(security.selinux(), host),
        ),
        privileged=host.boolean("Privileged"),
        allow_privilege_escalation=security.allow_privilege_escalation(),
        capabilities_add=capabilities(host.texts("CapAdd")),
        capabilities_drop=capabilities(host.texts("CapDrop")),
        read_only_root=host.boolean("ReadonlyRootfs"),
        proc_mount=read_proc_mount(host),
        masked_paths=host.texts("MaskedPaths"),
        runtime=unless_empty(host.text("Runtime")),
        init=host.boolean("Init"),
        command=_command(request),
        environment=read_environment(request.texts("Env")),
        mounts=read_mounts(request, context),
        mounts_from=host.texts("VolumesFrom"),
        devices=read_devices(host),
        device_rules=host.texts("DeviceCgroupRules"),
        ports=read_ports(request),
        limits=_limits(host),
        health=_or_by_image(read_health(request.at("Healthcheck"))),
        logging=logging_of(host.at("LogConfig"), context),
        restart=_restart(host.at("RestartPolicy")),
        cgroup_parent=unless_empty(host.text("CgroupParent")),
        secrets=Unset(host.source),
        links=host.texts("Links"),
        unclear=gaps_of(request),
    )


def _or_by_image(field: Field[Any]) -> Field[Any]:
    return Unknown(_BY_IMAGE, tell=_TELL, source=field.source) if isinstance(field, Unset) else field


def _command(request: ApiObject) -> Field[tuple[str, ...]]:
    """What is written; before a command alone the image's entry point may stand."""
    parts = [field for key in ("Entrypoint", "Cmd") if (field := _words(request.at(key))) is not None]
    if not parts:
        return Unknown(_BY_IMAGE, tell=_TELL, source=request.at("Cmd").source)
    return Set(tuple(word for part in parts for word in part.value), parts[0].source)


def _words(part: ApiObject) -> Set[tuple[str, ...]] | None:
    """A single text is one word, never parted by a shell."""
    if isinstance(part.data, str):
        return Set((part.data,), part.source)
    field = part.texts()
    return field if isinstance(field, Set) and field.value else None


def _limits(host: ApiObject) -> Limits:
    written = read_limits(host)
    return Limits(
        memory=written.memory,
        memory_swap=swap_of(written),
        cpus=written.cpus,
        pids=written.pids,
        ulimits=written.ulimits,
        oom_kill_disabled=written.oom_kill_disabled,
        oom_score=written.oom_score,
    )


def _restart(policy: ApiObject) -> Field[Restart]:
    field = read_restart(policy)
    return Set(Restart("no"), field.source, Origin.PLATFORM) if isinstance(field, Unset) else field


def _sysctls(sysctls: ApiObject) -> Field[tuple[Sysctl, ...]]:
    said = sysctls.text_map()
    if not isinstance(said, Set):
        return said
    found = (Sysctl(name, value, sysctls.at(name).source) for name, value in said.value.items())
    return Set(tuple(found), said.source)


def _annotations(annotations: ApiObject) -> dict[str, Annotation]:
    return {key: Annotation(value, annotations.source) for key, value in annotations.words().items()}


__all__ = ["unit_of"]
