"""An image that no registry knows exists on this machine alone, and nobody can tell whether it is the right one."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.field import Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity

control = Control(
    id="image/origin",
    title="Images in use came from a registry, and their digest is known",
    fault="{who} [comes|come] from no known registry",
    rationale="What was built or loaded here can't be fetched again after the disk is lost, nor compared with what was "
    "tested. A registry's digest names exactly one image, everywhere.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="3.registry",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.2"), cis("1.8.0", "4.2"), nist("4.1.5"), owasp("D08")),
    remedy=Remedy("Push the image to a registry of yours, and let this machine pull it from there.", "a registry"),
    check_yourself="docker image inspect -f '{{.RepoDigests}}' {name}",
    bad={
        "snapshot": {
            "engine": {
                "images": [{"inspect": {"Id": "sha256:a1", "RepoTags": ["shop:1"], "RepoDigests": []}}],
                "containers": [
                    {"id": "c1", "name": "web", "inspect": {"Image": "sha256:a1", "Config": {"Image": "shop:1"}}}
                ],
            }
        }
    },
    good={
        "snapshot": {
            "engine": {
                "images": [{"inspect": {"Id": "sha256:a1", "RepoTags": ["shop:1"], "RepoDigests": ["shop@sha256:b2"]}}],
                "containers": [
                    {"id": "c1", "name": "web", "inspect": {"Image": "sha256:a1", "Config": {"Image": "shop:1"}}}
                ],
            }
        }
    },
    unclear={
        "snapshot": {
            "engine": {
                "images": [{"inspect": {"Id": "sha256:a1", "RepoTags": ["shop:1"], "RepoDigests": ["shop@sha256:a1"]}}],
                "containers": [
                    {"id": "c1", "name": "web", "inspect": {"Image": "sha256:a1", "Config": {"Image": "shop:1"}}}
                ],
            }
        }
    },
)


@control.judge
def origin(image: Image) -> Judgement:
    """With the containerd image store every image has its own id as a digest, also one that was built here."""
    place = Source(image.source.where, "RepoDigests")
    if not image.used_by:
        return not_applicable("nothing runs from it", image.source)
    if isinstance(image.size, Unknown):
        return unknown(image.size.reason, place, tell=image.size.tell)
    foreign = [digest for digest in image.digests if not digest.endswith(f"@{image.id}")]
    if foreign:
        return passed(f"known as {foreign[0]}", place)
    if image.digests:
        return unknown(
            "this engine's image store gives every image a digest, also those that were built here",
            place,
            tell="docker buildx imagetools inspect asks the registry for the same digest",
        )
    return failed("built or loaded on this machine: no registry is known to have it", place)
