"""The way back is needed in the worst hour: it must have been walked before."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import known
from ._evidence_examples import drill, evidence, not_read
from ._proofs import judged, proofs_of


def _service(**more: object) -> dict[str, object]:
    return {"engine": {"services": known([{"ID": "s1", "Spec": {"Name": "web"}, **more}])}}


control = Control(
    id="machine/rollback-proven",
    title="A deploy was taken back, and that worked",
    fault="No rollback is proven to work",
    rationale="The old image is pruned, the database has moved on, the tag means something else by now: what stands in the "
    "way of a rollback is found by making one.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.rollback",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Keep the last images, name them by digest, make changes of the database such that the version before can live with "
        "them, and take a deploy back once on purpose.",
        "a quarter of an hour",
    ),
    check_yourself="docker images; docker service inspect -f '{{json .UpdateStatus}}' SERVICE",
    bad={"snapshot": _service(UpdateStatus={"State": "rollback_paused"})},
    good={
        "snapshot": [
            _service(UpdateStatus={"State": "rollback_completed", "CompletedAt": "2026-11-20T10:00:00Z"}),
            evidence(drills=[drill("3.rollback", "deploy", passed=True)]),
        ]
    },
    unclear={"snapshot": [not_read(), _service(PreviousSpec={"Name": "web"}), _service()]},
)


@control.judge
def rollback_proven(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "3.rollback", ToolTask.DEPLOY),
        looked_for="services of a swarm that were rolled back, and images of the version before",
        tell="whoever deploys: when was a deploy last taken back, and how long did it take?",
        looked_in=("drills",),
    )
