"""An image that was built on somebody's laptop holds what happened to be on it."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both
from ._evidence_examples import built, evidence, not_read, project, running
from ._proofs import judged, proofs_of

_BUILDS = project(pipelines=[".gitlab-ci.yml"], builds=True)

control = Control(
    id="machine/pipeline",
    title="Images are built by a pipeline, from a commit",
    fault="Images are not built by a pipeline from a commit",
    rationale="Built by a pipeline, an image can be built again, says which commit it is, and was tested on the way. Built "
    "by hand it is what somebody had that day.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.pipeline",
    subject=Subject.MACHINE,
    references=(nist("4.1.1"), owasp("D10")),
    remedy=Remedy(
        "Describe build, test and deploy in a pipeline file beside the code, and let it label the image with the commit "
        "(`org.opencontainers.image.revision`).",
        "a day to set up",
    ),
    check_yourself="docker image inspect -f '{{index .Config.Labels \"org.opencontainers.image.revision\"}}' IMAGE",
    bad={"snapshot": [built(revision="a" * 40 + "-dirty"), built(version="1.4.2-dirty")]},
    good={"snapshot": both(built(revision="a" * 40), evidence(projects=[_BUILDS]))},
    unclear={
        "snapshot": [
            not_read(),
            built(revision="a" * 40),
            evidence(projects=[_BUILDS]),
            both(built(revision="b" * 40), evidence(projects=[_BUILDS])),
            evidence(running=[running("Woodpecker agent", "pipeline", "woodpecker-agent")]),
        ]
    },
)


@control.judge
def pipeline(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "5.pipeline", ToolTask.PIPELINE, ToolTask.DEPLOY),
        looked_for="pipeline files beside the Compose files, runners here, and images that name their commit",
        tell="whoever builds the images: the pipeline's file, and its run for the image that runs here",
        looked_in=("projects", "running"),
    )
