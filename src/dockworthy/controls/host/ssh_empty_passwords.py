"""PermitEmptyPasswords lets everybody in who knows a name."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._ssh import no_server, ssh

_FILE = "/etc/ssh/sshd_config"

control = Control(
    id="host/ssh-empty-passwords",
    title="SSH refuses empty passwords",
    fault="SSH accepts empty passwords",
    rationale="With PermitEmptyPasswords an account without a password, made by a script or by mistake, is open to "
    "the network.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Remove `PermitEmptyPasswords yes` from every file that has it: `grep -rin permitemptypasswords "
        "/etc/ssh/sshd_config*`.",
        "none",
        "sshd -t && systemctl reload ssh",
    ),
    check_yourself="sshd -T | grep -i permitemptypasswords",
    bad={"host": {_FILE: "PermitEmptyPasswords yes\n"}},
    good={"host": {_FILE: "PermitRootLogin no\n"}},
    unclear={"snapshot": on_host(ssh=not_seen())},
)


@control.judge
def ssh_empty_passwords(host: Host) -> Judgement:
    if (judgement := no_server(host)) is not None:
        return judgement
    if ssh(host, "permitemptypasswords") == "yes":
        return failed("PermitEmptyPasswords yes", host.ssh.source)
    return passed("PermitEmptyPasswords no", host.ssh.source)
