"""Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last one counts."""

from __future__ import annotations

from collections import defaultdict

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import Fault, weigh

control = Control(
    title="What is started is said once",
    rationale="An instruction that has no effect looks as if it had: somebody will rely on it, or mend the wrong one.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy("Take out all but the last one of each.", "nothing: the others have no effect"),
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
    faults = []
    for stage in build.stages:
        seen: dict[str, list[Instruction]] = defaultdict(list)
        for instruction in stage.instructions:
            if instruction.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK") and not instruction.trigger:
                seen[instruction.keyword].append(instruction)
        faults += [
            Fault(f"this {keyword} has no effect: line {found[-1].first} says another one", instruction.source)
            for keyword, found in seen.items()
            for instruction in found[:-1]
        ]
    return weigh(build, "single-instructions", faults, good="CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage")
