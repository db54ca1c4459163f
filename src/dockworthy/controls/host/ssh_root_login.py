"""root is the one login name that every attacker knows; with a password it is only a question of tries."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._ssh import no_server, passwords_by, ssh

_FILE = "/etc/ssh/sshd_config"

control = Control(
    id="host/ssh-root-login",
    title="root can't log in over SSH with a password",
    fault="root can log in over SSH with a password",
    rationale="Passwords of root are guessed day and night by programs all over the internet, and a login as root "
    "does not say which person it was.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Set `PermitRootLogin no` (or `prohibit-password`, which allows keys) where it is set (`grep -rin permitrootlogin "
        "/etc/ssh/sshd_config*`: the first one that sshd reads counts, and files of sshd_config.d come first); make sure "
        "that you can log in as somebody else first.",
        "none for open sessions",
        "sshd -t && systemctl reload ssh",
    ),
    check_yourself="sshd -T | grep -iE 'permitrootlogin|passwordauthentication|kbdinteractive'",
    bad={"host": {_FILE: "PermitRootLogin yes\n"}, "snapshot": on_host(ssh={"permitrootlogin": "yes"})},
    good={"host": {_FILE: "PermitRootLogin no\n"}, "snapshot": on_host(ssh={})},
    unclear={"snapshot": on_host(ssh=not_seen())},
)


@control.judge
def ssh_root_login(host: Host) -> Judgement:
    if (judgement := no_server(host)) is not None:
        return judgement
    root, by = ssh(host, "permitrootlogin"), passwords_by(host)
    if root == "yes" and by:
        return failed(f"PermitRootLogin yes, {by}: a password is enough to be root", host.ssh.source)
    return passed(f"PermitRootLogin {root}" + ("" if by else ", no passwords"), host.ssh.source)
