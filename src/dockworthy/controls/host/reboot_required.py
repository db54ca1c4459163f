"""A kernel update that was installed and not booted mends nothing."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known

control = Control(
    id="host/reboot-required",
    title="No installed update waits for a reboot",
    fault="An installed update waits for a reboot",
    rationale="Until the reboot the old kernel or library runs, with the holes that the update closed. And a host "
    "that nobody dares to reboot has never proven that its containers come back.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.current",
    subject=Subject.HOST,
    references=(nist("4.5.3"), owasp("D02")),
    remedy=Remedy(
        "Reboot in a maintenance window, and watch the containers come back by themselves.", "all containers stop"
    ),
    check_yourself="cat /run/reboot-required.pkgs; uname -r; ls -t /boot/vmlinuz-*",
    bad={"snapshot": on_host(reboot_required=True)},
    good={"snapshot": on_host(reboot_required=False)},
    unclear={"snapshot": on_host(reboot_required=not_seen())},
)


@control.judge
def reboot_required(host: Host) -> Judgement:
    required = host.reboot_required
    if not isinstance(required, Set):
        return not_known(required, what="whether a reboot is required")
    if required.value:
        why = f": {required.source.path}" if required.source.path else ""
        return failed(f"an installed update waits for a reboot{why}", required.source)
    return passed("no reboot is required", required.source)
