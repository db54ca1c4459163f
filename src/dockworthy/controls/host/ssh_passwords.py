"""A login by password can be guessed, phished and reused; one by key can't."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._ssh import no_server, passwords_by

_FILE = "/etc/ssh/sshd_config"

control = Control(
    id="host/ssh-passwords",
    title="SSH asks for a key, not for a password alone",
    fault="A password alone is enough to log in by SSH",
    rationale="A password that leaked elsewhere, or is on a list, opens the host. A key stays on the machine of its "
    "owner, and a second factor makes even a stolen one useless.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Give everybody a key, then set `PasswordAuthentication no` and `KbdInteractiveAuthentication no` where they are set "
        "(`grep -rinE 'passwordauth|kbdinter' /etc/ssh/sshd_config*`: the first one that sshd reads counts, and files of "
        "sshd_config.d come first). With a second factor instead `KbdInteractiveAuthentication yes` and "
        "`AuthenticationMethods publickey,keyboard-interactive`.",
        "who has no key yet can't log in any more; open sessions stay",
        "sshd -t && systemctl reload ssh",
    ),
    check_yourself="sshd -T | grep -iE 'passwordauthentication|kbdinteractive|authenticationmethods|usepam'",
    bad={
        "host": {_FILE: "PermitRootLogin no\n"},
        "snapshot": [
            on_host(ssh={}),
            on_host(ssh={"passwordauthentication": "no", "kbdinteractiveauthentication": "yes", "usepam": "yes"}),
        ],
    },
    good={
        "host": {_FILE: "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"},
        "snapshot": on_host(ssh={"authenticationmethods": "publickey,password publickey,keyboard-interactive"}),
    },
    unclear={"snapshot": on_host(ssh=not_seen())},
)


@control.judge
def ssh_passwords(host: Host) -> Judgement:
    if (judgement := no_server(host)) is not None:
        return judgement
    by = passwords_by(host)
    if by:
        return failed(f"{by}: a password alone is enough to log in", host.ssh.source)
    return passed("a password alone is not enough to log in", host.ssh.source)
