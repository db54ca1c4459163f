"""What nobody measures breaks unseen: the customers are the monitoring then."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.evidence import ToolTask
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._evidence_examples import answer, evidence, not_read, running, target
from ._proofs import judged, proofs_of

_OF_CONTAINERS = ["container_cpu_usage_seconds_total"]
_OF_HOST = ["node_cpu_seconds_total"]

control = Control(
    id="machine/monitored",
    title="Metrics of the containers are collected",
    fault="Metrics of the containers are not collected",
    rationale="CPU, memory, restarts and disk tell of trouble hours before it is an outage, and what the trouble was after "
    "it. An exporter alone keeps nothing: somebody must collect what it serves.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.monitor",
    subject=Subject.MACHINE,
    references=(nist("4.4.4"), owasp("D10")),
    remedy=Remedy(
        "Serve metrics of the containers (cAdvisor, or the engine's own `metrics-addr` on 127.0.0.1) and let a Prometheus, "
        "Netdata or Zabbix collect them.",
        "one or two more containers, about 200 MB of memory",
    ),
    check_yourself="curl -s http://127.0.0.1:9090/api/v1/targets; ss -ltnp",
    bad={
        "snapshot": [
            evidence(answers=[answer("Prometheus", targets=[target("down")], metrics=_OF_CONTAINERS)]),
            evidence(answers=[answer("node exporter", problem="it answers 500")]),
        ]
    },
    good={
        "snapshot": [
            evidence(answers=[answer("Prometheus", targets=[target()], metrics=_OF_CONTAINERS)]),
            evidence(answers=[answer("cAdvisor", metrics=_OF_CONTAINERS, scrapes=240, uptime=3600.0, connected=True)]),
            evidence(answers=[answer("Netdata", metrics=["cgroups.plugin"])]),
        ]
    },
    unclear={
        "snapshot": [
            not_read(),
            evidence(running=[running("Zabbix agent", "metrics", "zabbix_agent2")]),
            evidence(answers=[answer("node exporter", metrics=_OF_HOST)]),
            evidence(answers=[answer("cAdvisor", metrics=_OF_CONTAINERS, scrapes=1, uptime=9000.0)]),
            evidence(answers=[answer("Prometheus", targets=[target()], metrics=_OF_HOST)]),
            evidence(answers=[answer("Prometheus", problem="it asks for a password")]),
            evidence(answers=[answer("node exporter", problem="no answer within 0.5 s")]),
        ]
    },
)


@control.judge
def monitored(machine: Machine) -> Judgement:
    return judged(
        machine,
        proofs_of(machine, "1.monitor", ToolTask.METRICS),
        looked_for="a Prometheus, Netdata, Zabbix or another agent here, and exporters at local addresses",
        tell="whoever runs your monitoring: does it have metrics of this host's containers of the last hour?",
        looked_in=("running", "answers"),
        one_is_enough=True,
    )
