"""What a package manager leaves behind is carried into every copy of the image."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from ...model.build import ImageBuild, ShellCommand
from ...model.build_change import AppendCommand, BuildChange
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._commands import SHELLS, started
from ._faults import weigh_marks
from ._repairs import RunStep, flag_behind, marked, steps

control = Control(
    id="build/package-cache",
    title="Package managers leave no cache in the image",
    fault="{who} [leaves|leave] a package cache in the image",
    rationale="Lists and downloads of a package manager serve nothing at run time, make each pull slower, and can't be "
    "taken away by a later step: the layer keeps them.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.BUILD,
    references=(nist("4.1.2"),),
    remedy=Remedy(
        "Clean up in the same RUN (`rm -rf /var/lib/apt/lists/*`, `apk add --no-cache`, `pip install --no-cache-dir`), or "
        "keep the cache out of the image with `RUN --mount=type=cache,target=…`.",
        "a new build of the image",
    ),
    build_fixes=(
        BuildFix(
            says="keeps the cache out: `apk add --no-cache`, `pip install --no-cache-dir`",
            kind=FixKind.SAFE,
            changes=lambda written: _without_cache(written.build),
        ),
        BuildFix(
            says="cleans up in the same step: `yum clean all`, `dnf clean all`, `zypper clean`, `yarn cache clean`",
            kind=FixKind.SAFE,
            changes=lambda written: _cleaned(written.build),
        ),
        BuildFix(
            says="removes apt's lists in the step that installs; no later step needs them",
            kind=FixKind.SAFE,
            changes=lambda written: _without_lists(written.build, _Need.NONE),
        ),
        BuildFix(
            says="removes apt's lists in the step that installs",
            may_break="a script of a later step that installs from lists which it does not fetch itself",
            changes=lambda written: _without_lists(written.build, _Need.MAYBE),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl=8.14.*\n",
            "FROM alpine:3.23\nRUN apk add curl=8.17.0-r1\n",
            "FROM python:3.13\nRUN pip install flask==3.1.0\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl=8.14.* && rm -rf /var/lib/apt/lists/*\n",
            "FROM alpine:3.23\nRUN apk add --no-cache curl=8.17.0-r1\n",
        ]
    },
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


_INSTALLS = ("install", "in", "groupinstall", "localinstall", "reinstall", "update", "upgrade", "add", "global")
_CLEANING = {
    "yum": ("DL3032", ("clean", "all")),
    "dnf": ("DL3040", ("clean", "all")),
    "microdnf": ("DL3040", ("clean", "all")),
    "zypper": ("DL3036", ("clean", "--all")),
    "yarn": ("DL3060", ("cache", "clean")),
}
_PIPS = ("pip", "pip2", "pip3")
_MAY_INSTALL = SHELLS | {"make", "rosdep", "ansible-playbook"}
_OF_THE_SYSTEM = ("/bin/", "/sbin/", "/usr/")
_LISTS = ("rm", "-rf", "/var/lib/apt/lists/*")
_APT = ("apt-get", "apt", "aptitude")
_FROM_LISTS = ("install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep")


class _Need(Enum):
    """Of a step's lists by a later one."""

    NONE = auto()
    MAYBE = auto()
    SURE = auto()


def _without_cache(build: ImageBuild) -> Iterator[BuildChange]:
    for run in marked(build, "DL3019"):
        yield from flag_behind(steps(run, ("apk",), ("add",)), "--no-cache")
    for run in marked(build, "DL3042"):
        if run.flag("mount") is None:  # a mounted cache is meant to be used
            pips = (step for step in steps(run, _PIPS, ("install",)))
            yield from flag_behind(pips, "--no-cache-dir")


def _cleaned(build: ImageBuild) -> Iterator[BuildChange]:
    for program, (rule, words) in _CLEANING.items():
        for run in marked(build, rule):
            found = list(steps(run, (program,), _INSTALLS))
            if found:
                yield AppendCommand(run.first, (*_sudo(found[-1]), program, *words))


def _without_lists(build: ImageBuild, need: _Need) -> Iterator[BuildChange]:
    needs = _needed_later(build)
    for run in marked(build, "DL3009"):
        found = list(steps(run, _APT, _FROM_LISTS))
        if found and needs[run.first] is need:
            yield AppendCommand(run.first, (*_sudo(found[-1]), *_LISTS))


def _sudo(step: RunStep) -> tuple[str, ...]:
    return ("sudo",) if "sudo" in step.what.before else ()


def _needed_later(build: ImageBuild) -> dict[int, _Need]:
    """First line of a RUN -> does a step behind it install without an update of its own, or start a script, which may
    do so?"""
    needs: dict[int, _Need] = {}
    need = _Need.NONE
    for _, run in reversed(list(build.instructions("RUN"))):
        needs[run.first] = need
        if any(True for _ in steps(run, _APT, ("update",))):
            continue
        if any(True for _ in steps(run, _APT, _FROM_LISTS)):
            need = _Need.SURE
        elif need is _Need.NONE and (not run.commands or any(map(_may_install, run.commands))):
            need = _Need.MAYBE
    return needs


def _may_install(command: ShellCommand) -> bool:
    what = started(command)
    own = any("/" in word and not word.startswith(_OF_THE_SYSTEM) for word in command.words[:1])
    return own or what.program in _MAY_INSTALL or any(word.endswith(".sh") for word in command.words)


@control.judge
def package_cache(build: ImageBuild) -> Judgement:
    return weigh_marks(build, "package-cache", good="no package manager leaves its cache")
