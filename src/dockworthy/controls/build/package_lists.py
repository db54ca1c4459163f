"""A step that only refreshes package lists is cached: later steps install from lists of long ago."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import Started, started
from ._faults import Fault, weigh

control = Control(
    title="Package lists are refreshed in the step that installs",
    rationale="The builder keeps the result of a step whose text is the same. `apt-get update` alone is never run again, "
    "and old packages with known holes are installed for good.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.current-images",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.7"), cis("1.8.0", "4.7"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy("Write `RUN apt-get update && apt-get install -y …` as one step.", "a new build of the image"),
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


def _faults(build: ImageBuild) -> Iterator[Fault]:
    for _, run in build.instructions("RUN"):
        steps = [(started(command), command.source) for command in run.commands]
        if any(step.program in _REFRESH and not _INSTALL.isdisjoint(step.words) for step, _ in steps):
            continue
        if any(step.program.endswith(".sh") for step, _ in steps):
            continue  # a script may install
        yield from (
            Fault(f"{step.program} {_REFRESH[step.program]} alone, without an install in the same RUN", source)
            for step, source in steps
            if _refreshes(step)
        )


def _refreshes(step: Started) -> bool:
    return _REFRESH.get(step.program) in step.words
