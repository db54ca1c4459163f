"""How long the room lasts: a disk that fills up does so on a day that can be known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import DiskReading, Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ..sizes import GIGABYTE, in_words
from ._fields import not_known

_LEAST = 14
"""Days that must be left."""
_SPAN = timedelta(days=30)
_APART = timedelta(days=1)


def _free(*gigabytes: float) -> dict[str, Any]:
    """One reading a day, this one the last."""
    first = datetime.fromisoformat("2026-11-25T12:00:00+00:00") - timedelta(days=len(gigabytes))
    readings = [
        {
            "at": (first + timedelta(days=day)).isoformat(),
            "mount": "/var/lib/docker",
            "size": 100 * GIGABYTE,
            "free": round(room * GIGABYTE),
        }
        for day, room in enumerate(gigabytes)
    ]
    return on_host(disk_history=readings)


control = Control(
    id="host/disk-full-in",
    title="The engine's disk will not be full within two weeks",
    fault="The engine's disk will be full within two weeks",
    rationale="`df` shows room until the night on which it does not. The use of some days tells which night that is, early "
    "enough to clean up, rotate logs, or buy a disk.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.efficient",
    subject=Subject.HOST,
    remedy=Remedy(
        "See what grows: `docker system df -v`, container logs (set `max-size`), volumes. Clean up by a timer, or enlarge "
        "the file system before that day.",
        "nothing, while there is time",
        "docker system df -v",
    ),
    check_yourself="df -h /var/lib/docker, on two days",
    bad={"snapshot": [_free(40, 36, 32, 28), _free(20, 25, 16, 12, 9)]},
    good={"snapshot": [_free(40, 40, 39.9), _free(40, 45, 50), _free(60, 40, 61, 42, 60)]},
    unclear={"snapshot": [_free(40), on_host(disk_history=not_seen()), {"host": {"disk_history": not_seen()}}]},
)


@control.judge
def disk_full_in(host: Host) -> Judgement:
    field = host.disk_history
    if not isinstance(field, Set):
        return not_known(field, what="earlier readings of the disk")
    readings = _recent(field.value)
    if len(readings) < 2 or _moment(readings[-1]) - _moment(readings[0]) < _APART:
        says = "how fast the disk fills up needs two readings a day apart: this one is kept for the next"
        return unknown(says, field.source, tell="run dockworthy again tomorrow")
    last, days = readings[-1], (_moment(readings[-1]) - _moment(readings[0])) / timedelta(days=1)
    growth = _growth(readings)
    seen = f"{last.mount}: {in_words(last.free)} free, {len(readings)} readings in {days:.0f} days"
    if growth <= 0 or last.free / growth > 3650:
        return passed(f"{seen}: it does not fill up", field.source)
    left = last.free / growth
    says = f"{seen}: {in_words(round(growth))} a day more, full in {left:.0f} days"
    if left >= _LEAST:
        return passed(says, field.source)
    day = (_moment(last) + timedelta(days=left)).date()
    return failed(f"{says}, on {day}", field.source)


def _recent(readings: tuple[DiskReading, ...]) -> list[DiskReading]:
    return [reading for reading in readings if _moment(readings[-1]) - _moment(reading) <= _SPAN]


def _moment(reading: DiskReading) -> datetime:
    return datetime.fromisoformat(reading.at)


def _growth(readings: list[DiskReading]) -> float:
    """Bytes a day: the straight line through all readings. A clean-up now and then belongs to it."""
    days = [(_moment(reading) - _moment(readings[0])) / timedelta(days=1) for reading in readings]
    used = [float(reading.size - reading.free) for reading in readings]
    day, use = sum(days) / len(days), sum(used) / len(used)
    spread = sum((each - day) ** 2 for each in days)
    return sum((d - day) * (u - use) for d, u in zip(days, used, strict=True)) / spread if spread else 0.0
