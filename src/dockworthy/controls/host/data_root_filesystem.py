"""The engine's data on a file system of its own can't fill the one that the host lives on."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen
from ._fields import in_both, not_known


def _storage(own: bool) -> dict[str, Any]:
    return {"host": {"storage": {"own_filesystem": own, "mount": "/var/lib/docker" if own else "/"}}}


control = Control(
    id="host/data-root-filesystem",
    title="The engine's data has a file system of its own",
    fault="The engine's data has no file system of its own",
    rationale="Images, logs and containers' writes grow without asking. On the root file system they take the room "
    "that logins, logs and updates of the host need; then nobody can even clean up.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.engine-defaults",
    subject=Subject.HOST,
    references=in_both("1.1.1"),
    remedy=Remedy(
        "Make a file system (ext4, or xfs with ftype=1) for /var/lib/docker, stop the engine (`systemctl stop "
        "docker.socket docker`: with the socket left, the next client starts it again), copy the data with `cp -a`, mount "
        "it in /etc/fstab, start the engine.",
        "all containers stop while the data is copied",
    ),
    check_yourself="findmnt -T /var/lib/docker",
    bad={"snapshot": _storage(False)},
    good={"snapshot": _storage(True)},
    unclear={"snapshot": {"host": {"storage": not_seen()}}},
)


@control.judge
def data_root_filesystem(host: Host) -> Judgement:
    storage = host.storage
    if not isinstance(storage, Set):
        return not_known(storage, what="the engine's data")
    place = storage.value
    if place.own_filesystem:
        return passed(f"{place.path} is on {place.mount} ({place.fstype}), not on the root file system", storage.source)
    return failed(f"{place.path} is on the root file system ({place.fstype})", storage.source)
