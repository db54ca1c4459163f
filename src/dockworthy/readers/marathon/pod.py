"""A pod: containers of Mesos' own runtime that share a network and volumes."""

from __future__ import annotations

from msgspec import structs

from ...model.dialect import Dialect, Platform
from ...model.field import Field, Origin, Set, Unset
from ...model.workload import Container, Unit
from ..definition import entries, field_of, items, word, words
from ..yaml_source import Value
from .app import VERSION
from .mesos import read_mesos_container, read_mesos_namespaces
from .parts import (
    TaskEnvironment,
    read_artifacts,
    read_container_health,
    read_endpoints,
    read_limits,
    read_network,
    read_orchestrated,
    read_pod_volumes,
)


def read_pod(pod: Value, name: str) -> Unit:
    """`name` is the id with those of the groups around it."""
    silent = Unset(pod.source)
    containers = items(pod, "containers")
    if not containers:
        raise pod.wrong("a pod: it has no containers")
    placed = pod.at("scheduling", "placement")
    return Unit(
        id=f"{pod.file}#{name}",
        kind="pod",
        name=name,
        dialect=Dialect(Platform.MARATHON, VERSION),
        source=pod.source,
        containers=tuple(_container(container, pod) for container in containers),
        namespaces=read_mesos_namespaces(pod, pod.get("linuxInfo"), read_network(pod)),
        sysctls=silent,
        labels={key: value.scalar_text() for key, value in entries(pod, "labels")},
        replicas=field_of(pod.at("scaling", "instances"), silent, Value.integer),
        orchestrated=read_orchestrated(
            pod,
            upgrade=pod.at("scheduling", "upgrade"),
            constraints=items(placed, "constraints"),
            artifacts=(found for container in containers for found in read_artifacts(container, "artifacts")),
        ),
    )


def _container(container: Value, pod: Value) -> Container:
    """What a container does not say of user, variables and seccomp, its pod may say."""
    silent = Unset(container.source)
    environment = TaskEnvironment((pod, "environment"), (container, "environment"))
    made = read_mesos_container(
        word(container, "name"),
        container,
        image=container.at("image", "id"),
        linux=container.get("linuxInfo") or pod.get("linuxInfo"),
        user=_user(container, pod),
    )
    return structs.replace(
        made,
        command=_command(container, silent),
        environment=environment.field(silent),
        environment_lines=environment.lines,
        mounts=tuple(read_pod_volumes(pod, container)),
        ports=tuple(read_endpoints(container)),
        limits=read_limits(container.get("resources") or container, container.get("resourceLimits"), silent),
        health=read_container_health(container, silent),
        secrets=Set(tuple(name for name, _ in entries(pod, "secrets")), pod.source),
    )


def _user(container: Value, pod: Value) -> Field[str]:
    own, above = container.get("user"), pod.get("user")
    if own is None and above is not None:
        return Set(above.scalar_text(), above.source, Origin.INHERITED)
    return field_of(own, Unset(container.source), Value.scalar_text)


def _command(container: Value, silent: Unset) -> Field[tuple[str, ...]]:
    command = container.at("exec", "command")
    if command is None:
        return silent
    shell, argv = command.get("shell"), command.get("argv")
    if shell is not None:
        return Set(("/bin/sh", "-c", shell.scalar_text()), shell.source)
    return field_of(argv, silent, words)
