"""From the project as Compose renders it to one that is cut off from the world. Pure: no file and no engine is touched.

A service keeps what decides whether it starts and works: what is on the list below. Everything else stays outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from .images import LocalImage
from .owner import RunOwner
from .stand_ins import StandIns

_HOST = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /lib/modules /media /mnt /proc /root /run /sbin /srv /sys /tmp /usr /var"
    " /var/lib /var/lib/docker /var/lib/containerd /var/log /var/run".split()
)
"""Folders of the host as a whole: nobody means them to be copied."""
_BELOW = ("/proc/", "/sys/", "/dev/", "/run/", "/var/run/", "/var/lib/docker/", "/var/lib/containerd/")


class Bind(Struct, frozen=True):
    """A path of the host that a service has at `target`. `index` is its place among the service's volumes."""

    service: str
    index: int
    source: str
    target: str
    read_only: bool


def cut_off_volumes(name: str, written: Mapping[str, Any], binds: list[Bind], notes: list[str]) -> list[dict[str, Any]]:
    """The service's mounts; each bind among them is added to `binds`, each that is not handed in to `notes`."""
    mounts: list[dict[str, Any]] = []
    for mount in written.get("volumes") or ():
        kind, source, target = mount.get("type"), str(mount.get("source") or ""), str(mount.get("target") or "")
        if kind == "bind" and is_of_the_host(source):
            notes.append(f"{name} runs without {source}: that is the host's own")
        elif kind == "bind":
            binds.append(Bind(name, len(mounts), source, target, bool(mount.get("read_only"))))
            mounts.append(
                {"type": "bind", "source": source, "target": target, "read_only": bool(mount.get("read_only"))}
            )
        elif kind == "volume":
            mounts.append(_volume(mount))
        elif kind == "tmpfs":
            mounts.append(dict(mount))
        else:
            notes.append(f"{name} runs without what it has at {target}: a {kind} mount can't be stood in for")
    return mounts


def is_of_the_host(source: str) -> bool:
    path = source.rstrip("/") or "/"
    return path in _HOST or path.startswith(_BELOW)


def _volume(mount: Mapping[str, Any]) -> dict[str, Any]:
    """A fresh volume: no driver and no options, which could lead to the real data."""
    fresh = {"type": "volume", "target": mount["target"], "read_only": bool(mount.get("read_only"))}
    if mount.get("source"):
        fresh["source"] = mount["source"]
    if (mount.get("volume") or {}).get("nocopy"):
        fresh["volume"] = {"nocopy": True}
    return fresh


_KEPT = frozenset(
    "cap_add cap_drop command cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus"
    " cpuset domainname entrypoint environment extra_hosts group_add healthcheck hostname init mem_limit"
    " mem_reservation mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit platform post_start"
    " read_only runtime secrets configs security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt"
    " sysctls tmpfs tty ulimits user working_dir".split()
)
_WITHOUT_A_WORD = frozenset(
    "annotations attach blkio_config build container_name depends_on deploy develop dns dns_opt dns_search env_file"
    " expose image label_file labels links logging networks network_mode ports profiles pull_policy restart scale"
    " volumes mac_address".split()
)
"""Replaced by something of ours, or without a meaning for a service that only has to show that it works."""
_OF_THE_HOST = frozenset({"SYS_MODULE", "SYS_RAWIO", "SYS_TIME", "SYS_BOOT", "MAC_ADMIN", "MAC_OVERRIDE"})
"""Capabilities over what the host has only one of."""
_LOW_PORTS = "net.ipv4.ip_unprivileged_port_start"
_BRIDGE = {"com.docker.network.bridge.inhibit_ipv4": "true"}
"""The host gets no address in the network: containers can't speak to what listens on the host."""


class ScratchConfig(Struct, frozen=True):
    """A Compose configuration, the binds that need a copy (their `source` is not filled in yet), and what is missing
    in it, in sentences."""

    config: dict[str, Any]
    binds: tuple[Bind, ...]
    notes: tuple[str, ...]


def cut_off(
    rendered: Mapping[str, Any],
    scope: Iterable[str],
    images: Mapping[str, LocalImage],
    owner: RunOwner,
    stand_ins: StandIns,
) -> ScratchConfig:
    """The services of `scope`, each from its local image (service -> id), in networks that lead nowhere."""
    notes: list[str] = []
    binds: list[Bind] = []
    services = {}
    for name in scope:
        written = rendered["services"][name]
        service = _service(name, written, stand_ins, notes)
        service["volumes"] = cut_off_volumes(name, written, binds, notes)
        service["image"] = images[name].id
        service["labels"] = owner.labels
        _impatient(service, images[name])
        services[name] = service
    _link(rendered["services"], services)
    config = {
        "name": owner.project,
        "services": services,
        "networks": _networks(services, owner),
        "volumes": _volumes(services, owner),
    }
    _only_with_names(config)
    return ScratchConfig(config, tuple(binds), tuple(notes))


def services_that_lack(scope: Iterable[str], notes: Iterable[str]) -> frozenset[str]:
    """Those that run without something of the host: what they do with it, and need for it, no run here shows."""
    notes = tuple(notes)
    return frozenset(name for name in scope if any(note.startswith(f"{name} runs without ") for note in notes))


def _service(name: str, written: Mapping[str, Any], stand_ins: StandIns, notes: list[str]) -> dict[str, Any]:
    service = {key: value for key, value in written.items() if key in _KEPT and value is not None}
    for key in sorted(set(written) - _KEPT - _WITHOUT_A_WORD):
        if written[key] not in (None, False, [], {}, ""):
            notes.append(f"{name} runs without its `{key}`: it reaches out of the container")
    service |= {"pull_policy": "never", "restart": _restart(written), "dns": ["127.0.0.1"]}
    service |= {"logging": {"driver": "json-file", "options": {"max-size": "10m"}}}
    service |= _network(name, written, notes)
    if written.get("network_mode") == "host":  # there low ports are guarded; in a container's own network they are not
        service["sysctls"] = {_LOW_PORTS: 1024, **(service.get("sysctls") or {})}
    variables = {key: _bare(value) for key, value in (written.get("environment") or {}).items()}
    service["environment"] = {key: _escaped(value) for key, value in stand_ins.environment(variables).items()}
    for key in ("command", "entrypoint"):
        if key in service:
            service[key] = stand_ins.arguments(service[key])
    if limits := ((written.get("deploy") or {}).get("resources") or {}).get("limits"):
        service["deploy"] = {"resources": {"limits": {key: limits[key] for key in limits if key != "devices"}}}
    if (((written.get("deploy") or {}).get("resources") or {}).get("reservations") or {}).get("devices"):
        notes.append(f"{name} runs without the devices that it reserves: they are the host's")
    _without_the_host(name, service, notes)
    return service


def _without_the_host(name: str, service: dict[str, Any], notes: list[str]) -> None:
    """Takes away capabilities over the host itself."""
    added = [str(each).upper().removeprefix("CAP_") for each in service.get("cap_add") or ()]
    if taken := sorted(_OF_THE_HOST.intersection(added)):
        service["cap_add"] = [each for each in added if each not in _OF_THE_HOST]
        notes.append(f"{name} runs without {', '.join(taken)}: that is power over the host itself")


def _network(name: str, written: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    mode = str(written.get("network_mode") or "")
    if mode == "none" or mode.startswith("service:"):
        return {"network_mode": mode}
    if mode:
        notes.append(f"{name} runs in a network of its own, not with `network_mode: {mode.split(':')[0]}`")
    networks = {"default": None} if mode else dict(written.get("networks") or {"default": None})
    kept: dict[str, Any] = {}
    for network, settings in networks.items():
        aliases = (settings or {}).get("aliases")
        kept[network] = {"aliases": aliases} if aliases else None
        if (settings or {}).get("ipv4_address") or (settings or {}).get("ipv6_address"):
            notes.append(f"{name} gets any address in {network}: its fixed one is the real service's")
    return {"networks": kept}


def _link(written: Mapping[str, Any], services: dict[str, Any]) -> None:
    """`links` give a service another name; here it has that name for all in its networks."""
    for name in services:
        for link in written[name].get("links") or ():
            target, _, alias = str(link).partition(":")
            networks = services.get(target, {}).get("networks") or {}
            for network, settings in networks.items() if alias else ():
                networks[network] = {"aliases": [*((settings or {}).get("aliases") or ()), alias]}


def _restart(written: Mapping[str, Any]) -> str:
    """A service may rely on being started again. Not after the engine's own restart, though: that would outlive us."""
    policy = str(
        written.get("restart") or (((written.get("deploy") or {}).get("restart_policy") or {}).get("condition"))
    )
    return "on-failure" if policy.startswith(("always", "unless-stopped", "on-failure", "any")) else "no"


def _impatient(service: dict[str, Any], image: LocalImage) -> None:
    """The health check, the image's own too, is asked each second: waiting for its interval is not what is measured."""
    check = service.get("healthcheck") or ({} if image.has_check else None)
    if check is not None and not check.get("disable"):
        kept = {key: value for key, value in check.items() if key != "start_interval"}
        service["healthcheck"] = {**kept, "interval": "1s", "retries": 1000}


def _networks(services: Mapping[str, Any], owner: RunOwner) -> dict[str, Any]:
    used = {network for service in services.values() for network in service.get("networks") or ()}
    return {
        name: {"name": f"{owner.project}_{name}", "internal": True, "driver_opts": _BRIDGE, "labels": owner.labels}
        for name in sorted(used)
    }


def _volumes(services: Mapping[str, Any], owner: RunOwner) -> dict[str, Any]:
    used = {
        mount["source"]
        for service in services.values()
        for mount in service["volumes"]
        if mount["type"] == "volume" and "source" in mount
    }
    return {name: {"name": f"{owner.project}_{name}", "labels": owner.labels} for name in sorted(used)}


def _only_with_names(config: dict[str, Any]) -> None:
    """Top-level keys that are empty are left out."""
    for key in ("networks", "volumes"):
        if not config[key]:
            del config[key]


def _bare(value: Any) -> str | None:
    """What Compose renders has each dollar twice."""
    return None if value is None else str(value).replace("$$", "$")


def _escaped(value: str | None) -> str | None:
    return None if value is None else value.replace("$", "$$")
