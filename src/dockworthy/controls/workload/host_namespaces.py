"""In the host's network, PID or IPC namespace a container sees and reaches what it was kept from."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix, WrittenService, remove_key
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.field import Field, Set, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._unclear import as_far_as_told

control = Control(
    id="workload/host-namespaces",
    title="Containers do not share the host's network, PID or IPC namespace",
    fault="{who} [shares|share] a namespace of the host",
    rationale="In the host's network namespace a container reaches everything that listens on loopback and can open any "
    "port; in its PID namespace it sees and signals every process; in its IPC namespace it reads shared memory.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "1.reach", "3.least-privilege", "5.network"),
    subject=Subject.UNIT,
    references=(
        pss("hostNamespaces"),
        cis("1.6.0", "5.10"),
        cis("1.6.0", "5.16"),
        cis("1.6.0", "5.17"),
        cis("1.8.0", "5.10"),
        cis("1.8.0", "5.16"),
        cis("1.8.0", "5.17"),
        nist("4.4.2"),
        owasp("D04"),
    ),
    remedy=Remedy("Remove host networking, PID and IPC; publish the ports that are needed.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="gives it PID and IPC namespaces of its own",
            may_break="monitors and debuggers that look at the host's processes, programs that share memory with the host",
            changes=lambda written: _own_namespaces(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.IpcMode}}' {name}",
    bad={
        "marathon": [
            "{id: /shop, container: {docker: {image: shop}}}",
            "{id: /shop, container: {type: MESOS, docker: {image: shop}, linuxInfo: {ipcInfo: {mode: SHARE_PARENT}}}}",
        ],
        "docker run": ["docker run --network host shop", "docker run --pid=host shop", "docker run --ipc host shop"],
        "request": {"Image": "shop", "HostConfig": {"PidMode": "host"}},
        "compose": [
            "services: {web: {image: shop, network_mode: host}}",
            "services: {web: {image: shop, pid: host}}",
            "services: {web: {image: shop, ipc: host}}",
            "services: {web: {image: shop, network_mode: 'container:tunnel'}, vpn: {image: vpn, container_name: tunnel, network_mode: host}}",
        ],
        "kubernetes": [
            "{kind: Pod, spec: {hostNetwork: true, containers: [{name: a}]}}",
            "{kind: Pod, spec: {hostPID: true, containers: [{name: a}]}}",
            "{kind: Pod, spec: {hostIPC: true, containers: [{name: a}]}}",
        ],
        "running": {
            "inspect": {"HostConfig": {"NetworkMode": "container:" + "b" * 64}},
            "processes": [
                {
                    "pid": 9,
                    "program": "shop",
                    "uid": 1000,
                    "cap_effective": 0,
                    "cap_bounding": 0,
                    "seccomp": 2,
                    "no_new_privs": True,
                    "shared_namespaces": ["net"],
                }
            ],
        },
        "container": [
            {"HostConfig": {"NetworkMode": "host"}},
            {"HostConfig": {"PidMode": "host"}},
            {"HostConfig": {"IpcMode": "host"}},
        ],
    },
    good={
        "docker run": "docker run --network shop shop",
        "request": {"Image": "shop", "HostConfig": {"NetworkMode": "shop", "PidMode": ""}},
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, network_mode: none}}",
            "services: {web: {image: shop, networks: [front]}}",
            "services: {web: {image: shop, network_mode: 'service:vpn', pid: 'container:tunnel'}, vpn: {image: vpn, container_name: tunnel}}",
        ],
        "kubernetes": "{kind: Pod, spec: {hostNetwork: false, containers: [{name: a}]}}",
        "container": {"HostConfig": {"NetworkMode": "shop", "PidMode": "", "IpcMode": "private"}},
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, network_mode: '${MODE}'}}",
            "services: {web: {image: shop, network_mode: 'container:elsewhere'}}",
            "services: {web: {image: shop, pid: 'container:elsewhere'}}",
            "services: {web: {image: shop, ipc: 'service:vpn'}, vpn: {image: vpn, ipc: 'container:elsewhere'}}",
        ],
        "docker run": "docker run --network shop --pid container:db shop",
    },
)


def _own_namespaces(written: WrittenService) -> Iterator[Change]:
    """Not the network's: which ports must be published in its place the file does not say."""
    if written.service.get("network_mode") != "host":
        yield from (remove_key(key) for key in ("pid", "ipc") if written.service.get(key) == "host")


_KERNEL_NAMES = (("network", "net"), ("PID", "pid"), ("IPC", "ipc"))


@control.judge
def host_namespaces(unit: Unit) -> Judgement:
    shared = [*_asked_for(unit), *_measured(unit)]
    if shared:
        return Judgement(Outcome.FAIL, tuple(shared))
    gaps = [(name, field) for name, field in _fields(unit) if isinstance(field, Unknown)]
    if gaps:
        evidence = (Evidence(f"{name} namespace: {field.reason}", field.source) for name, field in gaps)
        return Judgement(Outcome.UNKNOWN, tuple(evidence))
    return as_far_as_told(passed("network, PID and IPC namespaces are its own", unit.source), unit, "namespaces")


def _fields(unit: Unit) -> tuple[tuple[str, Field[str]], ...]:
    namespaces = unit.namespaces
    return (("network", namespaces.network), ("PID", namespaces.pid), ("IPC", namespaces.ipc))


def _asked_for(unit: Unit) -> Iterator[Evidence]:
    for name, field in _fields(unit):
        if isinstance(field, Set) and field.value == "host":
            yield Evidence(f"uses the host's {name} namespace", field.source)


def _measured(unit: Unit) -> Iterator[Evidence]:
    """Joined through another container's namespace: no mode says so, the processes do."""
    asked = {name for name, field in _fields(unit) if isinstance(field, Set) and field.value == "host"}
    for container in unit.containers:
        if not isinstance(container.processes, Set):
            continue
        for name, kernel_name in _KERNEL_NAMES:
            inside = [p for p in container.processes.value if kernel_name in p.shared_namespaces]
            if inside and name not in asked:
                says = f"process {inside[0].pid} ({inside[0].program}) is in the host's {name} namespace"
                yield Evidence(says, container.processes.source)
