"""A Compose file that lies on one host only is lost with it, and nobody knows who changed it."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import evidence, not_read, project
from ._proofs import judged, proofs_of

control = Control(
    id="machine/deploy-versioned",
    title="What is deployed is under version control",
    fault="What is deployed is not under version control",
    rationale="Who changed what, when and why; the state of last week; the same on a new host: all of that is one command "
    "where the files are under version control with a copy elsewhere, and guesswork where they are not.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.deploy",
    also_for=("5.pipeline",),
    subject=Subject.MACHINE,
    references=(nist("4.4.5"),),
    remedy=Remedy(
        "Put the Compose files into a repository with a remote, secrets left out, and deploy from a clean checkout.",
        "nothing stops",
        "git init && git add compose.yaml && git commit",
    ),
    check_yourself="git -C FOLDER ls-files; git -C FOLDER remote -v",
    bad={"snapshot": evidence(projects=[project(tracked=False)])},
    good={"snapshot": evidence(projects=[project()])},
    unclear={
        "snapshot": [
            not_read(),
            evidence(projects=[project(repository="")]),
            evidence(projects=[project(remote="")]),
            evidence(projects=[{"name": "shop", "folder": "/srv/shop", "present": False}]),
        ]
    },
)


@control.judge
def deploy_versioned(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.deploy", ToolTask.DEPLOY),
        looked_for="a git work tree around the Compose files, and folders of pipelines and platforms",
        tell="whoever deploys: from which repository do these files come?",
        looked_in=("projects",),
    )
