"""Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last one counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.build_change import TakeInstruction
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/single-instructions",
    title="What is started is said once",
    fault="{who} [says|say] more than once what is started",
    rationale="An instruction that has no effect looks as if it had: somebody will rely on it, or mend the wrong one.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy("Take out all but the last one of each.", "nothing: the others have no effect"),
    build_fixes=(
        BuildFix(
            says="takes out what has no effect: a later one counts",
            kind=FixKind.SAFE,
            changes=lambda written: standing(
                written.build,
                "single-instructions",
                (TakeInstruction(without_effect.first) for without_effect, _ in _outdone(written.build)),
            ),
        ),
    ),
    bad={
        "dockerfile": [
            'FROM debian:13\nCMD ["a"]\nCMD ["b"]\n',
            'FROM debian:13\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\n',
            "FROM debian:13\nHEALTHCHECK CMD a\nHEALTHCHECK CMD b\n",
        ]
    },
    good={"dockerfile": 'FROM debian:13 AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["a"]\nCMD ["b"]\n'},
)


@control.judge
def single_instructions(build: ImageBuild) -> Judgement:
    faults = [
        BuildFault(f"this {gone.keyword} has no effect: line {last.first} says another one", gone.source)
        for gone, last in _outdone(build)
    ]
    return weigh(build, "single-instructions", faults, good="CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage")


def _outdone(build: ImageBuild) -> Iterator[tuple[Instruction, Instruction]]:
    """Each instruction without effect, and the one that counts."""
    for stage in build.stages:
        seen: dict[str, list[Instruction]] = defaultdict(list)
        for instruction in stage.instructions:
            if instruction.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and not instruction.trigger:
                seen[instruction.keyword].append(instruction)
        yield from ((instruction, found[-1]) for found in seen.values() for instruction in found[:-1])
