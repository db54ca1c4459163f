"""An image that is never renewed keeps every hole that is found in it."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both
from ._evidence_examples import container, evidence, job, not_read
from ._proofs import judged, proofs_of

_WATCHTOWER = container("containrrr/watchtower:1.7.1")
_RENEWED = {"Metadata": {"LastTagTime": "2026-11-20T04:00:00Z"}}
_OLD = {"Metadata": {"LastTagTime": "2026-05-20T04:00:00Z"}}


def _engine(image: dict[str, Any], *containers: dict[str, Any]) -> dict[str, Any]:
    return {"engine": {"images": [image], "containers": list(containers)}}


control = Control(
    id="machine/updates-automatic",
    title="Newer images reach the containers by themselves",
    fault="Newer images do not reach the containers by themselves",
    rationale="Security updates of base images come weekly. If somebody must think of it, they come when there is time. The "
    "updates must be automatic, be it by a pipeline that builds again or by a tool here that pulls.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.update",
    subject=Subject.MACHINE,
    references=(nist("4.1.1"), owasp("D02")),
    remedy=Remedy(
        "Let the pipeline build and deploy every week, with what is pinned kept current by Renovate or Dependabot. A tool "
        "that replaces containers on the host (Watchtower) needs the engine's socket and asks nobody.",
        "each update recreates containers",
    ),
    check_yourself="docker images --format '{{.Repository}}:{{.Tag}} {{.CreatedSince}}'; systemctl list-timers",
    bad={"snapshot": evidence(jobs=[job("update", "docker compose pull", enabled=False)])},
    good={
        "snapshot": [
            _engine(_RENEWED, _WATCHTOWER),
            both(_engine(_RENEWED, container("shop")), evidence(jobs=[job("update", "docker compose pull")])),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            evidence(jobs=[job("update", "docker compose pull")]),
            _engine(_OLD, _WATCHTOWER),
            _engine(_RENEWED, container("crazymax/diun:4")),
            _engine(_RENEWED, container("shop")),
        ]
    },
)


@control.judge
def updates_automatic(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.update", ToolTask.UPDATE, ToolTask.NOTIFY),
        looked_for="Watchtower, Diun and their like, and timers that pull images",
        tell="whoever builds the images: what builds and deploys them again when their base has an update?",
        looked_in=("jobs", "running"),
    )
