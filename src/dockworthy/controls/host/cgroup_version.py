"""cgroup v1 is on its way out of systemd, runc and the engine, and lacks limits that v2 has."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known

control = Control(
    id="host/cgroup-version",
    title="The host uses cgroup v2",
    fault="The host uses cgroup v1",
    rationale="Version 2 limits memory with its swap and page cache as one, tells the pressure on each resource, and "
    "lets rootless engines set limits. systemd has removed version 1, and the engine will.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.engine-defaults",
    subject=Subject.HOST,
    remedy=Remedy(
        "Boot with `systemd.unified_cgroup_hierarchy=1` on the kernel's command line (GRUB_CMDLINE_LINUX in "
        "/etc/default/grub, then `update-grub`), or a newer distribution.",
        "a reboot of the host",
    ),
    check_yourself="stat -fc %T /sys/fs/cgroup; docker info -f '{{.CgroupVersion}}'",
    bad={
        "snapshot": [
            on_host(cgroup={"version": 1, "controllers": ["memory", "cpu", "pids"]}),
            on_host(cgroup={"version": 0, "controllers": ["memory", "cpu", "pids"]}),
        ]
    },
    good={"snapshot": on_host(cgroup={"version": 2, "controllers": ["memory", "cpu", "pids"]})},
    unclear={"snapshot": on_host(cgroup=not_seen())},
)


@control.judge
def cgroup_version(host: Host) -> Judgement:
    cgroup = host.cgroup
    if not isinstance(cgroup, Set):
        return not_known(cgroup, what="the control groups")
    if cgroup.value.version == 2:
        return passed("cgroup v2", cgroup.source)
    version = "v1" if cgroup.value.version == 1 else "v1 with an empty v2 beside it (hybrid)"
    return failed(f"cgroup {version}", cgroup.source)
