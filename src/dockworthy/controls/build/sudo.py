"""A build is root, or says USER: sudo in it only leaves a way back to root."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.build_change import BuildChange, TakeWord
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._base_images import starts_as_root
from ._commands import ASSIGNMENT, started
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/sudo",
    title="The build does without sudo",
    fault="{who} [uses|use] sudo",
    rationale="Where sudo works without a password in the image, every process in the container can become root with "
    "it; and it changes environment and signals on the way.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.BUILD,
    references=(nist("4.1.2"),),
    remedy=Remedy("Run the step before USER, or switch with `USER root` and back.", "a new build of the image"),
    build_fixes=(
        BuildFix(
            says="takes `sudo` out of steps that root runs anyway",
            may_break="sudo sets HOME, PATH and other variables for the step, which then keeps those of the build",
            changes=lambda written: standing(written.build, "sudo", _without(written.build)),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nUSER app\nRUN sudo apt-get update && sudo apt-get install -y curl\n",
            "FROM debian:13\nRUN cd /tmp && X=1 sudo -E make install\n",
        ]
    },
    good={"dockerfile": ["FROM debian:13\nRUN make install\n", "FROM debian:13\nRUN apt-get -y install sudo # sudo\n"]},
)


_KEEPS_USER = frozenset({"-E", "-H", "-n", "-EH", "-HE", "-nE", "-nH", "--preserve-env", "--set-home"})


def _without(build: ImageBuild) -> Iterator[BuildChange]:
    """Of `sudo command` and `sudo -E command`, where the user is known to be root."""
    ends: list[bool] = []
    for stage in build.stages:
        known = isinstance(stage.base, Set) and starts_as_root(stage.base.value)
        is_root = known if stage.base_stage is None else ends[stage.base_stage]
        for instruction in stage.instructions:
            if instruction.keyword == "USER" and not instruction.trigger:
                is_root = _is_root(instruction.words[0])
            if instruction.keyword == "RUN" and is_root and not instruction.trigger:
                for number, command in enumerate(instruction.commands):
                    yield from (TakeWord(instruction.first, number, word) for word in _needless(command.words))
        ends.append(is_root)


def _needless(words: tuple[str, ...]) -> range:
    """The words (by index) that mean nothing to root: `sudo` and flags; none where sudo does more."""
    first = next((at for at, word in enumerate(words) if not ASSIGNMENT.match(word)), len(words))
    if words[first : first + 1] != ("sudo",):
        return range(0)
    behind = next((at for at, word in enumerate(words) if at > first and word not in _KEEPS_USER), len(words))
    does_more = behind == len(words) or words[behind][:1] in ("-", "$")
    return range(0) if does_more else range(first, behind)


def _is_root(user: object) -> bool:
    return isinstance(user, Set) and user.value.partition(":")[0].strip() in ("root", "0")


@control.judge
def sudo(build: ImageBuild) -> Judgement:
    faults = [
        BuildFault(f"sudo {started(command).program}".rstrip(), command.source)
        for _, command in build.commands()
        if "sudo" in started(command).before
    ]
    return weigh(build, "sudo", faults, good="no step uses sudo")
