"""A service of a Compose project as a service of a swarm: durations, sizes, modes, tmpfs, mounts, secrets. Pure.

Compose writes a `$` as `$$` where it renders a project, because Compose reads that again; a swarm does not.

Source: Engine API reference v1.45, ServiceSpec, TaskSpec.ContainerSpec, Mount.TmpfsOptions; the Compose Specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....model.compose_project import (
    ComposeHealthCheck,
    ComposeMount,
    ComposeProject,
    ComposeService,
    Deploy,
    FilePart,
    VolumeDefinition,
)
from ....model.labels import STACK
from ....model.rollout import EDGE_NETWORK, Order
from ...planning.steps import replacing
from .names import IMAGE, JOB, PORTS, job_name, service_name

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_UNITS = {"": 1, "b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30}
_SIZE = re.compile(r"(\d+)([a-z]*)")


def nanoseconds(duration: object) -> int:
    """`1m30s`; 0 for what is not written."""
    return sum(round(float(number) * _NANOSECONDS[unit]) for number, unit in _PART.findall(str(duration or "")))


def size(written: object) -> int:
    """Bytes of `536870912` or `512m`; 0 for what is not written. Raises ValueError for what is no size."""
    text = str(written or 0).strip().lower()
    found = _SIZE.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{written} is no size")
    return int(found[1]) * _UNITS[found[2]]


def processors(written: object) -> int:
    """Billionths of a processor."""
    return round(float(str(written or 0)) * 10**9)


def file_mode(written: object) -> int:
    """Compose writes `"0440"` or a number; 0444 where nothing is written."""
    if written is None:
        return 0o444
    return int(written, 8) if isinstance(written, str) else int(str(written))


_MODE = re.compile(r"[0-7]{1,4}")
_ALWAYS = ("noexec", "nosuid", "nodev")
"""What the engine gives each tmpfs of a task, and each tmpfs of a container for which nothing else is said."""


def tmpfs_mount(written: str) -> dict[str, Any]:
    """As a mount of a task. What no swarm is told (`tmpfs_faults`) is left out."""
    target, said = _parts(written)
    mount: dict[str, Any] = {"Type": "tmpfs", "Target": target}
    options: dict[str, int] = {}
    for key, value in said:
        if _fault(key, value):
            continue
        if key == "ro":
            mount["ReadOnly"] = True
        elif key == "size":
            options["SizeBytes"] = size(value)
        else:
            options["Mode"] = int(value, 8)
    return {**mount, "TmpfsOptions": options} if options else mount


def tmpfs_faults(written: str) -> list[tuple[str, str]]:
    """What a swarm can't be told of it, and the way round."""
    target, said = _parts(written)
    found = (_fault(key, value) for key, value in said)
    return [(f"tmpfs {target}: {fault[0]}", fault[1]) for fault in found if fault]


def _parts(written: str) -> tuple[str, list[tuple[str, str]]]:
    target, _, options = written.partition(":")
    pairs = (each.partition("=") for each in options.split(",") if each)
    return target, [(key, value) for key, _, value in pairs]


def _fault(key: str, value: str) -> tuple[str, str] | None:
    if key == "ro" and not value:
        return None
    if key == "mode":
        way = "write it in octal digits: `mode=1777`"
        return None if _MODE.fullmatch(value) else (f"{value or 'nothing'} is no mode", way)
    if key == "size":
        way = "write it in bytes, or with k, m or g: `size=64m`"
        return None if _is_size(value) else (f"a swarm can't be told the size {value or 'nothing'}", way)
    if key in _ALWAYS:
        return f"a swarm can't be told {key}", "leave it out: each tmpfs of a task has noexec, nosuid and nodev"
    way = "leave it out: a swarm has `size`, `mode` and `ro`"
    return f"a swarm can't be told {key}", way


def _is_size(value: str) -> bool:
    try:
        return size(value) > 0
    except ValueError:
        return False


_PRIVILEGES = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
_SAME = {
    "hostname": "Hostname", "user": "User", "working_dir": "Dir", "stop_signal": "StopSignal", "tty": "TTY",
    "stdin_open": "OpenStdin", "read_only": "ReadOnly", "init": "Init", "entrypoint": "Command", "command": "Args",
    "group_add": "Groups", "cap_add": "CapabilityAdd", "cap_drop": "CapabilityDrop", "sysctls": "Sysctls",
}  # fmt: skip
"""Keys that say the same in other letters."""


def container_spec(spec: ComposeProject, name: str, image: str, ids: Mapping[str, str] = {}) -> dict[str, Any]:
    """`spec`: the pinned project, `name` one of its services. `ids`: names of secrets and configs -> their ids."""
    service = spec.services[name]
    made: dict[str, Any] = {"Image": image, "Labels": _labels(spec, service), "Env": _environment(service)}
    for key, theirs in _SAME.items():
        if (value := service.written(key)) is not None:
            made[theirs] = value
    if any(option in _PRIVILEGES for option in service.security_opt):
        made["Privileges"] = {"NoNewPrivileges": True}
    if grace := nanoseconds(service.stop_grace_period):
        made["StopGracePeriod"] = grace
    if (health := service.healthcheck) is not None:
        made["Healthcheck"] = _health(health)
    made["Hosts"] = [_host(each) for each in service.extra_hosts]
    made["DNSConfig"] = {
        "Nameservers": [*service.dns],
        "Search": [*service.dns_search],
        "Options": [*service.dns_opt],
    }
    made["Ulimits"] = [*_ulimits(service)]
    made["Mounts"] = [*_mounts(spec, service)]
    made["Secrets"] = [*_files("secrets", "Secret", spec, service, ids)]
    made["Configs"] = [*_files("configs", "Config", spec, service, ids)]
    return {key: value for key, value in made.items() if value not in ({}, [], None)}


def host_ports(service: ComposeService) -> list[dict[str, Any]]:
    return [
        {
            "Protocol": port.protocol,
            "TargetPort": port.target,
            "PublishedPort": int(port.published),
            "PublishMode": "host",
        }
        for port in service.ports
        if port.published
    ]


def _labels(spec: ComposeProject, service: ComposeService) -> dict[str, str]:
    labels = {**{key: str(value) for key, value in service.labels.items()}, STACK: spec.name}
    if ports := host_ports(service):
        said = (f"{port['PublishedPort']}:{port['TargetPort']}/{port['Protocol']}" for port in ports)
        labels[PORTS] = " ".join(sorted(said))
    return labels


def _environment(service: ComposeService) -> list[str]:
    """Without what stands there without a value and has none here: it is unset inside, too."""
    written = service.environment
    return [f"{name}={value}" for name, value in sorted(written.items()) if value is not None]


def _health(written: ComposeHealthCheck) -> dict[str, Any]:
    if written.disable:
        return {"Test": ["NONE"]}
    test = written.test
    made: dict[str, Any] = {"Test": ["CMD-SHELL", test] if isinstance(test, str) else test}
    times = {"Interval": written.interval, "Timeout": written.timeout, "StartPeriod": written.start_period,
             "StartInterval": written.start_interval}  # fmt: skip
    made |= {theirs: nanoseconds(time) for theirs, time in times.items() if time}
    if written.retries:
        made["Retries"] = written.retries
    return made


def _host(written: str) -> str:
    """`name=address` or `name:address`; a swarm has it as in /etc/hosts."""
    at = written.find("=") if "=" in written else written.find(":")
    return f"{written[at + 1 :]} {written[:at]}"


def _ulimits(service: ComposeService) -> Iterator[dict[str, Any]]:
    for name, (soft, hard) in sorted(service.ulimits.items()):
        yield {"Name": name, "Soft": soft, "Hard": hard}


def _mounts(spec: ComposeProject, service: ComposeService) -> Iterator[dict[str, Any]]:
    for mount in service.mounts:
        made: dict[str, Any] = {"Type": mount.type, "Target": mount.target}
        if mount.read_only:
            made["ReadOnly"] = True
        if mount.type == "bind":
            made["Source"] = mount.source
        elif mount.type == "volume" and mount.source:
            made |= {"Source": spec.object_name("volumes", mount.source), "VolumeOptions": _volume(spec, mount)}
        elif mount.type == "tmpfs":
            made["TmpfsOptions"] = {"SizeBytes": size(mount.tmpfs_size), "Mode": mount.tmpfs_mode}
        yield made
    for written in service.tmpfs:
        yield tmpfs_mount(written)


def _volume(spec: ComposeProject, mount: ComposeMount) -> dict[str, Any]:
    definition = spec.volumes.get(mount.source) or VolumeDefinition.from_json(None)
    made: dict[str, Any] = {"NoCopy": True} if mount.nocopy else {}
    if definition.external:
        return made
    made["Labels"] = {**definition.labels, STACK: spec.name}
    if definition.driver or definition.driver_opts:
        made["DriverConfig"] = {"Name": definition.driver or "local", "Options": definition.driver_opts}
    return made


def _files(
    part: FilePart, kind: str, spec: ComposeProject, service: ComposeService, ids: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for use in service.references(part):
        name = spec.object_name(part, use.source)
        file = {"Name": use.target(part), "UID": use.uid, "GID": use.gid, "Mode": file_mode(use.mode)}
        yield {"File": file, f"{kind}Name": name, f"{kind}ID": ids.get(name, "")}


_MONITOR = 2 * 10**9
"""Nanoseconds. What happens later we see ourselves."""
_CONDITIONS = {"no": "none", "always": "any", "unless-stopped": "any"}


def service_spec(
    spec: ComposeProject, name: str, *, replicas: int, reference: str = "", ids: Mapping[str, str] = {}
) -> dict[str, Any]:
    """`spec`: the pinned project as Compose renders it. `reference`: the image as it was written.

    A bad update is left as it stands (`pause`): we take it back ourselves, with what we have seen.
    """
    spec = unescaped(spec)
    written = spec.services[name]
    labels = {**written.deploy.labels, STACK: spec.name, IMAGE: reference or written.image}
    return {
        "Name": service_name(spec.name, name),
        "Labels": labels,
        "TaskTemplate": task_template(spec, name, ids),
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": {
            "Parallelism": 0,
            "Monitor": _MONITOR,
            "FailureAction": "pause",
            "Order": Order(replacing(written).order).value,
        },
        "EndpointSpec": {"Mode": "dnsrr", "Ports": host_ports(written)},
    }


def job_spec(spec: ComposeProject, name: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """One task that runs to its end, once, whatever that is."""
    spec = unescaped(spec)
    template = task_template(spec, name, ids)
    template["RestartPolicy"] = {"Condition": "none"}
    template["ContainerSpec"]["Healthcheck"] = {"Test": ["NONE"]}
    return {
        "Name": job_name(spec.name, name),
        "Labels": {STACK: spec.name, JOB: name},
        "TaskTemplate": template,
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
    }


def task_template(spec: ComposeProject, name: str, ids: Mapping[str, str] = {}) -> dict[str, Any]:
    """`spec` with its `$` as they are meant. `ids`: names of networks, secrets and configs -> their ids."""
    service = spec.services[name]
    made = {
        "ContainerSpec": container_spec(spec, name, service.image, ids),
        "Resources": _resources(service),
        "RestartPolicy": _restart(service),
        "Placement": _placement(service.deploy),
        "Networks": [*_networks(spec, name, ids)],
    }
    if (logging := service.logging) is not None:
        made["LogDriver"] = {"Name": logging.driver, "Options": logging.options}
    return {key: value for key, value in made.items() if value}


def with_edge_names(spec: ComposeProject, names: Mapping[str, str]) -> ComposeProject:
    """The project with the secret names by which the edge finds its services. `names`: service -> name."""
    services = {**spec.services}
    for name, service in services.items():
        at_edge = service.networks.get(EDGE_NETWORK)
        if at_edge is not None and name in names:
            services[name] = service.with_network(EDGE_NETWORK, [*at_edge.aliases, names[name]])
    return spec.with_services(services)


def _networks(spec: ComposeProject, name: str, ids: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for network, use in sorted(spec.joined_by(name).items(), key=lambda each: each[0]):
        yield {"Target": ids.get(network, network), "Aliases": [name, *(each for each in use.aliases if each != name)]}


def _resources(service: ComposeService) -> dict[str, Any]:
    limits, reserved = service.limits, service.reservations
    made = {
        "Limits": {
            "NanoCPUs": processors(limits.cpus),
            "MemoryBytes": size(limits.memory),
            "Pids": int(limits.pids or 0),
        },
        "Reservations": {"NanoCPUs": processors(reserved.cpus), "MemoryBytes": size(reserved.memory)},
    }
    some = {part: {key: value for key, value in amounts.items() if value} for part, amounts in made.items()}
    return {part: amounts for part, amounts in some.items() if amounts}


def _restart(service: ComposeService) -> dict[str, Any]:
    """`deploy.restart_policy`, else `restart`; a swarm's own way where nothing is written: always."""
    if (policy := service.deploy.restart_policy) is not None:
        made: dict[str, Any] = {"Condition": policy.condition}
        if policy.max_attempts:
            made["MaxAttempts"] = policy.max_attempts
        times = {"Delay": policy.delay, "Window": policy.window}
        return made | {theirs: nanoseconds(time) for theirs, time in times.items() if time}
    condition, _, attempts = (service.restart or "always").partition(":")
    made = {"Condition": _CONDITIONS.get(condition, condition)}
    return {**made, "MaxAttempts": int(attempts)} if attempts else made


def _placement(deploy: Deploy) -> dict[str, Any]:
    written = deploy.placement
    made = {
        "Constraints": [*written.constraints],
        "Preferences": [{"Spread": {"SpreadDescriptor": each}} for each in written.spread],
        "MaxReplicas": written.max_replicas_per_node,
    }
    return {key: value for key, value in made.items() if value}


def unescaped(spec: ComposeProject) -> ComposeProject:
    """The same with every `$$` as one `$`: Compose renders a `$` as `$$` for a Compose that reads it again, and a swarm
    is none. Keys stay."""
    return spec.with_texts(lambda text: text.replace("$$", "$"))
