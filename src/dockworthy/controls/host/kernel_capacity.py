"""Kernel limits that hold for the whole host, and that many containers together reach."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, owasp
from ...model.finding import Judgement, Remedy
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, sysctls
from ._sysctls import WantedSysctl, at_least, judge_sysctls

WANTED = {
    "kernel.pid_max": WantedSysctl(at_least(65536), "4194304", "all containers share so many process numbers"),
    "fs.inotify.max_user_instances": WantedSysctl(
        at_least(512), "8192", "containers of one user share so many file watchers (`too many open files`)"
    ),
    "fs.inotify.max_user_watches": WantedSysctl(
        at_least(65536), "1048576", "containers of one user share so many watched files (`no space left on device`)"
    ),
}
_ENOUGH = {"fs__inotify__max_user_instances": "8192", "fs__inotify__max_user_watches": "1048576"}

control = Control(
    id="host/kernel-capacity",
    title="The kernel's host-wide limits fit many containers",
    fault="{n} [limit of the kernel is|limits of the kernel are] too low for many containers",
    rationale="These defaults were made for one desktop user. Containers share them, since most run as the same user "
    "number, and then fail with errors that name files or disks, not the limit.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.engine-defaults",
    subject=Subject.HOST,
    references=(owasp("D07"),),
    remedy=Remedy(
        "Write the setting to a file of /etc/sysctl.d that is read last (`zz-...conf`) and load it with `sysctl --system`.",
        "none",
    ),
    check_yourself="sysctl " + " ".join(WANTED),
    bad={"snapshot": sysctls(kernel__pid_max="4194304", **{**_ENOUGH, "fs__inotify__max_user_instances": "128"})},
    good={"snapshot": sysctls(kernel__pid_max="4194304", **_ENOUGH)},
    unclear={"snapshot": {"host": {"sysctls": {"kernel.pid_max": not_seen()}}}},
)


@control.judge
def kernel_capacity(host: Host) -> Iterator[Judgement]:
    return judge_sysctls(host, WANTED)
