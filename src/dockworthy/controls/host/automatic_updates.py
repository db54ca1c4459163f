"""Security updates that wait for somebody to remember them come months late."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unset
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import absent, not_seen, on_host
from ._fields import not_known


def _updates(program: str, enabled: bool) -> dict[str, Any]:
    return on_host(automatic_updates={"program": program, "enabled": enabled, "origins": ["Debian-Security"]})


control = Control(
    id="host/automatic-updates",
    title="Security updates of the host install themselves",
    fault="Security updates of the host do not install themselves",
    rationale="Between the fix and its use in attacks lie days. Unattended upgrades of the distribution's security "
    "archive close that gap; the engine's own package can be left out and updated by plan.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.update",
    subject=Subject.HOST,
    references=(nist("4.5.3"), owasp("D02")),
    remedy=Remedy(
        "Install and enable unattended-upgrades (Debian, Ubuntu) or dnf-automatic (Red Hat, Fedora). Without live-restore "
        "put the engine's packages into `Unattended-Upgrade::Package-Blacklist` of "
        "/etc/apt/apt.conf.d/50unattended-upgrades: their update restarts every container.",
        "services restart when their update comes",
        "apt-get install unattended-upgrades && dpkg-reconfigure -plow unattended-upgrades",
    ),
    check_yourself="apt-config dump APT::Periodic; systemctl status apt-daily-upgrade.timer dnf-automatic.timer",
    bad={
        "snapshot": [on_host(automatic_updates=absent()), _updates("unattended-upgrades", False), _updates("", False)]
    },
    good={"snapshot": _updates("unattended-upgrades", True)},
    unclear={"snapshot": on_host(automatic_updates=not_seen())},
)


@control.judge
def automatic_updates(host: Host) -> Judgement:
    updates = host.automatic_updates
    if isinstance(updates, Unset):
        return failed("neither unattended-upgrades nor dnf-automatic is installed", updates.source)
    if not isinstance(updates, Set):
        return not_known(updates)
    program = updates.value.program
    if not program:
        return failed("no program installs updates by itself", updates.source)
    if not updates.value.enabled:
        return failed(f"{program} is installed and switched off", updates.source)
    return passed(f"{program} is on", updates.source)
