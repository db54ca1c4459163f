"""A step that only refreshes package lists is cached: later steps install from lists of long ago."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...model.build import ImageBuild, Instruction
from ...model.build_change import BuildChange, JoinNext
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._commands import Started, started
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/package-lists",
    title="Package lists are refreshed in the step that installs",
    fault="{who} [refreshes|refresh] package lists in another step than the install",
    rationale="The builder keeps the result of a step whose text is the same. `apt-get update` alone is never run again, "
    "and old packages with known holes are installed for good.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.current-images",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.7"), cis("1.8.0", "4.7"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy("Write `RUN apt-get update && apt-get install -y …` as one step.", "a new build of the image"),
    build_fixes=(
        BuildFix(
            says="joins the step with the next one, which installs",
            kind=FixKind.SAFE,
            changes=lambda written: standing(written.build, "package-lists", _joined(written.build)),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update\nRUN apt-get install -y curl\n",
            "FROM alpine:3.23\nRUN set -eu; apk -q update\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl\n",
            "FROM debian:13\nRUN echo apt-get update\n",
            "FROM debian:13\nRUN <<EOF\napt-get update\napt-get -qq install -y curl\nEOF\n",
        ]
    },
)

_REFRESH = {
    "apt-get": "update",
    "apt": "update",
    "apk": "update",
    "yum": "makecache",
    "dnf": "makecache",
    "microdnf": "makecache",
    "zypper": "refresh",
}
_INSTALL = frozenset("install add upgrade dist-upgrade full-upgrade build-dep dselect-upgrade satisfy in up".split())


@control.judge
def package_lists(build: ImageBuild) -> Judgement:
    return weigh(build, "package-lists", _faults(build), good="no step refreshes package lists alone")


def _faults(build: ImageBuild) -> Iterator[BuildFault]:
    for _, run in build.instructions("RUN"):
        steps = [(started(command), command.source) for command in run.commands]
        if _installs(run):
            continue
        if any(step.program.endswith(".sh") for step, _ in steps):
            continue  # a script may install
        yield from (
            BuildFault(f"{step.program} {_REFRESH[step.program]} alone, without an install in the same RUN", source)
            for step, source in steps
            if _refreshes(step)
        )


def _joined(build: ImageBuild) -> Iterator[BuildChange]:
    """Where the very next instruction installs with the same program."""
    for stage in build.stages:
        for run, following in pairwise(stage.instructions):
            refreshed = {step.program for step in map(started, run.commands) if _refreshes(step)}
            if {run.keyword, following.keyword} == {"RUN"} and not _installs(run) and refreshed & _installs(following):
                yield JoinNext(run.first, following.first)


def _installs(run: Instruction) -> set[str]:
    """The package managers that install in the step."""
    steps = map(started, run.commands)
    return {step.program for step in steps if step.program in _REFRESH and not _INSTALL.isdisjoint(step.words)}


def _refreshes(step: Started) -> bool:
    return _REFRESH.get(step.program) in step.words
