"""An image that nobody has built for months has every hole that was found since."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import days_between
from ._running import gap, image_name


def _built(created: str) -> dict[str, object]:
    return {"engine": {"images": [{"Created": created}], "containers": [{"name": "web"}]}}


control = Control(
    id="machine/recent-images",
    title="Images in use were built in the last 90 days",
    fault="{who} in use [was|were] built more than 90 days ago",
    rationale="Distributions publish security updates weekly. They reach a container only when its image is built again.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.current-images",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "4.4"), cis("1.8.0", "4.4"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy(
        "Build it again on a current base (`docker build --pull`), or pull the version that its makers maintain. Best on a "
        "schedule.",
        "recreates the containers that use it",
    ),
    check_yourself="docker image inspect -f '{{.Created}}' IMAGE",
    bad={"snapshot": [_built("2026-08-01T00:00:00Z"), _built("2023-01-01T00:00:00.123456789+02:00")]},
    good={"snapshot": _built("2026-11-01T00:00:00.123456789Z")},
    unclear={
        "snapshot": [
            _built("1970-01-01T00:00:00Z"),
            _built("1980-01-01T00:00:01Z"),
            _built("yesterday"),
            _built("2027-05-01T00:00:00Z"),
        ]
    },
)

OLDEST = 90
"""Days."""
_FIRST_IMAGES = "2013"
"""An older date is a builder's constant that makes builds reproducible, and tells nothing."""


@control.judge
def recent_images(machine: Machine) -> Iterator[Judgement]:
    used = [image for image in machine.images if image.used_by]
    yield from (_judge(image, machine.taken) for image in used)
    if not used:
        yield gap(machine, "images", "containers") or not_applicable("no image is in use", Source("GET /images/json"))


def _judge(image: Image, taken: str) -> Judgement:
    about, created = image_name(image.id, image.tags), image.created
    if not isinstance(created, Set):
        reason = created.reason if isinstance(created, Unknown) else "the image does not say when it was built"
        return unknown(reason, created.source, about=about)
    days = days_between(created.value, taken)
    if days is None or days < -1 or created.value < _FIRST_IMAGES:
        says = f"its date ({created.value[:10]}) is none on which it can have been built"
        return unknown(says, created.source, tell="whoever built the image can say", about=about)
    says = f"built {created.value[:10]}, {max(days, 0):.0f} days before"
    return failed(says, created.source, about=about) if days > OLDEST else passed(says, created.source, about=about)
