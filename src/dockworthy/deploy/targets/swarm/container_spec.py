"""A service of a Compose project as the container of a swarm's task. Pure.

Source: Engine API reference v1.45, TaskSpec.ContainerSpec; the Compose Specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....model.compose_project import ComposeProject, ComposeService, FilePart, HealthCheck, Mount, VolumeDefinition
from ....model.labels import STACK
from .amounts import file_mode, nanoseconds, size
from .names import PORTS
from .tmpfs import tmpfs_mount

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


def _health(written: HealthCheck) -> dict[str, Any]:
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


def _volume(spec: ComposeProject, mount: Mount) -> dict[str, Any]:
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
