"""Who can talk to the engine can start a privileged container: that is root on the host, with a few words of JSON."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Field, Set, Unknown, Unset
from ...model.finding import Evidence, Judgement, Outcome, Remedy, unknown
from ...model.guard_policy import Binding, Role
from ...model.levels import Level, Severity
from ...model.workload import Container, EnginePaths, Mount, Unit
from ._containers import Fault, judge_faults
from ._engine_sockets import socket_reached
from ._host_paths import described, host_path, real_path
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told


def is_the_guards(mount: Mount, paths: EnginePaths) -> bool:
    """The socket itself: a folder that holds it holds the engine's own, too."""
    return paths.guard is not None and host_path(mount) == real_path(paths.guard.path)


def role_there(mount: Mount, name: str, roles: Field[tuple[Binding, ...]]) -> tuple[bool, str] | Unknown:
    """Is the container an admin, and what it is in words. `name`: "" where its containers' names are not known before
    they run, so that no role can be theirs."""
    if isinstance(roles, Unknown):
        return roles
    held = [each for each in _bindings(roles) if name and each.who == f"container:{name}"]
    names = sorted({each.role for each in held}, key=list(Role).index)
    stands = f"{described(mount)}: dockworthy's guard stands there, and to it "
    who = f"container {name}" if name else "each task"
    if not names:
        return False, f"{stands}{who} has no role: nothing passes"
    is_admin = Role.ADMIN in names
    return is_admin, f"{stands}{who} is {' and '.join(names)}{': root on the host' if is_admin else ''}"


def _bindings(roles: Set[tuple[Binding, ...]] | Unset) -> tuple[Binding, ...]:
    return roles.value if isinstance(roles, Set) else ()


control = Control(
    id="workload/engine-socket",
    title="No mount leads to the engine's socket",
    fault="{who} [mounts|mount] the Docker socket",
    rationale="The engine does as root whatever its socket is asked for: a container that reaches it, by the socket "
    "itself, a folder above it or a volume bound to one, owns the host. Mounting it read-only changes nothing: a socket "
    "is connected to, not written. Where dockworthy's guard stands at it, the container has its role there and no more.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(cis("1.6.0", "5.32"), cis("1.8.0", "5.32"), nist("4.4.3"), nist("4.5.4"), owasp("D04")),
    remedy=Remedy(
        "Remove the mount; give the program a proxy that passes only the requests it needs, or an engine of its own. `dockworthy "
        "guard install --people` makes the socket one at which each container has a role.",
        "recreates the container; programs that steer the engine stop doing so",
    ),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}}{{println}}{{end}}' {name}",
    bad={
        "marathon": "{id: /shop, container: {docker: {image: shop}, volumes: [{containerPath: /x, hostPath: /var/run/docker.sock, mode: RO}]}}",
        "docker run": [
            "docker run -v /var/run/docker.sock:/s:ro shop",
            "docker run --mount type=bind,src=/run,dst=/x shop",
        ],
        "request": {"Image": "shop", "HostConfig": {"Binds": ["/:/host:ro"]}},
        "compose": [
            "services: {web: {image: shop, volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']}}",
            "services: {web: {image: shop, volumes: [{type: bind, source: /run, target: /host}]}}",
            "services: {web: {image: shop, use_api_socket: true}}",
        ],
        "container": [
            {"Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/x", "RW": True}]},
            {"Mounts": [{"Type": "bind", "Source": "/run/docker.sock", "Destination": "/x", "RW": False}]},
            {"Mounts": [{"Type": "bind", "Source": "/run", "Destination": "/x", "RW": True}]},
            {"Mounts": [{"Type": "bind", "Source": "/var/run", "Destination": "/x", "RW": False}]},
            {"Mounts": [{"Type": "bind", "Source": "/", "Destination": "/x", "RW": False}]},
            {
                "Mounts": [
                    {"Type": "bind", "Source": "/run/containerd/containerd.sock", "Destination": "/x", "RW": True}
                ]
            },
            {"Mounts": [{"Type": "bind", "Source": "/srv/../run//docker.sock", "Destination": "/x", "RW": True}]},
            {"Mounts": [{"Type": "bind", "Source": "/proc/1/root/run", "Destination": "/x", "RW": True}]},
            {"Mounts": [{"Type": "bind", "Source": "/run/podman", "Destination": "/x", "RW": True}]},
        ],
        "service": {
            "Spec": {
                "TaskTemplate": {
                    "ContainerSpec": {
                        "Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "Target": "/x", "ReadOnly": True}]
                    }
                }
            }
        },
    },
    good={
        "docker run": "docker run -v run:/run shop",
        "request": {"Image": "shop", "HostConfig": {"Binds": ["run:/run"]}},
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, volumes: ['run:/run', './docker.sock.d:/x']}}",
        ],
        "container": [
            {},
            {"Mounts": [{"Type": "bind", "Source": "/srv/docker.sock.d", "Destination": "/x", "RW": True}]},
            {"Mounts": [{"Type": "volume", "Name": "run", "Source": "/run", "Destination": "/run", "RW": True}]},
        ],
    },
    unclear={
        "docker run": "docker run --volumes-from db shop",
        "compose": "services: {web: {image: shop, volumes: ['${WHERE}:/x']}}",
    },
)


@control.judge
def engine_socket(unit: Unit) -> Judgement:
    faults, known, gaps = list[Fault](), list[Evidence](), list[Unknown]()
    for container in unit.containers:
        for mount in container.mounts:
            if not (socket := socket_reached(mount, unit.engine_paths)):
                continue
            met = _at_guard(mount, container, unit)
            if isinstance(met, Unknown):
                gaps.append(met)
            elif met is None or met[0]:
                faults.append(Fault(met[1] if met else _says(mount, socket), mount.declared_at))
            else:
                known.append(Evidence(met[1], mount.declared_at))
    if gaps and not faults:
        return unknown(gaps[0].reason, gaps[0].source, tell=gaps[0].tell)
    judged = judge_faults(faults, good="no mount leads to an engine's socket", source=unit.source)
    if known and not faults:
        judged = Judgement(Outcome.PASS, tuple(known))
    return as_far_as_told(judged, unit, "mounts")


def _at_guard(mount: Mount, container: Container, unit: Unit) -> tuple[bool, str] | Unknown | None:
    """None where it is an engine's socket."""
    guard = unit.engine_paths.guard
    if guard is None or not is_the_guards(mount, unit.engine_paths):
        return None
    return role_there(mount, "" if unit.kind == "service" else container.name, guard.roles)


def _says(mount: Mount, socket: str) -> str:
    what = described(mount) if host_path(mount) else f"{mount.source} at {mount.target}"
    reaches = what if socket == host_path(mount) else f"{what}: it holds {socket}"
    return f"{reaches} (read-only is no hindrance)" if mount.read_only else reaches
