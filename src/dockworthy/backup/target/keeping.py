"""What looks after a store on the host that keeps it: a script, its settings, and the timer that runs it. Pure."""

from __future__ import annotations

import shlex

from ...host_scripts import HostScript
from ...host_timer import HostTimer, TimedJob
from ...model.backup_settings import Keep

_KEEP = HostScript(__package__, "keep_store.sh")
_HEAD = "# Written by dockworthy backup target; `dockworthy backup target --remove` takes it away.\n"


def keeper_files(folder: str, user: str, keep: Keep, hint: str = "") -> dict[str, bytes]:
    """Name -> content, in one folder of root's. `folder`: the store's; `user`: who adds to it; `hint`: the id of the
    repository's key: however many others are added there, this one is tried first."""
    settings = {
        "folder": folder,
        "user": user,
        "daily": keep.daily,
        "weekly": keep.weekly,
        "monthly": keep.monthly,
        "hint": hint,
    }
    lines = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items())
    return {"settings": (_HEAD + lines).encode(), "keep": _KEEP.text.encode()}


def keeper_timer(name: str, script: str, *, by_systemd: bool) -> dict[str, str]:
    """Path -> text of what runs `script` each hour on the host that keeps the store `name`."""
    job = TimedJob(
        name="dockworthy-store",
        does=f"The backups of {name} are looked after",
        head=_HEAD,
        timer=("OnCalendar=hourly", "RandomizedDelaySec=600", "Persistent=true"),
        cron="{minute} * * * *",
        by_hand=f"run `sh {script}` each hour",
    )
    timer = HostTimer(job, name, by_systemd=by_systemd)
    return {str(path): text for path, text in timer.files(("/bin/sh", script), {}).items()}
