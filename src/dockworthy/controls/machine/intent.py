"""Whether Docker fits depends on what will run: that is for people to say."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.policy import Availability

_FILE = Source("dockworthy.yaml", "intent")

control = Control(
    id="machine/intent",
    title="What will run here is stated",
    fault="What will run here is not stated, or can't be kept with this team",
    rationale="A cache that can be rebuilt and a customer database need different things. Without the answer the "
    "strictest usual use is assumed.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.intent",
    subject=Subject.MACHINE,
    remedy=Remedy("Answer four questions; they are written to dockworthy.yaml.", "nothing", "dockworthy intent"),
    check_yourself="cat dockworthy.yaml",
    bad={
        "dockworthy.yaml": "intent: {data: precious, code: own, exposure: internet, availability: zero-downtime, "
        "team: {operators: 0}}",
    },
    good={
        "dockworthy.yaml": "intent: {data: none, code: own, exposure: private, availability: best-effort}",
    },
    unclear={"dockworthy.yaml": ["intent: {data: precious}", "policy: {level: restricted}"]},
)


@control.judge
def intent(machine: Machine) -> Judgement:
    stated = machine.intent
    if stated.team.operators == 0 and stated.availability not in (None, Availability.BEST_EFFORT):
        return failed(f"availability {stated.availability} with nobody to operate it (team.operators: 0)", _FILE)
    if stated.is_stated:
        return passed(
            f"data {stated.data}, code {stated.code}, exposure {stated.exposure}, availability {stated.availability}",
            _FILE,
        )
    asked = {
        "data": stated.data,
        "code": stated.code,
        "exposure": stated.exposure,
        "availability": stated.availability,
    }
    silent = ", ".join(name for name, value in asked.items() if value is None)
    return unknown(f"nobody stated: {silent}", _FILE, tell="the team: dockworthy intent")
