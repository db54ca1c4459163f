"""When backups and drills of restores run by themselves, as systemd and cron tell it. Pure."""

from __future__ import annotations

from ..errors import UsageError
from ..host_timer import TimedJob
from ..model.backup_settings import BackupSettings, interval_seconds

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
LOG_EVERY = 300
"""Seconds between two times at which what was received of a database's log is saved."""
_HEAD = "# Written by dockworthy backup install; `dockworthy backup uninstall` takes it away.\n"


def backup_job(settings: BackupSettings, project: str) -> TimedJob:
    """By `when` or `every`. Raises UsageError where neither says when."""
    timer: tuple[str, ...]
    if settings.when:
        hour, minute = map(int, settings.when.split(":"))
        timer = (f"OnCalendar=*-*-* {settings.when}", "Persistent=true")
        cron = f"{minute} {hour} * * *"
    elif settings.every:
        seconds = interval_seconds(settings.every)
        timer, cron = _each(seconds), cron_of(seconds, hour=3)
    else:
        raise UsageError(
            "`backup` in dockworthy.yaml does not say when it runs", hint='say `when: "03:00"` or `every: 6h`'
        )
    return TimedJob(
        name="dockworthy-backup",
        does=f"The data of {project} is saved",
        head=_HEAD,
        timer=timer,
        cron=cron,
        by_hand="run `dockworthy backup --yes` with the scheduler that you have",
    )


def drill_job(settings: BackupSettings, project: str) -> TimedJob:
    """By `proof.every`."""
    seconds = interval_seconds(settings.proof.every)
    return TimedJob(
        name="dockworthy-drill-restore",
        does=f"A restore of {project} is tried on a copy",
        head=_HEAD,
        timer=_each(seconds),
        cron=cron_of(seconds, hour=5),
        by_hand="run `dockworthy drill restore` with the scheduler that you have",
    )


def log_job(project: str) -> TimedJob:
    """Between backups."""
    return TimedJob(
        name="dockworthy-backup-log",
        does=f"What was received of the logs of {project} is saved",
        head=_HEAD,
        timer=("OnBootSec=1min", f"OnUnitActiveSec={LOG_EVERY}s", "AccuracySec=1s"),
        cron=cron_of(LOG_EVERY, hour=3),
        by_hand="run `dockworthy backup log` with the scheduler that you have",
    )


def cron_of(seconds: int, *, hour: int) -> str:
    """Minute, hour, day, month and weekday for a job that runs so often; `hour`: at which one, where it is days. "" for
    what cron can't tell."""
    if seconds < _HOUR and _HOUR % seconds == 0:
        return f"*/{seconds // _MINUTE} * * * *"
    if seconds < _DAY and seconds % _HOUR == 0 and _DAY % seconds == 0:
        return f"{{minute}} */{seconds // _HOUR} * * *"
    return {_DAY: f"{{minute}} {hour} * * *", 7 * _DAY: f"{{minute}} {hour} * * 0"}.get(seconds, "")


def _each(seconds: int) -> tuple[str, ...]:
    """Days by the calendar, so that a host that was off makes up for them."""
    if seconds == _DAY:
        return ("OnCalendar=daily", "RandomizedDelaySec=2h", "Persistent=true")
    if seconds == 7 * _DAY:
        return ("OnCalendar=weekly", "RandomizedDelaySec=2h", "Persistent=true")
    return ("OnBootSec=15min", f"OnUnitActiveSec={seconds}s")
