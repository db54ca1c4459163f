"""Instructions and forms that builders only still read."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import Fault, weigh

control = Control(
    title="No instruction is a deprecated one",
    rationale="MAINTAINER, and ENV or LABEL without `=`, are deprecated: builders warn of them, and the old form takes "
    "everything up to the end of the line as one value.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy(
        "Write `LABEL org.opencontainers.image.authors=…` for MAINTAINER, and `ENV NAME=value`.",
        "a new build of the image",
    ),
    bad={"dockerfile": ["FROM debian:13\nMAINTAINER ann@example.com\n", "FROM debian:13\nENV PORT 80\n"]},
    good={"dockerfile": "FROM debian:13\nLABEL org.opencontainers.image.authors=ann@example.com\nENV PORT=80\n"},
)


@control.judge
def current_instructions(build: ImageBuild) -> Judgement:
    faults = []
    for stage in build.stages:
        for instruction in stage.instructions:
            if instruction.keyword == "MAINTAINER":
                faults.append(Fault("MAINTAINER is deprecated", instruction.source))
            elif instruction.legacy:
                faults.append(Fault(f"{instruction.keyword} without = is deprecated", instruction.source))
    return weigh(build, "current-instructions", faults, good="no instruction is deprecated")
