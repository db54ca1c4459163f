"""Metrics that nobody looks at at night warn nobody."""

from __future__ import annotations

from ...model.control import Control, Subject, owasp
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import answer, evidence, not_read, target
from ._proofs import judged, proofs_of

_MANAGER = ["http://127.0.0.1:9093/api/v2/alerts"]


def _prometheus(rules: int, managers: list[str]) -> dict[str, object]:
    return evidence(answers=[answer("Prometheus", targets=[target()], alert_rules=rules, alertmanagers=managers)])


control = Control(
    id="machine/alerts",
    title="Alerts are watched for, and handed to somebody",
    fault="Nobody is told of alerts",
    rationale="A full disk at three in the morning is mended in five minutes by whoever is called, and is a lost database by "
    "nine if nobody is.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.monitor",
    subject=Subject.MACHINE,
    references=(owasp("D10"),),
    remedy=Remedy(
        "Write alert rules (container down, restarts, memory near its limit, disk full in a day, backup too old) and hand "
        "them to an Alertmanager, or to the alerting of the monitoring you have.",
        "nothing stops",
    ),
    check_yourself="curl -s 'http://127.0.0.1:9090/api/v1/rules?type=alert'; curl -s http://127.0.0.1:9090/api/v1/alertmanagers",
    bad={"snapshot": _prometheus(12, [])},
    good={"snapshot": _prometheus(12, _MANAGER)},
    unclear={
        "snapshot": [
            not_read(),
            _prometheus(0, []),
            _prometheus(0, _MANAGER),
            evidence(answers=[answer("Alertmanager", receivers=["mail"])]),
            evidence(answers=[answer("Netdata", alert_rules=80)]),
        ]
    },
)


@control.judge
def alerts(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.monitor", ToolTask.ALERTS),
        looked_for="a Prometheus with alert rules and an Alertmanager, or Netdata's alarms",
        tell="whoever is called at night: stop a container that matters, and see whether you are called",
        looked_in=("answers",),
        one_is_enough=True,
    )
