"""A full disk stops everything at once: databases, logs, the engine, and the login that would clean up."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen
from ._fields import not_known, percent

_LEAST = 10
"""Percent of room, and of inodes, that must be left."""

_GIB = 1 << 30


def _storage(**changed: Any) -> dict[str, Any]:
    return {"host": {"storage": {"size": 100 * _GIB, "free": 60 * _GIB, "inodes": 1000, "inodes_free": 600, **changed}}}


control = Control(
    id="host/disk-room",
    title="There is room left where the engine stores its data",
    fault="The engine's disk is nearly full",
    rationale="Less than a tenth is used up by one image pull or one busy log. Small files can use up the inodes "
    "while `df` still shows room.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.efficient",
    subject=Subject.HOST,
    remedy=Remedy(
        "See what takes it (`docker system df -v`), remove unused images and build cache (`docker image prune -a`, "
        "`docker builder prune`), rotate logs, or enlarge the file system.",
        "images that no container uses have to be pulled again; never remove volumes without looking",
    ),
    check_yourself="df -h /var/lib/docker; df -i /var/lib/docker; docker system df",
    bad={"snapshot": [_storage(free=5 * _GIB), _storage(inodes_free=50)]},
    good={"snapshot": [_storage(), _storage(inodes=0, inodes_free=0)]},
    unclear={"snapshot": [{"host": {"storage": not_seen()}}, _storage(size=0, free=0)]},
)


@control.judge
def disk_room(host: Host) -> Judgement:
    storage = host.storage
    if not isinstance(storage, Set):
        return not_known(storage, what="the engine's data")
    place = storage.value
    if place.size <= 0:
        return unknown(f"the size of {place.mount} could not be read", storage.source)
    room, inodes = percent(place.free, place.size), percent(place.inodes_free, place.inodes)
    says = f"{place.mount}: {place.free / _GIB:.1f} of {place.size / _GIB:.1f} GiB free ({room} %)"
    if place.free * 100 < _LEAST * place.size:
        return failed(says, storage.source)
    # btrfs and others make inodes as they need them, and say 0.
    if place.inodes and place.inodes_free * 100 < _LEAST * place.inodes:
        return failed(f"{place.mount}: {place.inodes_free} of {place.inodes} inodes free ({inodes} %)", storage.source)
    return passed(says + (f", {inodes} % of the inodes" if place.inodes else ""), storage.source)
