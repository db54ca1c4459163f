"""An image is of one release: the next release is another base image, not an upgrade inside of a build."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.build_change import BuildChange, TakeWord
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import started
from ._faults import BuildFault, weigh
from ._repairs import standing, steps

control = Control(
    id="build/distribution-upgrade",
    title="A build does not upgrade its distribution",
    fault="{who} [upgrades|upgrade] the distribution",
    rationale="`dist-upgrade` may replace the kernel's and the init's packages, or lead to another release, and makes "
    "each build another image. (A plain upgrade that brings security fixes to an old base is better than none.)",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="2.redeploy",
    subject=Subject.BUILD,
    references=(nist("4.1.1"),),
    remedy=Remedy("Build on a newer base image, and let an updater move its digest.", "a new build of the image"),
    build_fixes=(
        BuildFix(
            says="upgrades within the release: `upgrade` instead of `dist-upgrade`",
            may_break="a package whose update needs another new one stays as old as the base image has it",
            changes=lambda written: standing(written.build, "distribution-upgrade", _within(written.build)),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get -y dist-upgrade\n",
            "FROM ubuntu:24.04\nRUN do-release-upgrade\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get -y upgrade\n",
            "FROM alpine:3.23\nRUN apk upgrade --no-cache\n",
        ]
    },
)

_UPGRADES = {
    "apt-get": {"dist-upgrade"},
    "apt": {"dist-upgrade", "full-upgrade"},
    "aptitude": {"full-upgrade", "dist-upgrade"},
    "zypper": {"dist-upgrade", "dup"},
    "dnf": {"distro-sync", "system-upgrade"},
    "yum": {"distro-sync"},
}


_TO = {"apt-get": "upgrade", "apt": "upgrade", "aptitude": "safe-upgrade"}


def _within(build: ImageBuild) -> Iterator[BuildChange]:
    for _, run in build.instructions("RUN"):
        for step in steps(run, _TO, ("dist-upgrade", "full-upgrade")):
            yield TakeWord(run.first, step.number, step.verb, _TO[step.what.program])


@control.judge
def distribution_upgrade(build: ImageBuild) -> Judgement:
    return weigh(build, "distribution-upgrade", _faults(build), good="no step upgrades the distribution")


def _faults(build: ImageBuild) -> Iterator[BuildFault]:
    for _, command in build.commands():
        what = started(command)
        upgrade = next((word for word in what.words if word in _UPGRADES.get(what.program, ())), "")
        if upgrade or what.program == "do-release-upgrade":
            yield BuildFault(f"{what.program} {upgrade}".rstrip(), command.source)
