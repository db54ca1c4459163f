"""A relative WORKDIR depends on the one before it, which may stand in the base image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild, Stage
from ...model.build_change import BuildChange, Reword
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.knowledge.base_images import DISTRIBUTIONS
from ...model.levels import Level, Severity
from ..supported_images import official_name
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/absolute-workdir",
    title="Working directories are absolute paths",
    fault="{who} [has|have] a relative WORKDIR",
    rationale="Where a relative path leads changes with the base image: files land elsewhere, with other owners.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy("Write the whole path: `WORKDIR /app`.", "a new build of the image"),
    build_fixes=(
        BuildFix(
            says="writes the whole path, where the file tells it",
            kind=FixKind.SAFE,
            changes=lambda written: standing(written.build, "absolute-workdir", _whole_paths(written.build)),
        ),
    ),
    bad={"dockerfile": ["FROM debian:13\nWORKDIR app\n", "FROM debian:13\nENV D=app\nWORKDIR $D\n"]},
    good={"dockerfile": ["FROM debian:13\nWORKDIR /app\n", "FROM debian:13\nARG V\nWORKDIR /app/$V\n"]},
    unclear={"dockerfile": "FROM debian:13\nARG WHERE\nWORKDIR ${WHERE}\n"},
)

_ABSOLUTE = re.compile(r"[\"']?(?:/|[A-Za-z]:[/\\])")


_PLAIN = re.compile(r"[\w@-][\w./@-]*\Z")
_DOTS = re.compile(r"(?:^|/)\.{1,2}(?:/|\Z)")


def _whole_paths(build: ImageBuild) -> Iterator[BuildChange]:
    """A path of plain letters, below one that is known: from an earlier WORKDIR, or `/` of a bare distribution."""
    ends: list[str] = []
    for stage in build.stages:
        here = _base_folder(stage) if stage.base_stage is None else ends[stage.base_stage]
        for instruction in stage.instructions:
            if instruction.keyword != "WORKDIR" or instruction.trigger:
                continue
            path = instruction.words[0].value if isinstance(instruction.words[0], Set) else ""
            here = _below(here, path)
            if here and instruction.text == path and not _ABSOLUTE.match(path):
                yield Reword(instruction.first, ((0, len(path), here),), words=(here,))
        ends.append(here)


def _base_folder(stage: Stage) -> str:
    """The folder in which the base image leaves off; "" where only the image tells."""
    base = stage.base.value if isinstance(stage.base, Set) else ""
    return "/" if base == "scratch" or official_name(base) in DISTRIBUTIONS else ""


def _below(here: str, path: str) -> str:
    """ "" where it can't be told."""
    if re.fullmatch(r"/[\w./@-]*", path) and not _DOTS.search(path):
        return path
    return f"{here.rstrip('/')}/{path}" if here and _PLAIN.match(path) and not _DOTS.search(path) else ""


@control.judge
def absolute_workdir(build: ImageBuild) -> Judgement:
    faults, gaps = [], []
    for _, instruction in build.instructions("WORKDIR"):
        path = instruction.words[0]
        if _ABSOLUTE.match(instruction.text):
            continue
        if isinstance(path, Unknown):
            gaps.append(path)
        elif isinstance(path, Set) and not _ABSOLUTE.match(path.value):
            faults.append(BuildFault(f"WORKDIR {path.value[:60]} is relative", instruction.source))
    return weigh(build, "absolute-workdir", faults, gaps=gaps, good="every WORKDIR is an absolute path")
