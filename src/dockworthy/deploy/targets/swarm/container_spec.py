"""A service of a Compose project as the container of a swarm's task. Pure.

Source: Engine API reference v1.45, TaskSpec.ContainerSpec; the Compose Specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....model.labels import STACK
from .amounts import file_mode, nanoseconds, size
from .names import PORTS

_PRIVILEGES = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")
_SAME = {
    "hostname": "Hostname", "user": "User", "working_dir": "Dir", "stop_signal": "StopSignal", "tty": "TTY",
    "stdin_open": "OpenStdin", "read_only": "ReadOnly", "init": "Init", "entrypoint": "Command", "command": "Args",
    "group_add": "Groups", "cap_add": "CapabilityAdd", "cap_drop": "CapabilityDrop", "sysctls": "Sysctls",
}  # fmt: skip
"""Keys that say the same in other letters."""


def container_spec(spec: Mapping[str, Any], name: str, image: str, ids: Mapping[str, str] = {}) -> dict[str, Any]:
    """`spec`: the pinned project, `name` one of its services. `ids`: names of secrets and configs -> their ids."""
    service = spec["services"][name]
    made: dict[str, Any] = {"Image": image, "Labels": _labels(spec, service), "Env": _environment(service)}
    for key, theirs in _SAME.items():
        if service.get(key) is not None:
            made[theirs] = service[key]
    if any(option in _PRIVILEGES for option in service.get("security_opt") or ()):
        made["Privileges"] = {"NoNewPrivileges": True}
    if grace := nanoseconds(service.get("stop_grace_period")):
        made["StopGracePeriod"] = grace
    if service.get("healthcheck"):
        made["Healthcheck"] = _health(service["healthcheck"])
    made["Hosts"] = [_host(each) for each in service.get("extra_hosts") or ()]
    made["DNSConfig"] = {
        "Nameservers": service.get("dns") or [],
        "Search": service.get("dns_search") or [],
        "Options": service.get("dns_opt") or [],
    }
    made["Ulimits"] = [*_ulimits(service)]
    made["Mounts"] = [*_mounts(spec, service)]
    made["Secrets"] = [*_files("secrets", "Secret", spec, service, ids)]
    made["Configs"] = [*_files("configs", "Config", spec, service, ids)]
    return {key: value for key, value in made.items() if value not in ({}, [], None)}


def object_name(spec: Mapping[str, Any], part: str, source: str) -> str:
    """What a secret, config, network or volume of the project is called on the swarm."""
    definition = (spec.get(part) or {}).get(source) or {}
    return str(definition.get("name") or f"{spec['name']}_{source}")


def host_ports(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "Protocol": port.get("protocol") or "tcp",
            "TargetPort": int(port["target"]),
            "PublishedPort": int(port["published"]),
            "PublishMode": "host",
        }
        for port in service.get("ports") or ()
        if port.get("published")
    ]


def _labels(spec: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, str]:
    labels = {**{key: str(value) for key, value in (service.get("labels") or {}).items()}, STACK: spec["name"]}
    if ports := host_ports(service):
        said = (f"{port['PublishedPort']}:{port['TargetPort']}/{port['Protocol']}" for port in ports)
        labels[PORTS] = " ".join(sorted(said))
    return labels


def _environment(service: Mapping[str, Any]) -> list[str]:
    """Without what stands there without a value and has none here: it is unset inside, too."""
    written = service.get("environment") or {}
    return [f"{name}={value}" for name, value in sorted(written.items()) if value is not None]


def _health(written: Mapping[str, Any]) -> dict[str, Any]:
    if written.get("disable"):
        return {"Test": ["NONE"]}
    test = written.get("test") or []
    made: dict[str, Any] = {"Test": ["CMD-SHELL", test] if isinstance(test, str) else test}
    times = {"interval": "Interval", "timeout": "Timeout", "start_period": "StartPeriod",
             "start_interval": "StartInterval"}  # fmt: skip
    made |= {theirs: nanoseconds(written[key]) for key, theirs in times.items() if written.get(key)}
    if written.get("retries"):
        made["Retries"] = int(written["retries"])
    return made


def _host(written: str) -> str:
    """`name=address` or `name:address`; a swarm has it as in /etc/hosts."""
    at = written.find("=") if "=" in written else written.find(":")
    return f"{written[at + 1 :]} {written[:at]}"


def _ulimits(service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, limit in sorted((service.get("ulimits") or {}).items()):
        both = limit if isinstance(limit, Mapping) else {"soft": limit, "hard": limit}
        yield {"Name": name, "Soft": int(both["soft"]), "Hard": int(both["hard"])}


def _mounts(spec: Mapping[str, Any], service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for mount in service.get("volumes") or ():
        made: dict[str, Any] = {"Type": mount["type"], "Target": mount["target"]}
        if mount.get("read_only"):
            made["ReadOnly"] = True
        if mount["type"] == "bind":
            made["Source"] = mount["source"]
        elif mount["type"] == "volume" and mount.get("source"):
            made |= {"Source": object_name(spec, "volumes", mount["source"]), "VolumeOptions": _volume(spec, mount)}
        elif mount["type"] == "tmpfs":
            written = mount.get("tmpfs") or {}
            made["TmpfsOptions"] = {"SizeBytes": size(written.get("size")), "Mode": int(written.get("mode") or 0)}
        yield made
    for written in service.get("tmpfs") or ():
        yield {"Type": "tmpfs", "Target": written}


def _volume(spec: Mapping[str, Any], mount: Mapping[str, Any]) -> dict[str, Any]:
    definition = (spec.get("volumes") or {}).get(mount["source"]) or {}
    made: dict[str, Any] = {"NoCopy": True} if (mount.get("volume") or {}).get("nocopy") else {}
    if definition.get("external"):
        return made
    made["Labels"] = {**(definition.get("labels") or {}), STACK: spec["name"]}
    if definition.get("driver") or definition.get("driver_opts"):
        made["DriverConfig"] = {"Name": definition.get("driver") or "local",
                                "Options": definition.get("driver_opts") or {}}  # fmt: skip
    return made


def _files(
    part: str, kind: str, spec: Mapping[str, Any], service: Mapping[str, Any], ids: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for use in service.get(part) or ():
        name = object_name(spec, part, use["source"])
        target = use.get("target") or (use["source"] if part == "secrets" else f"/{use['source']}")
        owned = {"UID": str(use.get("uid") or "0"), "GID": str(use.get("gid") or "0")}
        file = {"Name": target, **owned, "Mode": file_mode(use.get("mode"))}
        yield {"File": file, f"{kind}Name": name, f"{kind}ID": ids.get(name, "")}
