"""A stopped container keeps its layer, its logs and its image, and its secrets, until somebody removes it."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.labels import COMPOSE_PROJECT, SWARM_TASK
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS
from ._states import not_told

_ENDED = {"Status": "exited", "Running": False, "ExitCode": 0}
_NO_PROJECT = {"Labels": {"com.docker.compose.project": ""}}

control = Control(
    id="workload/stopped-leftover",
    title="Containers that will not run again are removed",
    fault="{who} ended and [was|were] not removed",
    rationale="Leftovers take disk room, keep old images from being cleaned up, and can be started again with the "
    "settings and the secrets of then.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.cleanup",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "6.2"), cis("1.8.0", "6.2"), nist("4.4.5")),
    remedy=Remedy(
        "Remove it (`docker rm`); start what runs once with `--rm`.", "what it wrote outside of volumes is gone"
    ),
    check_yourself="docker ps -a --filter status=exited --filter status=created --filter status=dead",
    bad={
        "container": [
            {"State": _ENDED, "Config": _NO_PROJECT, "HostConfig": {"RestartPolicy": {"Name": "no"}}},
            {"State": {"Status": "dead", "Running": False}},
        ]
    },
    good={
        "container": [
            {},
            {"State": {"Status": "paused", "Running": True}},
        ],
    },
    unclear={"container": {"State": {"Status": None}}},
)


@control.judge
def stopped_leftover(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.state
        if not isinstance(field, Set):
            return not_told(field)
        state, restart = field.value, container.restart
        if state.status == "dead":
            return failed("the engine could not remove it completely", field.source)
        if state.status not in ("exited", "created"):
            continue
        if unit.labels.get(COMPOSE_PROJECT) or SWARM_TASK in unit.labels:
            return not_applicable("it belongs to a deployed project, which still has a use for it", field.source)
        if isinstance(restart, Set) and restart.value.name != "no" and state.status == "exited":
            return not_applicable("it was stopped by hand and is meant to run again", field.source)
        when = f" at {state.finished[:19]}" if state.status == "exited" else ""
        return failed(f"{'ended' if when else 'was made, never started'}{when}, and is still there", field.source)
    return passed("it is in use", unit.source)
