"""A volume that nobody mounts is either waste or the only copy of something: somebody must say which."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.engine import DataVolume
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..sizes import in_words
from ._running import gap

_LEFT = [{"Name": "old-data", "Driver": "local", "Labels": None}]

control = Control(
    id="machine/unused-volumes",
    title="Every volume is mounted by a container",
    fault="{who} [is|are] mounted by no container",
    rationale="Volumes stay when their containers go. Data that nobody knows of is neither backed up nor protected, and a "
    "hasty `prune` removes what was still needed.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.cleanup",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Look into the volume first: its data may be the only copy. Save it, then remove it.",
        "what is removed is gone for good",
    ),
    check_yourself="docker volume ls --filter dangling=true",
    bad={
        "snapshot": [{"engine": {"volumes": _LEFT}}, {"engine": {"volumes": [{"Name": "e" * 64, "Driver": "local"}]}}]
    },
    good={
        "snapshot": {
            "engine": {
                "volumes": _LEFT,
                "containers": [
                    {
                        "name": "db",
                        "inspect": {"State": {"Running": False}, "Mounts": [{"Type": "volume", "Name": "old-data"}]},
                    }
                ],
            }
        }
    },
    unclear={
        "snapshot": {"engine": {"volumes": _LEFT, "containers": {"is": "unknown", "reason": "the engine went silent"}}}
    },
)


@control.judge
def unused_volumes(machine: Machine) -> Iterator[Judgement]:
    if missing := gap(machine, "volumes", "containers"):
        yield missing
        return
    left = [volume for volume in machine.volumes if not volume.used_by and volume.driver == "local"]
    yield from map(_judge, left)
    if not left:
        yield passed("every volume is mounted by a container", Source("GET /volumes"))


def _judge(volume: DataVolume) -> Judgement:
    size = f", {in_words(volume.size.value)}" if isinstance(volume.size, Set) else ""
    since = f", made {volume.created[:10]}" if volume.created else ""
    about = f"volume/{volume.name}"
    if volume.anonymous:
        remedy = "Nobody gave it a name, so it is hardly meant to stay: look into it, then `docker volume prune`."
        return failed(
            f"no container mounts it, and it has no name{size}{since}", volume.source, about=about, remedy=remedy
        )
    return failed(f"no container mounts it; its data may be precious{size}{since}", volume.source, about=about)
