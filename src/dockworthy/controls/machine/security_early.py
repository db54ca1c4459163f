"""What is only checked in production is found when it is expensive."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both
from ._evidence_examples import built, evidence, not_read, project
from ._proofs import judged, proofs_of

_FILE = ".gitlab-ci.yml"

control = Control(
    id="machine/security-early",
    title="A pipeline checks files and images before they come here",
    fault="No pipeline checks files and images before they come here",
    rationale="A privileged container or an image with a known hole costs a minute in a merge request, and a night in "
    "production. A check whose failure stops nothing is no check.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.security-early",
    subject=Subject.MACHINE,
    references=(nist("4.1.1"), owasp("D10")),
    remedy=Remedy(
        "Call `dockworthy check` on the files and an image scanner on the image in the pipeline, with the policy of "
        "production, and let their failure stop it.",
        "a minute each run",
        "dockworthy check .",
    ),
    check_yourself="grep -nE 'dockworthy|trivy|grype|hadolint' .gitlab-ci.yml .github/workflows/*",
    bad={"snapshot": evidence(projects=[project(pipelines=[_FILE], checks=["trivy"], toothless=["trivy"])])},
    good={
        "snapshot": both(built(revision="a" * 40), evidence(projects=[project(pipelines=[_FILE], checks=["trivy"])]))
    },
    unclear={
        "snapshot": [
            not_read(),
            evidence(projects=[project(pipelines=[_FILE], checks=["dockworthy check"])]),
            evidence(projects=[project(pipelines=[_FILE], builds=True)]),
        ]
    },
)


@control.judge
def security_early(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "5.security-early", ToolTask.PIPELINE),
        looked_for="pipeline files beside the Compose files that call a scanner",
        tell="whoever builds the images: which check stops a build, and when did it last stop one?",
        looked_in=("projects",),
    )
