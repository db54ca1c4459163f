"""Renewal by itself, twice a day."""

from __future__ import annotations

from pathlib import Path

from ...host_timer import HostTimer, TimedJob

RENEWAL = TimedJob(
    name="dockworthy-edge-renew",
    does="Certificates of the edge are renewed",
    head="# Written by dockworthy edge renew --install; `dockworthy edge renew --uninstall` takes it away.\n",
    timer=("OnCalendar=*-*-* 03,15:00", "RandomizedDelaySec=2h", "Persistent=true"),
    cron="{minute} 3,15 * * *",
    by_hand="run `dockworthy edge renew --yes` twice a day by what there is",
)


def renewal_timer(which: str = "", *, etc: Path = Path("/etc"), by_systemd: bool | None = None) -> HostTimer:
    """`which`: the host whose edge is renewed, "" for this one."""
    return HostTimer(RENEWAL, which, etc=etc, by_systemd=by_systemd)
