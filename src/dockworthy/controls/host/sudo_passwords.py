"""sudo that asks for nothing makes every program of that account root: a stolen login is a stolen host."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist
from ...model.field import Set, Source, Unset
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed
from ...model.host import Host, SudoRule
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known


def _rule(who: str, *commands: str, free: bool = True) -> dict[str, Any]:
    rule = {"who": who, "commands": list(commands), "free": free, "path": "/etc/sudoers.d/ci", "line": 1}
    return on_host(sudo_rules=[rule])


control = Control(
    id="host/sudo-passwords",
    title="sudo asks for a password where it gives root",
    fault="sudo gives root without a password",
    rationale="Without a password whatever runs as that account is root at once: a build script, a browser, a stolen key. "
    "So is a command that can start others or change files of root: docker, an editor, a package manager.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    also_for=("3.least-privilege",),
    subject=Subject.HOST,
    references=(nist("4.5.4"),),
    remedy=Remedy(
        "Remove NOPASSWD, or name the one command with its arguments that needs it. Accounts without a password "
        "(cloud images) get one for sudo only, or log in as root by key from a host of your own.",
        "people type their password; scripts that called sudo must be named one by one",
        "visudo -f /etc/sudoers.d/NAME",
    ),
    check_yourself="grep -rn NOPASSWD /etc/sudoers /etc/sudoers.d",
    bad={
        "host": {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\nci ALL=(ALL) NOPASSWD: /usr/bin/apt-get, PASSWD: ALL\n"},
        "snapshot": [
            _rule("ubuntu", "ALL"),
            _rule("%deploy", "/usr/bin/docker"),
            _rule("ci", "/usr/bin/vim /etc/hosts"),
        ],
    },
    good={
        "host": {"/etc/sudoers": "root ALL=(ALL) NOPASSWD: ALL\n%sudo ALL=(ALL:ALL) ALL\n"},
        "snapshot": [
            _rule("ci", "/usr/bin/systemctl restart shop.service"),
            _rule("%sudo", "ALL", free=False),
            on_host(sudo_rules=[]),
        ],
    },
    unclear={"snapshot": on_host(sudo_rules=not_seen())},
)

_OPEN_THE_REST = frozenset(
    "sh bash dash zsh ash su sudo sudoedit env docker podman nerdctl ctr crictl vi vim nano emacs ed less more man"
    " apt apt-get aptitude dpkg dnf yum rpm apk pip pip3 python python3 perl ruby node find awk gawk tar rsync cp mv"
    " tee dd chmod chown mount systemd-run nsenter unshare chroot ssh scp git make visudo passwd useradd usermod"
    " crontab at ansible ansible-playbook".split()
)
"""Programs that start others, or write where they are told to: root by one more step."""


@control.judge
def sudo_passwords(host: Host) -> Judgement:
    field = host.sudo_rules
    if isinstance(field, Unset):
        return not_applicable("sudo is not installed", field.source)
    if not isinstance(field, Set):
        return not_known(field, what="sudo's rules")
    faults = [evidence for rule in field.value if (evidence := _fault(rule)) is not None]
    if faults:
        return Judgement(Outcome.FAIL, tuple(faults))
    free = [f"{rule.who}: {', '.join(rule.commands)}" for rule in field.value if rule.free and rule.who != "root"]
    says = f"without a password only {'; '.join(free)}" if free else "sudo asks everybody for a password"
    return passed(says, field.source)


def _fault(rule: SudoRule) -> Evidence | None:
    if not rule.free or rule.who in ("root", "#0"):
        return None
    opening = [command for command in rule.commands if _gives_root(command)]
    if not opening:
        return None
    says = f"{rule.who} becomes root without a password, by {', '.join(opening[:3])}"
    return Evidence(says, Source(rule.path, rule.who, rule.line))


def _gives_root(command: str) -> bool:
    if command == "ALL":
        return True
    program = command.split()[0] if command.split() else ""
    return not command.startswith("!") and program.rsplit("/", 1)[-1] in _OPEN_THE_REST
