"""A build is root, or says USER: sudo in it only leaves a way back to root."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import started
from ._faults import Fault, weigh

control = Control(
    title="The build does without sudo",
    rationale="Where sudo works without a password in the image, every process in the container can become root with "
    "it; and it changes environment and signals on the way.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.BUILD,
    references=(nist("4.1.2"),),
    remedy=Remedy("Run the step before USER, or switch with `USER root` and back.", "a new build of the image"),
    bad={
        "dockerfile": [
            "FROM debian:13\nUSER app\nRUN sudo apt-get update && sudo apt-get install -y curl\n",
            "FROM debian:13\nRUN cd /tmp && X=1 sudo -E make install\n",
        ]
    },
    good={"dockerfile": ["FROM debian:13\nRUN make install\n", "FROM debian:13\nRUN apt-get -y install sudo # sudo\n"]},
)


@control.judge
def sudo(build: ImageBuild) -> Judgement:
    faults = [
        Fault(f"sudo {started(command).program}".rstrip(), command.source)
        for _, command in build.commands()
        if "sudo" in started(command).before
    ]
    return weigh(build, "sudo", faults, good="no step uses sudo")
