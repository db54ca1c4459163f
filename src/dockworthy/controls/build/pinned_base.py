"""A tag is a promise that somebody else can break: only a digest says on what the image is built."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction, Stage
from ...model.build_change import BuildChange, Reword, TakeFlag
from ...model.build_fix import BuildFix, WrittenBuild
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Field, Set, Source, Unknown
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ..image_names import parse_image
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/pinned-base",
    title="Base images are named by digest",
    fault="{who} [names|name] a base image without its digest",
    rationale="`latest`, or no tag, is whatever was pushed last: tomorrow's build of the same commit is another image, and "
    "nobody can tell what changed. A version's tag can be pushed again, too; a digest can not.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.current-images",
    subject=Subject.BUILD,
    references=(nist("4.1.5"), owasp("D08")),
    remedy=Remedy(
        "Name the base by version and digest (`python:3.13-slim@sha256:…`), and let an updater move both.",
        "the updater's pull requests",
    ),
    build_fixes=(
        BuildFix(
            says="adds the digest of the image that the engine has; new versions then come by a change of this file",
            kind=FixKind.SAFE,
            changes=lambda written: standing(written.build, "pinned-base", _by_digest(written)),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM python\n",
            "FROM python:latest\n",
            "FROM python:3.13-slim\n",
            "ARG TAG=latest\nFROM python:${TAG}\n",
            "FROM scratch\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM python:3.13-slim@sha256:" + "a" * 64 + "\n",
            "FROM scratch\nCOPY shop /\n",
            "FROM python@sha256:" + "a" * 64 + " AS base\nFROM base\nCOPY --from=base /a /b\nCOPY --from=0 /a /c\n",
        ]
    },
    unclear={"dockerfile": ["ARG BASE\nFROM ${BASE}\n", "ARG TAG\nFROM python:$TAG\n"]},
)


@control.judge
def pinned_base(build: ImageBuild) -> Judgement:
    images = [*_bases(build), *_copied_from(build)]
    faults = [fault for field, place in images if (fault := _fault(field, place)) is not None]
    gaps = [field for field, _ in images if isinstance(field, Unknown)]
    return weigh(build, "pinned-base", faults, gaps=gaps, good="every image that it builds on is named by digest")


def _bases(build: ImageBuild) -> Iterator[tuple[Field[str], Source]]:
    """Images, not earlier stages."""
    for stage in build.stages:
        if stage.base_stage is None and not (isinstance(stage.base, Set) and stage.base.value == "scratch"):
            yield stage.base, stage.source


def _copied_from(build: ImageBuild) -> Iterator[tuple[Field[str], Source]]:
    """Images that COPY takes files from: no name or number of a stage."""
    for stage, instruction in build.instructions("COPY"):
        source = instruction.flag("from")
        if source is not None and not _is_stage(build, source, stage, instruction):
            yield Set(source, instruction.source), instruction.source


def _by_digest(written: WrittenBuild) -> Iterator[BuildChange]:
    """Not where a variable names the image: that one has to name the digest."""
    build, digests = written.build, written.known.digests
    for stage in build.stages:
        first = stage.instructions[0]
        image, *rest = first.text.split()
        written_so = isinstance(stage.base, Set) and stage.base.value == image and stage.base_stage is None
        if written_so and image in digests:
            named = f"{image}@{digests[image]}"
            yield Reword(first.first, ((0, len(image), named),), words=(named, *rest))
    for source, place in _copied_from(build):
        if isinstance(source, Set) and source.value in digests and place.line is not None:
            yield TakeFlag(place.line, "from", f"{source.value}@{digests[source.value]}")


def _is_stage(build: ImageBuild, name: str, stage: Stage, instruction: Instruction) -> bool:
    """A trigger runs in another build, whose stages are not seen here; a variable may name any."""
    named = any(earlier.name == name.lower() for earlier in build.stages[: stage.index + 1])
    return named or name.isdigit() or "$" in name or name == "" or instruction.trigger


def _fault(field: Field[str], place: Source) -> BuildFault | None:
    if not isinstance(field, Set) or not field.value:
        return None
    image = parse_image(field.value)
    if image.fixed:
        return None
    if image.is_moving:
        written = f"tag {image.tag}" if image.tag else "no tag"
        return BuildFault(f"{field.value}: {written}, so whatever was pushed last", place, Severity.MEDIUM)
    return BuildFault(f"{field.value}: the tag can be moved to another image", place, Severity.LOW)
