"""On Titus the IAM role and the security groups of a job are what its containers may do in the cloud."""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.dialect import Platform
from ...model.field import Set
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

_JOB = (
    "{{applicationName: shop, container: {{resources: {{cpu: 1, memoryMB: 512}}, image: {{name: shop, tag: '1'}}{security}}}, "
    "service: {{capacity: {{min: 1, desired: 1, max: 1}}}}}}"
)

control = Control(
    id="workload/cloud-role",
    title="Each job of Titus has a role and security groups of its own",
    fault="{who} [names|name] no role or no security groups of [its|their] own",
    rationale="A job without a role, or with the default one, shares what every other such job may do; without security groups "
    "it gets those of everybody. Both are what keeps one job's break-in from the others.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.orchestrators",
    also_for=("3.least-privilege",),
    subject=Subject.UNIT,
    platforms=frozenset({Platform.TITUS}),
    remedy=Remedy(
        "Name the application's own role in `securityProfile.iamRole`, and its groups in `securityProfile.securityGroups`.",
        "starts new tasks; what only the shared role may do is refused",
    ),
    bad={
        "titus": [
            _JOB.format(security=""),
            _JOB.format(security=", securityProfile: {securityGroups: [sg-1], iamRole: ''}"),
            _JOB.format(security=", securityProfile: {securityGroups: [], iamRole: shop}"),
            _JOB.format(security=", securityProfile: {securityGroups: [sg-1], iamRole: DefaultContainerRole}"),
        ]
    },
    good={"titus": _JOB.format(security=", securityProfile: {securityGroups: [sg-1], iamRole: shopRole}")},
)

_SHARED = "default"
"""In the name of a role that Titus' operators give to jobs without one."""


@control.judge
def cloud_role(unit: Unit) -> Judgement:
    role, groups = unit.orchestrated.role, unit.orchestrated.security_groups
    faults = []
    if not isinstance(role, Set):
        faults.append(Fault("it names no IAM role", role.source or unit.source))
    elif _SHARED in role.value.rsplit("/", 1)[-1].lower():
        faults.append(Fault(f"the role {role.value} is shared by every job without its own", role.source))
    if not isinstance(groups, Set):
        faults.append(Fault("it names no security group", groups.source or unit.source))
    return judge_faults(faults, good="a role and security groups of its own", source=role.source or unit.source)
