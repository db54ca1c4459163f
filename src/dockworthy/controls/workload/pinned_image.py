"""A tag is a promise that somebody else can break: only a digest says which image will start."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, set_key
from ...model.control import Control, Subject, nist, owasp
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Outcome, Remedy
from ...model.fix import Change, FixKind
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..image_names import parse_image
from ._containers import judge_containers
from ._graded import GradedFault, judge_graded
from ._platforms import checked_by

control = Control(
    id="workload/pinned-image",
    title="Images are named by digest",
    fault="{who} [uses|use] an image that is not named by digest",
    rationale="`latest`, or no tag, is whatever was pushed last: nobody knows which version runs, and a restart on "
    "another host starts another one. A version's tag can be pushed again, too; a digest can not.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.current-images",
    subject=Subject.UNIT,
    references=(nist("4.2.2"), nist("4.1.5"), owasp("D08")),
    remedy=Remedy(
        "Name the image by version and digest (`shop:1.4.2@sha256:…`), and let an updater move both.",
        "recreates the container",
    ),
    fixes=(
        ComposeFix(
            says="adds the digest of the image that the engine has; new versions then come by a change of this file",
            changes=lambda written: _by_digest(written),
            kind=FixKind.SAFE,
        ),
    ),
    check_yourself="docker inspect -f '{{.Config.Image}} {{.Image}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: 'shop:1.4.2'}}",
            "services: {web: {image: 'shop:${TAG:-latest}'}}",
        ],
        "container": [
            {"Config": {"Image": image}}
            for image in ("shop", "shop:latest", "localhost:5000/shop", "localhost:5000/shop:stable", "shop:1.4.2")
        ],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Image": "shop:latest"}}}},
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, image: shop}]}}",
            "{kind: Pod, spec: {containers: [{name: a, image: 'shop:1.4.2'}]}}",
        ],
    },
    good={
        "compose": "services: {web: {image: 'registry.example.com/shop:1.4.2@sha256:2222222222222222222222222222222222222222222222222222222222222222'}}",
        "container": [
            {"Config": {"Image": "localhost:5000/shop:1.4.2@sha256:" + "a" * 64}},
            {"Config": {"Image": "shop@sha256:" + "a" * 64}},
            {"Config": {"Image": "sha256:" + "a" * 64}},
            {"Config": {"Image": "0123456789ab"}},
        ],
        "service": {},
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, image: 'shop@sha256:" + "a" * 64 + "'}]}}",
    },
    unclear={
        "compose": ["services: {web: {image: 'shop:${TAG}'}}", "services: {web: {build: .}}"],
        "container": {"Config": {"Image": None}},
    },
)


def _by_digest(written: WrittenService) -> Iterable[Change]:
    """Not where the image is built here, nor where a variable names it: that one has to name the digest."""
    image, field = written.service.get("image"), written.container.image
    digest = written.known.digests.get(image) if isinstance(image, str) else None
    if digest is None or "build" in written.service or not isinstance(field, Set) or field.value != image:
        return ()
    return (set_key("image", to=f"{image}@{digest}"),)


_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -n image:",
}


@control.judge
def pinned_image(unit: Unit) -> Judgement:
    faults = [fault for container in unit.containers if (fault := _fault(container)) is not None]
    judged = judge_graded(faults, good="every image is named by digest", source=unit.source)
    if judged.outcome is Outcome.PASS:
        judged = judge_containers(unit, _gap, good="every image is named by digest")
    return checked_by(judged, unit, _COMMANDS)


def _gap(container: Container) -> Unknown | None:
    field = container.image
    if isinstance(field, Set) and field.value:
        return None
    return field if isinstance(field, Unknown) else Unknown("no image is named", source=field.source)


def _fault(container: Container) -> GradedFault | None:
    field = container.image
    if not isinstance(field, Set) or not field.value:
        return None
    image = parse_image(field.value)
    if image.fixed:
        return None
    if image.is_moving:
        written = f"tag {image.tag}" if image.tag else "no tag"
        return GradedFault(f"{field.value}: {written}, so whatever was pushed last", field.source, Severity.MEDIUM)
    return GradedFault(f"{field.value}: the tag can be moved to another image", field.source, Severity.LOW)
