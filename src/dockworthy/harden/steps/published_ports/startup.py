"""What brings the rules back: before the engine starts, and within a minute where something took them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....model.hardening import Deed, Run, WriteFile

SCRIPT = "/etc/dockworthy/published-ports"
_NAME = "dockworthy-published-ports"
_SERVICE = f"/etc/systemd/system/{_NAME}.service"
_TIMER = f"/etc/systemd/system/{_NAME}.timer"
_INIT_SCRIPT = f"/etc/init.d/{_NAME}"
_CRON = f"/etc/cron.d/{_NAME}"

FILES = (_SERVICE, _TIMER, _INIT_SCRIPT, _CRON)
ASKS = """
if [ -d /run/systemd/system ]; then echo systemd; elif command -v update-rc.d >/dev/null; then echo init; fi
[ ! -d /etc/cron.d ] || echo cron
"""

_HEAD = "# Written by dockworthy harden.\n"
_UNITS = {
    _SERVICE: f"""{_HEAD}[Unit]
Description=Rules for published ports

[Service]
Type=oneshot
ExecStart={SCRIPT} keep
LogLevelMax=notice
""",
    _TIMER: f"""{_HEAD}[Unit]
Description=Rules for published ports stay in force

[Timer]
OnActiveSec=1min
OnUnitActiveSec=1min
AccuracySec=10s
""",
}
_INIT = f"""#!/bin/sh
{_HEAD}### BEGIN INIT INFO
# Provides:          {_NAME}
# Required-Start:    $local_fs $network
# Required-Stop:
# Should-Start:      ufw nftables netfilter-persistent
# X-Start-Before:    docker
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Rules for published ports
### END INIT INFO
exec {SCRIPT} "${{1:-status}}"
"""
_EACH_MINUTE = f"{_HEAD}* * * * * root [ ! -x {SCRIPT} ] || {SCRIPT} keep >/dev/null 2>&1\n"


_WITH_THE_ENGINE = f"""{_HEAD}[Unit]
Wants={_NAME}.timer
After=ufw.service firewalld.service nftables.service netfilter-persistent.service iptables.service

[Service]
ExecStartPre=-{SCRIPT} keep
ExecStartPost=-{SCRIPT} keep
"""
"""Closed before a container starts; and again after the engine put its own rules."""


def drop_in(unit: str) -> str:
    """The file that ties the rules to the engine's unit."""
    return f"/etc/systemd/system/{unit}.d/{_NAME}.conf"


def startup_deeds(answer: str, unit: str, files: Mapping[str, str | None]) -> Iterator[Deed]:
    """`answer`: what ASKS printed; `files`: path -> text now."""
    kinds = answer.split()
    if "systemd" in kinds:
        wanted = {
            **_UNITS,
            drop_in(unit): _WITH_THE_ENGINE,
        }
        for path, text in wanted.items():
            yield from _written(path, text, files)
        yield Run(argv=("systemctl", "daemon-reload"), undo=("systemctl", "daemon-reload"))
        stop = f"[ -e {_TIMER} ] || systemctl stop {_NAME}.timer 2>/dev/null || :"
        yield Run(argv=("systemctl", "start", f"{_NAME}.timer"), undo=("sh", "-c", stop))
        return
    if "init" in kinds:
        yield from _written(_INIT_SCRIPT, _INIT, files, mode=0o755)
        if files.get(_INIT_SCRIPT) is None:
            yield Run(argv=("update-rc.d", _NAME, "defaults"), undo=("update-rc.d", "-f", _NAME, "remove"))
    if "cron" in kinds:
        yield from _written(_CRON, _EACH_MINUTE, files)


def comes_back(answer: str) -> str:
    """What a person must know of the time after a restart of the host; `""` where all is cared for."""
    kinds = answer.split()
    if "systemd" in kinds or {"init", "cron"} <= set(kinds):
        return ""
    if "init" in kinds:
        return f"what reloads all rules of the host takes these, too: call {SCRIPT} start after it (no cron is here)"
    return f"nothing here starts it with the host: call {SCRIPT} start before the engine is started"


def _written(path: str, text: str, files: Mapping[str, str | None], mode: int = 0o644) -> Iterator[WriteFile]:
    if files.get(path) != text:
        yield WriteFile(path=path, before=files.get(path), after=text, mode=mode, owner=(0, 0))
