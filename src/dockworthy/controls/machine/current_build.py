"""The tag moved on, the container did not: it runs what was replaced, with the holes that were closed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Container, Unit
from ._running import gap, running

_OLD, _NEW = {"Id": "sha256:a1", "RepoTags": []}, {"Id": "sha256:b2", "RepoTags": ["shop:1"]}
_WEB = {"name": "web", "inspect": {"Image": "sha256:a1", "Config": {"Image": "shop:1"}}}

control = Control(
    id="machine/current-build",
    title="Containers run the current build of their image",
    fault="{who} [runs|run] an old build of [its|their] image",
    rationale="A newer image with the same tag was pulled or built here, most often for a reason. Until the container is "
    "recreated, it runs the old one, and a restart after a crash changes nothing.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.current-images",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "5.28"), cis("1.8.0", "5.28"), nist("4.4.1"), owasp("D02")),
    remedy=Remedy(
        "Recreate the container from the image that the tag names now.",
        "recreates the container",
        "docker compose up -d",
    ),
    check_yourself="docker inspect -f '{{.Image}} {{.Config.Image}}' {name}; docker images --no-trunc",
    bad={"snapshot": {"engine": {"images": [_OLD, _NEW], "containers": [_WEB]}}},
    good={
        "snapshot": [
            {"engine": {"images": [{"Id": "sha256:a1", "RepoTags": ["shop:1"]}], "containers": [_WEB]}},
            {
                "engine": {
                    "images": [{"Id": "sha256:a1", "RepoTags": ["shop:latest"]}],
                    "containers": [
                        {
                            "name": "web",
                            "inspect": {"Image": "sha256:a1", "Config": {"Image": "docker.io/library/shop"}},
                        }
                    ],
                }
            },
        ]
    },
    unclear={
        "snapshot": {"engine": {"images": {"is": "unknown", "reason": "the engine went silent"}, "containers": [_WEB]}}
    },
)

_ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")


@control.judge
def current_build(machine: Machine) -> Iterator[Judgement]:
    missing = gap(machine, "images", "containers")
    if missing:
        yield missing
        return
    tags = {_full(tag): image.id for image in machine.images for tag in image.tags}
    hidden = next((image.size for image in machine.images if isinstance(image.size, Unknown)), None)
    for unit, container in running(machine):
        yield _judge(unit, container, tags, hidden)
    if not running(machine):
        yield not_applicable("no container runs", Source("GET /containers/json"))


def _judge(unit: Unit, container: Container, tags: dict[str, str], hidden: Unknown | None) -> Judgement:
    """`tags`: what each tag names now; `hidden`: why an image, which may have the tag, could not be inspected."""
    written, runs = container.image, container.image_id
    for field in (written, runs):
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell, about=unit.id)
    if not isinstance(written, Set) or not isinstance(runs, Set):
        return unknown("the engine does not say which image it runs", unit.source, about=unit.id)
    if "@" in written.value or _ID.fullmatch(written.value):
        return not_applicable("its image is named by digest: no tag moves under it", written.source, about=unit.id)
    now = tags.get(_full(written.value))
    if now is None and hidden is not None:
        says = f"an image could not be inspected ({hidden.reason}): {written.value} may name it"
        return unknown(says, hidden.source, tell=hidden.tell, about=unit.id)
    if now is None:
        return not_applicable(f"no image here is called {written.value} any more", written.source, about=unit.id)
    if now != runs.value:
        says = f"{written.value} is {_short(now)} now; it runs {_short(runs.value)}"
        return failed(says, runs.source, about=unit.id)
    return passed(f"it runs the image that {written.value} names", runs.source, about=unit.id)


def _full(reference: str) -> str:
    """`nginx`, `docker.io/library/nginx` and `nginx:latest` are one."""
    reference = reference.removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")
    return reference if ":" in reference.rsplit("/", 1)[-1] else f"{reference}:latest"


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]
