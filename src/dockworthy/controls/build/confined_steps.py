"""A build step may ask to be let out of its sandbox: it then is root on the machine that builds."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import Fault, weigh

control = Control(
    title="Build steps stay in their sandbox",
    rationale="`--security=insecure` gives a step every privilege on the machine that builds, `--network=host` all that "
    "it listens to and can reach: whoever changes the Dockerfile has that machine.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.BUILD,
    remedy=Remedy("Take the flag out, and the entitlement from the builder.", "the step must do without"),
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
    faults = [
        Fault(f"RUN --{flag}={value}", run.source)
        for _, run in build.instructions("RUN")
        for flag, value in run.flags
        if _OPEN.get(flag) == value
    ]
    return weigh(build, "confined-steps", faults, good="no step asks for more than its sandbox")
