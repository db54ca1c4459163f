"""What apps and pods of Marathon have in common: resources, volumes, networks, health checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ...model.field import Field, Origin, Set, Source, Unknown, Unset
from ...model.orchestrated import Artifact, InstanceReplacement, Orchestrated
from ...model.workload import HealthCheck, Limits, Mount, MountKind, Port
from ..definition import MEBIBYTE, entries, field_of, items, number, word, words
from ..yaml_source import Value

_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")
_NO_LIMIT = "unlimited"


class TaskEnvironment:
    """Variables with the place of each; those whose value is a secret's name are no values."""

    def __init__(self, *parents: tuple[Value | None, str]) -> None:
        """`parents`: what holds the variables and under which key; a later one outranks an earlier one."""
        self.values: dict[str, str] = {}
        self.lines: dict[str, Source] = {}
        self._source: Source | None = None
        for parent, key in parents:
            for name, value in entries(parent, key):
                self._source = self._source or value.source
                if value.is_mapping:
                    self.values.pop(name, None)
                else:
                    self.values[name] = value.scalar_text()
                    self.lines[name] = value.source

    def field(self, silent: Unset) -> Field[dict[str, str]]:
        return silent if self._source is None else Set(self.values, self._source)


def read_limits(resources: Value, limits: Value | None, silent: Unset) -> Limits:
    """A limit is what is reserved, unless `resourceLimits` raises it; `mem` is in MiB."""
    return Limits(
        memory=_limit(resources, limits, "mem", by_default(128 * MEBIBYTE, "mem: 128"), MEBIBYTE),
        memory_swap=silent,
        cpus=_cpus(resources, limits),
        ulimits=silent,
        oom_kill_disabled=by_default(False, "the kernel may end a task"),
        oom_score=silent,
    )


def _limit(resources: Value, limits: Value | None, key: str, default: Set[int], unit: int) -> Field[int]:
    found = _limiting(resources, limits, key)
    if found is None:
        return default
    return Unset(found.source) if _is_unlimited(found) else Set(int(number(found) * unit), found.source)


def _cpus(resources: Value, limits: Value | None) -> Field[float]:
    found = _limiting(resources, limits, "cpus")
    if found is None:
        return by_default(1.0, "cpus: 1")
    return Unset(found.source) if _is_unlimited(found) else Set(number(found), found.source)


def _limiting(resources: Value, limits: Value | None, key: str) -> Value | None:
    raised = None if limits is None else limits.get(key)
    return raised if raised is not None else resources.get(key)


def _is_unlimited(value: Value) -> bool:
    return not value.is_mapping and not value.is_sequence and value.scalar_text() == _NO_LIMIT


def read_orchestrated(
    definition: Value, *, upgrade: Value | None, constraints: Iterable[Value], artifacts: Iterable[Artifact]
) -> Orchestrated:
    placement = tuple(_constraint(constraint) for constraint in constraints)
    return Orchestrated(
        replacement=field_of(upgrade, Unset(definition.source), _replacement),
        placement=Set(placement, definition.source) if placement else Unset(definition.source),
        artifacts=tuple(artifacts),
    )


def _replacement(upgrade: Value) -> InstanceReplacement:
    """Both are 1 where nothing is written."""
    healthy, more = upgrade.get("minimumHealthCapacity"), upgrade.get("maximumOverCapacity")
    return InstanceReplacement(
        "upgrade", 1.0 if healthy is None else number(healthy), 1.0 if more is None else number(more)
    )


def _constraint(constraint: Value) -> str:
    """`["hostname", "UNIQUE"]` of an app, `{fieldName, operator, value}` of a pod."""
    if constraint.is_sequence:
        return " ".join(words(constraint))
    said = (word(constraint, key) for key in ("fieldName", "operator", "value"))
    return " ".join(part for part in said if part)


def read_artifacts(parent: Value, key: str) -> Iterator[Artifact]:
    """`fetch` and `artifacts` hold mappings, the older `uris` addresses."""
    for item in items(parent, key):
        address = item.get("uri") if item.is_mapping else item
        if address is not None:
            runs = item.get("executable") if item.is_mapping else None
            yield Artifact(
                _PASSWORD.sub("", address.scalar_text()),
                address.source,
                is_executable=runs is not None and runs.boolean(),
            )


T = TypeVar("T")


def by_default(value: T, setting: str) -> Set[T]:
    """What Marathon does where the definition is silent, as its documentation has it."""
    return Set(value, Source("Marathon's default", setting), Origin.PLATFORM)


def by_agents(what: str, source: Source) -> Unknown:
    """What only the settings of the Mesos agents decide."""
    return Unknown(
        f"{what} is decided by the agents' settings", tell="the flags that mesos-agent runs with", source=source
    )


_READ_ONLY = "RO"


def read_app_volumes(app: Value) -> Iterator[Mount]:
    """`container.volumes`; a secret is no mount, and is told among the secrets."""
    for volume in items(app.get("container"), "volumes"):
        target, read_only = word(volume, "containerPath"), word(volume, "mode") == _READ_ONLY
        yield from _mounted(volume, word(volume, "hostPath"), target, read_only)


def read_pod_volumes(pod: Value, container: Value) -> Iterator[Mount]:
    """`volumeMounts` of a container name `volumes` of the pod: `{name, host}` is a path of the host."""
    declared = {word(volume, "name"): volume for volume in items(pod, "volumes")}
    for mounted in items(container, "volumeMounts"):
        volume, only = declared.get(word(mounted, "name")), mounted.get("readOnly")
        if volume is not None:
            read_only = only is not None and only.boolean()
            yield from _mounted(volume, word(volume, "host"), word(mounted, "mountPath"), read_only)


def _mounted(volume: Value, host: str, target: str, read_only: bool) -> Iterator[Mount]:
    """A path of the host that is not whole lies in the task's own folder, like a volume of neither kind."""
    if volume.get("secret") is not None:
        return
    if host.startswith("/"):
        yield Mount(MountKind.BIND, host, target, read_only, volume.source, host_path=host)
        return
    external = volume.get("external")
    persistent = external is not None or volume.get("persistent") is not None
    name = word(external, "name") or word(volume, "name") or (target if persistent else "")
    driver = word(external, "provider")
    yield Mount(MountKind.VOLUME, name, target, read_only, volume.source, driver=driver, anonymous=not persistent)


def read_app_health(app: Value, silent: Unset) -> Field[HealthCheck]:
    """The first of them; Marathon replaces a task that fails any. What the image says of health is not asked."""
    listed = items(app, "healthChecks")
    if not listed:
        return silent
    first = listed[0]
    protocol = word(first, "protocol") or "HTTP"
    if protocol == "COMMAND":
        return Set(_health(first, ("CMD-SHELL", word(first.get("command"), "value"))), first.source)
    return Set(_health(first, (protocol, word(first, "path"))), first.source)


def read_container_health(container: Value, silent: Unset) -> Field[HealthCheck]:
    check = container.get("healthCheck")
    if check is None:
        return silent
    command = check.at("exec", "command")
    if command is not None:
        return Set(_health(check, _test(command)), check.source)
    kind = next((kind for kind in ("http", "tcp") if check.get(kind) is not None), "")
    return Set(_health(check, (kind.upper(), word(check.get(kind), "path")) if kind else ()), check.source)


def _test(command: Value) -> tuple[str, ...]:
    argv = command.get("argv")
    return ("CMD-SHELL", word(command, "shell")) if argv is None else ("CMD", *words(argv))


def _health(check: Value, test: tuple[str, ...]) -> HealthCheck:
    failures = _or_none(check, "maxConsecutiveFailures")
    return HealthCheck(
        test=test,
        disabled=not test,
        interval=_or_none(check, "intervalSeconds"),
        timeout=_or_none(check, "timeoutSeconds"),
        start_period=_or_none(check, "gracePeriodSeconds"),
        retries=None if failures is None else int(failures),
    )


def _or_none(check: Value, key: str) -> float | None:
    found = check.get(key)
    return None if found is None else number(found)


_MODES = {"host": "host", "container/bridge": "bridge", "HOST": "host", "BRIDGE": "bridge", "NONE": "none"}
"""`networks[].mode`, and the older `container.docker.network`."""


def read_network(definition: Value) -> Field[str]:
    """Without a word about it the host's: `networks` of today, or `docker.network` and `ipAddress` of older files."""
    for network in items(definition, "networks"):
        mode = network.get("mode")
        written = "container" if mode is None else mode.scalar_text()
        return Set(_MODES.get(written) or word(network, "name") or "container", (mode or network).source)
    older = definition.at("container", "docker", "network")
    if older is not None:
        return Set(_MODES.get(older.scalar_text(), "container"), older.source)
    address = definition.get("ipAddress")
    if address is not None:
        return Set(word(address, "networkName") or "container", address.source)
    return Set("host", definition.source, Origin.PLATFORM)


def read_app_ports(app: Value, network: Field[str]) -> Iterator[Port]:
    """Mappings of a container, or in the host's network the ports that are asked of the agent."""
    container = app.get("container")
    docker = None if container is None else container.get("docker")
    bridged = isinstance(network, Set) and network.value == "bridge"
    for mapping in (*items(container, "portMappings"), *items(docker, "portMappings")):
        yield from _mapped(mapping, picked=bridged)
    required = app.get("requirePorts")
    fixed = required is not None and required.boolean()
    for definition in items(app, "portDefinitions"):
        port = _port(definition, "port")
        yield from _each_protocol(definition, port, port if fixed else 0, picked=not (fixed and port))


def read_endpoints(container: Value) -> Iterator[Port]:
    """`protocol` is a list there."""
    for endpoint in items(container, "endpoints"):
        protocols = items(endpoint, "protocol")
        names = [protocol.scalar_text().lower() for protocol in protocols] or ["tcp"]
        host = endpoint.get("hostPort")
        outside = 0 if host is None else _port(endpoint, "hostPort")
        for name in names:
            picked = host is not None and not outside
            yield Port(_port(endpoint, "containerPort"), endpoint.source, outside, "", name, picked)


def _mapped(mapping: Value, *, picked: bool) -> Iterator[Port]:
    """`hostPort` 0 is a port that Mesos picks: the default on the bridge, and none at all in other networks."""
    host = mapping.get("hostPort")
    outside = 0 if host is None else _port(mapping, "hostPort")
    is_open = picked if host is None else not outside
    yield from _each_protocol(mapping, _port(mapping, "containerPort"), outside, picked=is_open)


def _each_protocol(written: Value, inside: int, outside: int, *, picked: bool) -> Iterator[Port]:
    """`udp,tcp` is both."""
    for protocol in (word(written, "protocol") or "tcp").lower().split(","):
        yield Port(inside, written.source, outside, "", protocol, picked)


def _port(parent: Value, key: str) -> int:
    written = parent.get(key)
    port = 0 if written is None else number(written)
    if written is not None and port > 65535:
        raise written.wrong("a port from 0 to 65535")
    return int(port)
