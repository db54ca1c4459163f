"""In the host's network, PID or IPC namespace a container sees and reaches what it was kept from."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.field import Set, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit

control = Control(
    title="Containers do not share the host's network, PID or IPC namespace",
    rationale="In the host's network namespace a container reaches everything that listens on loopback and can open any "
    "port; in its PID namespace it sees and signals every process; in its IPC namespace it reads shared memory.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
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
    check_yourself="docker inspect -f '{{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.IpcMode}}' {name}",
    bad={
        "kubernetes": [
            "{kind: Pod, spec: {hostNetwork: true, containers: [{name: a}]}}",
            "{kind: Pod, spec: {hostPID: true, containers: [{name: a}]}}",
            "{kind: Pod, spec: {hostIPC: true, containers: [{name: a}]}}",
        ],
        "container": [
            {"HostConfig": {"NetworkMode": "host"}},
            {"HostConfig": {"PidMode": "host"}},
            {"HostConfig": {"IpcMode": "host"}},
        ],
    },
    good={
        "kubernetes": "{kind: Pod, spec: {hostNetwork: false, containers: [{name: a}]}}",
        "container": {"HostConfig": {"NetworkMode": "shop", "PidMode": "", "IpcMode": "private"}},
    },
)


@control.judge
def host_namespaces(unit: Unit) -> Judgement:
    namespaces = unit.namespaces
    fields = (("network", namespaces.network), ("PID", namespaces.pid), ("IPC", namespaces.ipc))
    shared = [(name, f) for name, f in fields if isinstance(f, Set) and f.value == "host"]
    if shared:
        evidence = tuple(Evidence(f"uses the host's {name} namespace", f.source) for name, f in shared)
        return Judgement(Outcome.FAIL, evidence)
    gaps = [(name, f) for name, f in fields if isinstance(f, Unknown)]
    if gaps:
        return Judgement(
            Outcome.UNKNOWN, tuple(Evidence(f"{name} namespace: {f.reason}", f.source) for name, f in gaps)
        )
    return passed("network, PID and IPC namespaces are its own", unit.source)
