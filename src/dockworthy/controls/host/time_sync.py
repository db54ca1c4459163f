"""A wrong clock breaks TLS, tokens, logs and swarms, each with an error that names something else."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set, Unset
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import absent, not_seen, on_host
from ._fields import not_known


def _clock(**sync: Any) -> dict[str, Any]:
    return on_host(time_sync=sync)


control = Control(
    id="host/time-sync",
    title="The clock is kept by a time service, and is synchronised",
    fault="The clock is kept by no time service, or is not synchronised",
    rationale="Certificates, tokens, log entries and the election of swarm managers all depend on the time. A clock "
    "that runs freely is wrong by seconds within days.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="7.foundation",
    subject=Subject.HOST,
    remedy=Remedy(
        "Install chrony (Debian, Ubuntu: it takes the place of systemd-timesyncd; Red Hat, Fedora: `dnf install chrony`).",
        "none",
        "apt-get install chrony",
    ),
    check_yourself="timedatectl; chronyc tracking",
    bad={
        "snapshot": [
            on_host(time_sync=absent()),
            _clock(service="chrony", running=False, synchronised=None),
            _clock(service="chrony", running=True, synchronised=False),
        ]
    },
    good={
        "snapshot": [
            _clock(service="chrony", running=True, synchronised=True),
            _clock(service="", running=False, synchronised=True),
            _clock(service="ntpd", running=True, synchronised=None),
        ]
    },
    unclear={"snapshot": on_host(time_sync=not_seen())},
)


@control.judge
def time_sync(host: Host) -> Judgement:
    sync = host.time_sync
    if isinstance(sync, Unset):
        return failed("no time service: neither chrony nor systemd-timesyncd nor ntpd runs", sync.source)
    if not isinstance(sync, Set):
        return not_known(sync)
    service = sync.value.service or "somebody else"
    if sync.value.synchronised:
        return passed(f"the clock is synchronised by {service}", sync.source)
    if not sync.value.running:
        return failed(f"{service} is installed and does not run", sync.source)
    if sync.value.synchronised is False:
        return failed(f"{service} runs, but the kernel's clock is not synchronised", sync.source)
    return passed(f"{service} keeps the clock", sync.source)
