"""A deploy by hand is done differently each time, late at night most differently."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import container, evidence, job, not_read, project, running
from ._proofs import judged, proofs_of


def _started_from(folder: str) -> dict[str, object]:
    labels = {"com.docker.compose.project.working_dir": folder}
    return {"engine": {"containers": [{"name": "web", "inspect": {"Config": {"Labels": labels}}}]}}


control = Control(
    id="machine/deploys-automatic",
    title="Deploys are made by a program",
    fault="No program makes the deploys",
    rationale="What a program does is the same on Friday evening, is written down, and can be taken back. It also ends the "
    "need that people have a shell on the host.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.auto-deploy",
    also_for=("1.deploy",),
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Let a pipeline's runner, or a timer that follows a branch, deploy what was reviewed and built.",
        "half a day to set up; then deploys cost nobody's time",
    ),
    check_yourself="docker inspect -f '{{index .Config.Labels \"com.docker.compose.project.working_dir\"}}' CONTAINER",
    bad={"snapshot": evidence(jobs=[job("deploy", "docker compose up", enabled=False)])},
    good={
        "snapshot": [
            _started_from("/home/gitlab-runner/builds/t1/0/team/shop"),
            _started_from("/srv/actions-runner/_work/shop/shop"),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            _started_from("/home/ann/shop"),
            _started_from("/data/compose/4"),
            evidence(jobs=[job("deploy", "docker compose up")]),
            evidence(running=[running("GitLab runner", "pipeline", "gitlab-runner")]),
            evidence(projects=[project(pipelines=[".gitlab-ci.yml"], deploys=True)]),
            {"engine": {"containers": [container("portainer/portainer-ce:2.30")]}},
        ]
    },
)


@control.judge
def deploys_automatic(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "3.auto-deploy", ToolTask.DEPLOY, ToolTask.PIPELINE),
        looked_for="runners of pipelines, deploy tools, timers that deploy, and the folders containers were started from",
        tell="whoever deploys: what starts a deploy, and who logs in here for it?",
        looked_in=("projects", "jobs", "running"),
    )
