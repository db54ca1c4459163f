"""A build step may ask to be let out of its sandbox: it then is root on the machine that builds."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.build_change import BuildChange, TakeFlag
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/confined-steps",
    title="Build steps stay in their sandbox",
    fault="{who} [runs|run] a step outside of the build's sandbox",
    rationale="`--security=insecure` gives a step every privilege on the machine that builds, `--network=host` all that "
    "it listens to and can reach: whoever changes the Dockerfile has that machine.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.BUILD,
    remedy=Remedy("Take the flag out, and the entitlement from the builder.", "the step must do without"),
    build_fixes=(
        BuildFix(
            says="takes the flag out that opens the sandbox",
            may_break="the step fails where it needs that privilege, or reaches something on the machine that builds",
            changes=lambda written: _confining(written.build),
        ),
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN --security=insecure make image\n",
            "FROM debian:13\nRUN --network=host make test\n",
        ]
    },
    good={"dockerfile": "FROM debian:13\nRUN --network=none make\nRUN --security=sandbox make test\n"},
)

_OPEN = {"security": "insecure", "network": "host"}


@control.judge
def confined_steps(build: ImageBuild) -> Judgement:
    faults = [BuildFault(f"RUN --{flag}={_OPEN[flag]}", run.source) for run, flag in _let_out(build)]
    return weigh(build, "confined-steps", faults, good="no step asks for more than its sandbox")


def _let_out(build: ImageBuild) -> Iterator[tuple[Instruction, str]]:
    for _, run in build.instructions("RUN"):
        yield from ((run, flag) for flag, value in run.flags if _OPEN.get(flag) == value)


def _confining(build: ImageBuild) -> Iterator[BuildChange]:
    return standing(build, "confined-steps", (TakeFlag(run.first, flag) for run, flag in _let_out(build)))
