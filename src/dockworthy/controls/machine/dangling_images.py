"""An image without a name that no container uses can be found by its id alone: nobody will."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Image
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..sizes import in_words
from ._running import gap, image_name

_NAMELESS: dict[str, list[str]] = {"RepoTags": [], "RepoDigests": []}

control = Control(
    id="machine/dangling-images",
    title="No image is left without a name and without a use",
    fault="{who} [has|have] neither a name nor a use",
    rationale="Each new build under the same tag leaves the one before nameless. Unpatched programs lie there, and room "
    "is gone.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.cleanup",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "6.1"), cis("1.8.0", "6.1"), nist("4.1.1")),
    remedy=Remedy(
        "Remove images without a name that nobody uses.", "none: no container uses them", "docker image prune"
    ),
    check_yourself="docker images --filter dangling=true",
    bad={"snapshot": {"engine": {"images": [_NAMELESS]}}},
    good={
        "snapshot": [
            {"engine": {"images": [{}]}},
            {"engine": {"images": [_NAMELESS], "containers": [{"name": "web"}]}},
            {"engine": {"images": [{"RepoTags": []}]}},
        ]
    },
    unclear={
        "snapshot": {
            "engine": {"images": [_NAMELESS], "containers": {"is": "unknown", "reason": "the engine went silent"}}
        }
    },
)


@control.judge
def dangling_images(machine: Machine) -> Iterator[Judgement]:
    missing = gap(machine, "images", "containers")
    left = [image for image in machine.images if not image.tags and not image.digests and not image.used_by]
    if missing:
        yield missing
    elif not left:
        yield passed("every image has a name or a use", Source("GET /images/json"))
    else:
        yield from map(_judge, left)


def _judge(image: Image) -> Judgement:
    about = image_name(image.id, ())
    if isinstance(image.size, Unknown):
        return unknown(image.size.reason, image.size.source, tell=image.size.tell, about=about)
    size = f", {in_words(image.size.value)}" if isinstance(image.size, Set) else ""
    return failed(f"no name, no container{size}", Source(image.source.where, "RepoTags"), about=about)
