"""What a Compose file says and a swarm can't do, with its place in the file and the way round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ....errors import DockworthyError, UnreadableInput, UsageError
from ....model.compose_project import ComposeProject, ComposeService, Deploy
from ....readers.yaml_source import Value, documents
from .service_spec import tmpfs_faults

_DONE = frozenset(
    "annotations attach cap_add cap_drop command configs cpus depends_on deploy dns dns_opt dns_search entrypoint "
    "environment env_file expose extra_hosts group_add healthcheck hostname image init labels logging mem_limit "
    "mem_reservation networks pids_limit ports pull_policy read_only restart scale secrets security_opt stdin_open "
    "stop_grace_period stop_signal sysctls tmpfs tty ulimits user volumes working_dir build profiles develop".split()
)
"""Keys that are carried over, or that say nothing of what runs (`build`: images are built before)."""
_ONE_ENGINE = "or ship to one engine: `deploy.target: compose`"
_WAYS = {
    "container_name": "leave it out: services find each other by their names, and people by `docker service ps`",
    "network_mode": "give it networks of its own",
    "devices": "label the node and mount the device's files (`volumes`), with `deploy.placement.constraints`",
    "privileged": "leave it out, or run that container beside the swarm",
    "memswap_limit": "leave it out: the limit of memory holds",
    "links": "leave it out: services of a network find each other by their names",
    "shm_size": "mount a tmpfs at /dev/shm (`volumes: [{type: tmpfs, target: /dev/shm, tmpfs: {size: …}}]`)",
}
_MOUNT_WAYS = {
    "bind.selinux": "leave `z` or `Z` out, and label the folder on each node (`chcon -Rt container_file_t`)",
    "volume.subpath": "make it a volume of its own: the whole volume would be mounted",
}
_NETWORK_KEYS = ("ipv4_address", "ipv6_address", "mac_address", "link_local_ips")

Fault = tuple[tuple[str, ...], str, str]
"""Where it stands below the document, what is wrong, and the way round."""


def refuse_what_no_swarm_does(spec: ComposeProject, services: Sequence[str], files: Sequence[str]) -> None:
    """`spec`: the project as Compose renders it, `files`: what it was rendered from. Raises UsageError for the first
    that a swarm can't do, with the file and line where it stands."""
    folder = str(Path(files[0]).resolve().parent) if files else ""
    for name in services:
        for path, says, way in (*_of_service(name, spec.services[name], folder), *_of_networks(spec, name)):
            place = _place(files, path)
            hint = f"{way}; {_ONE_ENGINE}"
            if place is None:
                raise UsageError(f"{'.'.join(path)}: {says}", hint=hint)
            raise UnreadableInput(f"{'.'.join(path)}: {says}", file=place[0], line=place[1], hint=hint)


def _of_service(name: str, service: ComposeService, folder: str) -> Iterator[Fault]:
    at = ("services", name)
    for key, value in service.to_json().items():
        if key in _DONE or key.startswith("x-") or value in (None, False, [], {}, ""):
            continue
        if key == "network_mode" and value == "default":
            continue
        yield (*at, key), f"a swarm has no {key}", _WAYS.get(key, "leave it out")
    for option in service.security_opt:
        if not option.startswith("no-new-privileges"):
            says = f"a swarm can't be told {option.partition(':')[0].partition('=')[0]}"
            yield (*at, "security_opt"), says, "set it for all containers of a node in its daemon.json"
    for written in service.tmpfs:
        for says, way in tmpfs_faults(written):
            yield (*at, "tmpfs"), says, way
    yield from _of_deploy(at, service.deploy)
    yield from _of_doors(at, service, folder)


def _of_deploy(at: tuple[str, ...], deploy: Deploy) -> Iterator[Fault]:
    if deploy.mode != "replicated":
        way = "say how many it needs (`replicas`), and `placement.max_replicas_per_node: 1`"
        yield (*at, "deploy", "mode"), f"mode {deploy.mode} is not shipped", way
    if deploy.endpoint_mode not in ("", "dnsrr"):
        way = "leave it out: names lead to the tasks themselves (dnsrr)"
        yield (*at, "deploy", "endpoint_mode"), "virtual addresses are not used", way
    if deploy.has_devices:
        yield (*at, "deploy", "resources"), "devices are not shipped", "leave them out"


def _of_doors(at: tuple[str, ...], service: ComposeService, folder: str) -> Iterator[Fault]:
    for port in service.ports:
        if port.mode != "host" or not port.published:
            way = "a route (`deploy.routes`) leads through the edge; `mode: host` opens it on the node where it runs"
            yield (*at, "ports"), f"port {port.target} would be open on every node (mode ingress)", way
        elif port.host_ip:
            yield (*at, "ports"), f"a swarm can't bind {port.host_ip} alone", "leave the address out"
        elif not port.published.isdecimal():
            says = f"port {port.target} is published as a range ({port.published}); a swarm needs one port"
            yield (*at, "ports"), says, "write one port"
    for mount in service.mounts:
        if mount.type not in ("volume", "bind", "tmpfs"):
            yield (*at, "volumes"), f"a swarm is not given mounts of type {mount.type}", "use a volume"
        for option in mount.options_of_one_engine:
            says = f"{mount.target}: a swarm is not told {option}"
            yield (*at, "volumes"), says, _MOUNT_WAYS.get(option, "leave it out")
        source = mount.source
        if mount.type == "bind" and folder and Path(source).is_relative_to(folder):
            way = "make it a config (`configs`) or put it into the image: both come to every node"
            yield (*at, "volumes"), f"{source} is on this machine alone, and a swarm carries no files", way


def _of_networks(spec: ComposeProject, name: str) -> Iterator[Fault]:
    definitions = spec.networks
    for network, use in spec.services[name].networks.items():
        for key in _NETWORK_KEYS:
            if use.has(key):
                way = "leave it out: its name leads to it"
                yield ("services", name, "networks", network, key), "a task has no fixed address", way
        driver = definitions[network].driver if network in definitions else ""
        if driver not in ("", "overlay"):
            way = "leave the driver out: networks of a swarm are overlays"
            yield ("networks", network, "driver"), f"a network of the driver {driver} stays on one node", way


def _place(files: Sequence[str], path: tuple[str, ...]) -> tuple[str, int] | None:
    """File and line of the deepest part of the path that some file has; a later file counts before an earlier one."""
    best: tuple[int, str, int] | None = None
    for file in files:
        for document in _read(file):
            depth, line = _deepest(document, path)
            if depth and (best is None or depth >= best[0]):
                best = depth, document.file, line
    return best[1:] if best else None


def _deepest(value: Value, path: tuple[str, ...]) -> tuple[int, int]:
    """How much of the path is there, and the line of its last key."""
    line = value.line
    for depth, key in enumerate(path):
        if not value.is_mapping or (found := value.get(key)) is None:
            return depth, line
        line, value = value.line_of_key(key), found
    return len(path), line


def _read(file: str) -> Sequence[Value]:
    try:
        return list(documents(Path(file).read_text(), file))
    except (OSError, UnicodeDecodeError, DockworthyError):  # Compose read it: what it says we say without the line
        return ()
