"""Namespaces that new containers share unless they ask otherwise."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.engine import Engine
from ...model.finding import Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ..examples import both, on_host, settings_not_seen
from ._settings import judge_setting

_CGROUP_2 = on_host(cgroup={"version": 2, "controllers": ["cpu", "memory", "pids"]})

control = Control(
    id="engine/default-namespaces",
    title="New containers get IPC and cgroup namespaces of their own",
    fault="New containers get no IPC or cgroup namespace of their own",
    rationale="With `default-ipc-mode: shareable` any container may join another one's shared memory. With "
    "`default-cgroupns-mode: host` a container sees the names and limits of everything else on the host.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.ENGINE,
    references=(nist("4.4.3"),),
    remedy=Remedy(
        'Set `"default-ipc-mode": "private"` and `"default-cgroupns-mode": "private"` in daemon.json.',
        "restart of the engine: containers stop unless live-restore is on; holds for containers made afterwards",
    ),
    check_yourself="grep -sE 'default-(ipc|cgroupns)-mode' /etc/docker/daemon.json; systemctl show -p ExecStart docker",
    bad={
        "daemon.json": '{"default-ipc-mode": "shareable"}',
        "snapshot": both(_CGROUP_2, on_host(daemon_json={"default-cgroupns-mode": "host"})),
    },
    good={
        "daemon.json": '{"default-ipc-mode": "private", "default-cgroupns-mode": "private"}',
        "snapshot": both(_CGROUP_2, on_host(daemon_json={})),
    },
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def default_namespaces(engine: Engine) -> Judgement:
    ipc = judge_setting(
        engine,
        "default-ipc-mode",
        lambda mode: (
            "default-ipc-mode shareable: containers may join each other's memory" if mode == "shareable" else ""
        ),
        "IPC namespaces are private",
    )
    cgroup = judge_setting(
        engine,
        "default-cgroupns-mode",
        lambda mode: "default-cgroupns-mode host: containers see the host's cgroups" if mode == "host" else "",
        "IPC and cgroup namespaces are private",
    )
    return ipc if ipc.outcome is not Outcome.PASS else cgroup
