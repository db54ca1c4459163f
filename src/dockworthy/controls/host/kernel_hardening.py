"""Kernel settings that take tools away from a process that tries to break out."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, sysctls
from ._sysctls import WantedSysctl, at_least, exactly, judge_sysctls

WANTED = {
    "kernel.randomize_va_space": WantedSysctl(exactly(2), "2", "addresses of a program can be guessed"),
    "kernel.kptr_restrict": WantedSysctl(at_least(1), "1", "the kernel's addresses can be read"),
    "kernel.dmesg_restrict": WantedSysctl(exactly(1), "1", "everybody, containers too, reads the kernel's log"),
    "kernel.unprivileged_bpf_disabled": WantedSysctl(at_least(1), "1", "everybody may load programs into the kernel"),
    "kernel.yama.ptrace_scope": WantedSysctl(at_least(1), "1", "a process may read the memory of its neighbours"),
    "fs.protected_hardlinks": WantedSysctl(exactly(1), "1", "hard links to files of others can be made"),
    "fs.protected_symlinks": WantedSysctl(exactly(1), "1", "links in /tmp lead programs of root astray"),
    "fs.suid_dumpable": WantedSysctl(
        lambda value: value in (0, 2), "0", "memory of setuid programs is dumped readable"
    ),
    "net.ipv4.conf.all.accept_source_route": WantedSysctl(exactly(0), "0", "a sender chooses the way of its packets"),
    "net.ipv4.conf.all.accept_redirects": WantedSysctl(exactly(0), "0", "a neighbour may redirect traffic to itself"),
    "net.ipv4.conf.all.route_localnet": WantedSysctl(
        exactly(0), "0", "services on 127.0.0.1 can be reached from outside"
    ),
    "net.ipv4.tcp_syncookies": WantedSysctl(at_least(1), "1", "half-open connections use up the server"),
}

_GOOD = sysctls(**{name.replace(".", "__"): wanted.value for name, wanted in WANTED.items()})

control = Control(
    id="host/kernel-hardening",
    title="The kernel is hardened against its own users",
    fault="{n} [setting leaves|settings leave] the kernel open to its own users",
    rationale="Containers call the same kernel as everybody. These settings cost nothing and take away what most "
    "escapes begin with: addresses of the kernel, memory of neighbours, programs loaded into it.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.host-access",
    subject=Subject.HOST,
    references=(nist("4.5.1"), nist("4.5.2")),
    remedy=Remedy(
        "Write the setting to a file of /etc/sysctl.d that is read last (`zz-...conf`) and load it with `sysctl --system`.",
        "none",
    ),
    check_yourself="sysctl " + " ".join(WANTED),
    bad={"snapshot": sysctls(kernel__kptr_restrict="0")},
    good={"snapshot": _GOOD},
    unclear={"snapshot": {"host": {"sysctls": {"kernel.kptr_restrict": not_seen()}}}},
)


@control.judge
def kernel_hardening(host: Host) -> Iterator[Judgement]:
    return judge_sysctls(host, WANTED)
