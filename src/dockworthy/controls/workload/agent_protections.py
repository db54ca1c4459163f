"""Attributes of a Titus job can switch off what the agent keeps from every other container."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit

_JOB = (
    "{{applicationName: shop, container: {{resources: {{cpu: 1, memoryMB: 512}}, image: {{name: shop, tag: '1'}}, "
    "attributes: {{{attributes}}}}}, batch: {{size: 1}}}}"
)

control = Control(
    id="workload/agent-protections",
    title="No attribute loosens what a Titus agent holds back",
    fault="{who} [loosens|loosen] what the Titus agent holds back",
    rationale="`allowNestedContainers` lets a job make containers of its own, and `seccompAgentEnabledForPerfSyscalls` opens the "
    "kernel's performance counters, which show what other containers do.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.UNIT,
    platforms=frozenset({Platform.TITUS}),
    remedy=Remedy("Drop the attribute, or record why this one job needs it.", "starts new tasks"),
    bad={
        "titus": [
            _JOB.format(attributes="titusParameter.agent.allowNestedContainers: 'true'"),
            _JOB.format(attributes="titusParameter.agent.seccompAgentEnabledForPerfSyscalls: 'true'"),
        ]
    },
    good={
        "titus": [
            _JOB.format(attributes=""),
            _JOB.format(attributes="titusParameter.agent.allowNestedContainers: 'false'"),
        ]
    },
)


@control.judge
def agent_protections(unit: Unit) -> Judgement:
    field = unit.orchestrated.loosened
    if isinstance(field, Set):
        return failed(f"asks for {', '.join(field.value)}", field.source)
    return passed("nothing that the agent holds back is asked for", unit.source)
