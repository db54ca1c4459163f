"""A relative WORKDIR depends on the one before it, which may stand in the base image."""

from __future__ import annotations

import re

from ...model.build import ImageBuild
from ...model.control import Control, Subject
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import Fault, weigh

control = Control(
    title="Working directories are absolute paths",
    rationale="Where a relative path leads changes with the base image: files land elsewhere, with other owners.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy("Write the whole path: `WORKDIR /app`.", "a new build of the image"),
    bad={"dockerfile": ["FROM debian:13\nWORKDIR app\n", "FROM debian:13\nENV D=app\nWORKDIR $D\n"]},
    good={"dockerfile": ["FROM debian:13\nWORKDIR /app\n", "FROM debian:13\nARG V\nWORKDIR /app/$V\n"]},
    unclear={"dockerfile": "FROM debian:13\nARG WHERE\nWORKDIR ${WHERE}\n"},
)

_ABSOLUTE = re.compile(r"[\"']?(?:/|[A-Za-z]:[/\\])")


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
            faults.append(Fault(f"WORKDIR {path.value[:60]} is relative", instruction.source))
    return weigh(build, "absolute-workdir", faults, gaps=gaps, good="every WORKDIR is an absolute path")
