"""`workload`, as a rule sees it: one container at a time, with what its unit says of it, flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..model.declared import SecurityContext
from ..model.field import Field, Source, Unknown, Unset
from ..model.workload import Container, Unit
from .expression.outcomes import Items, Known, NotKnown, Reason, StructuredValue
from .expression.reading import FieldReader, outcome_of
from .expression.types import Fields, ListOf, Plain, Type, annotations_of, type_of

Read = Callable[["Workload"], Any]


class WorkloadName(NamedTuple):
    """A name behind `workload.`: what it holds, in words and as a type, and how it is read."""

    says: str
    type: Type
    read: Read


class Workload(FieldReader):
    """A container and its unit."""

    __slots__ = ("container", "unit")

    def __init__(self, unit: Unit, container: Container) -> None:
        self.unit = unit
        self.container = container

    def read(self, name: str) -> tuple[Any, Source | None]:
        return entries()[name].read(self), self.container.source


def workload_of(unit: Unit, container: Container) -> Known:
    """The variable `workload`."""
    return Known(StructuredValue(Workload(unit, container)), path="workload", source=container.source)


WORKLOAD = Fields("workload", lambda: {name: entry.type for name, entry in entries().items()})

_OF_CONTAINER = {
    "image": "the image's name, as written",
    "image_id": "the id of the image that runs",
    "privileged": "privileged mode",
    "allow_privilege_escalation": "whether a process may gain privileges (no-new-privileges is its opposite)",
    "capabilities_add": "capabilities that are added, without CAP_",
    "capabilities_drop": "capabilities that are dropped, without CAP_",
    "read_only_root": "whether the root file system is read-only",
    "proc_mount": "how /proc is mounted (Default, Unmasked)",
    "masked_paths": "paths of /proc and /sys that are masked",
    "runtime": "the runtime by name (runc, runsc)",
    "init": "whether an init process is put first",
    "command": "command and arguments",
    "environment": "variables; a value that is a secret is hidden, and what depends on it unknown",
    "mounts": "what is mounted into it",
    "mounts_from": "containers whose mounts it takes over",
    "devices": "devices of the host",
    "device_requests": "devices that are asked for by what they can do, as GPUs are",
    "device_rules": "cgroup rules for devices",
    "ports": "ports, published or not",
    "probes": "probes and lifecycle hooks (Kubernetes)",
    "limits": "what it may use: memory in bytes, cpus in cores, pids",
    "health": "its health check",
    "hook_users": "whom its hooks run as, where the file names somebody for them (Compose)",
    "logging": "log driver and options",
    "restart": "when it is started again",
    "cgroup_parent": "the cgroup it is put below",
    "secrets": "names of the secrets that it is given",
    "is_built": "whether the file says how its image is built",
    "build_grants": "what the build of its image gets outside of its sandbox (Compose)",
    "taken_files": "files and folders of the host that come in without a mount: `env_file`, build contexts (Compose)",
    "unknown_options": "security options that no engine on Linux knows",
    "links": "legacy links of the default bridge",
    "state": "what the engine says of its life (running containers)",
    "use": "what it uses (running containers)",
    "changed_paths": "paths written since it started (running containers)",
    "processes": "its processes (running containers)",
}
"""Field of the model's Container -> what it says. The type comes from the model."""

_OF_UNIT = {
    "labels": "labels of the service or pod",
    "annotations": "annotations",
    "networks": "names of its networks",
    "replicas": "how many of it run",
    "update": "how it is replaced",
    "namespaces": "namespaces it shares: host, private, container:ID or a name",
    "volumes": "a pod's volumes",
    "sysctls": "kernel parameters that it sets",
    "os": "linux or windows",
    "orchestrated": "what an orchestrator knows beside its containers: account, network policies, disruption budget",
}

_OF_CONTEXT = {
    "user": "whom its first process runs as",
    "run_as_non_root": "whether root is refused (Kubernetes)",
    "seccomp": "its seccomp profile",
    "apparmor": "its AppArmor profile",
    "selinux": "its SELinux labels",
    "windows_host_process": "whether it is a host process of Windows",
}
"""What a pod and a container may both say: the container's word counts, else the pod's."""

_TEXT = Plain("text")

NOT_SHOWN = {
    "Container": {"context", "source", "environment_lines", "unclear", "name", "role", "log_files"},
    "Unit": {
        *("context", "source", "containers", "dialect", "engine_paths", "notes", "unclear", "id", "kind", "name"),
        *("judged_on", "is_job", "network_uses"),
    },
}
"""Fields of the model that no rule sees by this name: they are there under another one, or say where things stand
and how they are judged."""


def entries() -> dict[str, WorkloadName]:
    """Every name behind `workload.`, in the order of the reference page."""
    if not _ENTRIES:
        _ENTRIES.update(_all_entries())
    return _ENTRIES


_ENTRIES: dict[str, WorkloadName] = {}
"""Filled when a rule is there that asks: it takes the annotations of the model apart."""


def _all_entries() -> dict[str, WorkloadName]:
    found = {
        "name": WorkloadName("the container's name", _TEXT, lambda w: w.container.name),
        "unit": WorkloadName("the name of its service, pod, app or container", _TEXT, lambda w: w.unit.name),
        "kind": WorkloadName("what that is: service, pod, deployment, container, …", _TEXT, lambda w: w.unit.kind),
        "platform": WorkloadName(
            "docker, swarm, kubernetes, marathon or titus", _TEXT, lambda w: w.unit.dialect.platform
        ),
        "role": WorkloadName("main, init, sidecar or ephemeral", _TEXT, lambda w: w.container.role),
    }
    for name, says in _OF_CONTAINER.items():
        found[name] = WorkloadName(says, _type_in(Container, name), _from_container(name))
    context = annotations_of(SecurityContext)
    for name, says in _OF_CONTEXT.items():
        found[name] = WorkloadName(says, _known_type(context[name]), _from_context(name))
    for name, says in _OF_UNIT.items():
        found[name] = WorkloadName(says, _type_in(Unit, name), _from_unit(name))
    found["containers"] = WorkloadName(
        "all containers of the unit, each like `workload`", ListOf(WORKLOAD), _containers
    )
    return found


def _type_in(struct: type, name: str) -> Type:
    return _known_type(annotations_of(struct)[name])


def _known_type(annotation: Any) -> Type:
    kind = type_of(annotation)
    assert kind is not None, f"{annotation} is no value that a rule could ask"
    return kind


def _from_container(name: str) -> Read:
    def read(workload: Workload) -> Any:
        value = getattr(workload.container, name)
        gap = workload.container.unclear.get(name)
        return value if gap is None else _partly(value, gap, f"workload.{name}", workload.container.source)

    return read


def _partly(value: Any, gap: Unknown, path: str, source: Source) -> Any:
    """A list of which there may be more than was seen."""
    rest = NotKnown(Reason(f"{path}: {gap.reason}", gap.source, gap.tell))
    known = outcome_of(value, path, source)
    if isinstance(known, Known) and isinstance(known.value, Items):
        return Items(known.value.entries, rest)
    return gap


def _from_unit(name: str) -> Read:
    def read(workload: Workload) -> Any:
        value, unclear = getattr(workload.unit, name), workload.unit.unclear
        if not unclear or not isinstance(value, dict):
            return value
        gap = unclear.get(name)
        return gap or {key: unclear.get(f"{name}.{key}", inner) for key, inner in value.items()}

    return read


def _from_context(name: str) -> Read:
    def read(workload: Workload) -> Field[Any]:
        own: Field[Any] = getattr(workload.container.context, name)
        return getattr(workload.unit.context, name) if isinstance(own, Unset) and _pods(workload) else own

    return read


def _pods(workload: Workload) -> bool:
    """Elsewhere there is no word of the unit beside the container's."""
    return workload.unit.dialect.is_kubernetes


def _containers(workload: Workload) -> tuple[Workload, ...]:
    return tuple(Workload(workload.unit, container) for container in workload.unit.containers)
